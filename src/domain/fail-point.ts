/**
 * Places at which the crash tests kill the process. In the source each is a comment, `// failPoint('name')`; only a bundle
 * that is made with `failPoints` (scripts/stack/bundle.ts) turns it into a call. So there is nothing to switch off: what is
 * deployed holds neither the call, nor an extra `await`, nor this file.
 */
export const FAIL_POINTS = [
  'edge_locked',
  'edge_begun',
  'object_decided',
  'object_durable',
  'object_sent',
  'object_recorded',
  'object_polling',
  'object_polled',
  'outbox_publishing',
  'outbox_published',
  'vault_fetching',
  'vault_fetched',
  'callback_verified',
  'callback_published',
  'delivery_verified',
  'delivery_applied',
  'delivery_posted',
  'delivery_marked',
  'notification_sent',
] as const

export type FailPoint = (typeof FAIL_POINTS)[number]
