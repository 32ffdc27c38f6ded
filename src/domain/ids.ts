/** Identifiers. Each kind is its own branded string, so one can never be passed for another. */

declare const brand: unique symbol
type Branded<Name extends string> = string & { readonly [brand]: Name }

/** `pay_` + 26 lower-case hex digits: the 104-bit key derived from (merchant, mode, invoice). Also the object's name. */
export type PaymentId = Branded<'PaymentId'>
/** UUIDv4-shaped id that a gateway knows an attempt by; decodes to (payment, attempt number). */
export type GatewayReference = Branded<'GatewayReference'>
/** `mer_…`, assigned when a merchant is created. */
export type MerchantId = Branded<'MerchantId'>
/** `chk_` + 22 base64url characters of randomness: whoever holds it may open the checkout. */
export type CheckoutId = Branded<'CheckoutId'>
/** `evt_` + what happened: 26 hex digits of the payment or endpoint, and a word. The same thing has the same id for ever. */
export type EventId = Branded<'EventId'>
/** `whe_` + 26 lower-case hex digits of randomness. */
export type WebhookEndpointId = Branded<'WebhookEndpointId'>
/** `req_…`, one per HTTP request; the `instance` of a problem and the key to the logs. */
export type RequestId = Branded<'RequestId'>
/** Digits only, country code first, no `+` (E.164 without the sign). */
export type Msisdn = Branded<'Msisdn'>

const PAYMENT_ID = /^pay_[0-9a-f]{26}$/
const CHECKOUT_ID = /^chk_[A-Za-z0-9_-]{22}$/
const EVENT_ID = /^evt_[0-9a-f]{26}_[a-z0-9_]{1,80}$/
const WEBHOOK_ENDPOINT_ID = /^whe_[0-9a-f]{26}$/
const GATEWAY_REFERENCE = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

export const parsePaymentId = (text: string): PaymentId | undefined =>
  PAYMENT_ID.test(text) ? (text as PaymentId) : undefined

export const parseCheckoutId = (text: string): CheckoutId | undefined =>
  CHECKOUT_ID.test(text) ? (text as CheckoutId) : undefined

export const parseGatewayReference = (text: string): GatewayReference | undefined =>
  GATEWAY_REFERENCE.test(text) ? (text as GatewayReference) : undefined

export const parseEventId = (text: string): EventId | undefined => (EVENT_ID.test(text) ? (text as EventId) : undefined)

export const parseWebhookEndpointId = (text: string): WebhookEndpointId | undefined =>
  WEBHOOK_ENDPOINT_ID.test(text) ? (text as WebhookEndpointId) : undefined
