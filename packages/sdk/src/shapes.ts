/** What goes over the wire, by the names that the SDK gives it. The shapes are the API description's own. */
import type { components, operations } from './openapi.ts'

type Schemas = components['schemas']

/** Amounts are decimal strings, times RFC 3339 UTC, the phone number is masked. */
export type Payment = Schemas['Payment']
export type PaymentStatus = Payment['status']
export type PaymentRequest = Schemas['PaymentRequest']
export type PaymentQuery = NonNullable<operations['listPayments']['parameters']['query']>
export type PaymentPage = Schemas['PaymentList']
export type Checkout = Schemas['Checkout']
export type CheckoutRequest = Schemas['CheckoutRequest']
/** What is asked for, and whether it is paid; nothing of the customer. */
export type CheckoutDetails = Schemas['CheckoutDetails']
/** Either an invoice, which is paid once, or a product, which each who opens the link buys for themselves. */
export type CheckoutLinkRequest = Omit<Schemas['CheckoutLinkPayload'], 'invoice' | 'product' | 'allowRepeat'> &
  ({ readonly invoice: string } | { readonly product: string })
export type EventType = Schemas['EventBody']['type']
export type EventQuery = NonNullable<operations['listEvents']['parameters']['query']>
/** How far an event has come at each endpoint. */
export type EventDelivery = Schemas['EventDelivery']
export type WebhookEndpoint = Schemas['WebhookEndpoint']
export type WebhookEndpointWithSecret = Schemas['WebhookEndpointWithSecret']
export type WebhookEndpointRequest = Schemas['WebhookEndpointRequest']
/** RFC 9457, with a stable `code`. */
export type Problem = Schemas['Problem']
export type FieldError = NonNullable<Problem['errors']>[number]
