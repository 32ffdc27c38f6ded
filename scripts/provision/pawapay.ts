/** What a request to pawaPay may carry; sealed, so that the core sends nothing else whatever built the request. Lower case. */
export const PAWAPAY_HEADERS = [
  'accept',
  'accept-digest',
  'accept-signature',
  'authorization',
  'content-digest',
  'content-type',
  'signature',
  'signature-date',
  'signature-input',
] as const

/** A deposit is under one KiB. */
export const BODY_BYTES_MAX = 16 * 1024
