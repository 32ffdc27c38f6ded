import type { EventDelivery, StoredEvent, WebhookEndpoint } from '../contracts/webhooks.ts'

const time = (ms: number): string => new Date(ms).toISOString()

/** An endpoint as its shop reads it. The secret is shown by the answers that made it, and by no other. */
export const endpointView = (endpoint: WebhookEndpoint) => ({
  id: endpoint.id,
  url: endpoint.url,
  ...(endpoint.description === null ? {} : { description: endpoint.description }),
  ...(endpoint.eventTypes ? { events: endpoint.eventTypes } : {}),
  status: endpoint.status,
  ...(endpoint.disabledReason === null ? {} : { disabledReason: endpoint.disabledReason }),
  ...(endpoint.disabledAtMs === null ? {} : { disabledAt: time(endpoint.disabledAtMs) }),
  ...(endpoint.failingSinceMs === null ? {} : { failingSince: time(endpoint.failingSinceMs) }),
  ...(endpoint.previousSecretUntilMs === null ? {} : { previousSecretUntil: time(endpoint.previousSecretUntilMs) }),
  createdAt: time(endpoint.createdAtMs),
})

const deliveryView = (delivery: EventDelivery) => ({
  endpointId: delivery.endpointId,
  status: delivery.status,
  tries: delivery.tries,
  ...(delivery.lastTriedAtMs === null ? {} : { lastTriedAt: time(delivery.lastTriedAtMs) }),
  ...(delivery.lastStatus === null ? {} : { lastStatus: delivery.lastStatus }),
  ...(delivery.lastError === null ? {} : { lastError: delivery.lastError }),
  ...(delivery.nextTryAtMs === null ? {} : { nextTryAt: time(delivery.nextTryAtMs) }),
})

/** An event as it is sent, with its id and how far it has come. */
export const eventView = ({ id, body, createdAtMs, deliveries }: StoredEvent) => ({
  id,
  ...(JSON.parse(body) as object),
  createdAt: time(createdAtMs),
  deliveries: deliveries.map(deliveryView),
})
