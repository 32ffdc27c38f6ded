/** What the package exports; the one file of the SDK that gathers the others. */
export type { CheckoutLink } from './checkout-link.ts'
export { type CallOptions, type CreatePaymentOptions, createLango, type Lango, type LangoOptions } from './client.ts'
export type { LangoError } from './errors.ts'
export type { EventPage, LoggedEvent, PaymentEventData, WebhookEvent } from './events.ts'
export {
  type Fulfilment,
  fulfilOnce,
  type MaybePaid,
  memoryOnceStore,
  type OnceStore,
  sqliteOnceStore,
} from './fulfil-once.ts'
export { type KeyStore, memoryKeyStore, webStorageKeyStore } from './key-store.ts'
export type { Result } from './result.ts'
export type {
  Checkout,
  CheckoutDetails,
  CheckoutLinkRequest,
  CheckoutRequest,
  EventDelivery,
  EventQuery,
  EventType,
  FieldError,
  Payment,
  PaymentPage,
  PaymentQuery,
  PaymentRequest,
  PaymentStatus,
  WebhookEndpoint,
  WebhookEndpointRequest,
  WebhookEndpointWithSecret,
} from './shapes.ts'
export { type IntentKey, type PaymentIntent, signIntent } from './sign-intent.ts'
export type { StillOpen, WaitOptions } from './wait-for-payment.ts'
export { type NotAuthentic, verifyWebhook, type WebhookDelivery } from './webhook.ts'
