/** Events that shops are told, and their way to a shop's endpoints. Version 1; fields are only ever added. */
import type { EventId, MerchantId, WebhookEndpointId } from '../domain/ids.ts'
import type { Mode, PaymentView } from '../domain/payment.ts'

export const PAYMENT_EVENT_TYPES = [
  'payment.succeeded',
  'payment.failed',
  'payment.unknown',
  'payment.late_success',
  'payment.review',
] as const
export type PaymentEventType = (typeof PAYMENT_EVENT_TYPES)[number]

export const EVENT_TYPES = [...PAYMENT_EVENT_TYPES, 'webhook_endpoint.disabled'] as const
export type EventType = (typeof EVENT_TYPES)[number]

/** `data` of a payment's event: the payment as `GET /v1/payments/{id}` told it then, without its fulfilment. */
export interface PaymentEventData extends Omit<PaymentView, 'fulfilment'> {
  /** Only of `payment.review`. */
  readonly reviewReason?: string
}

/** What is signed and sent: the payload of Standard Webhooks 1.0. `timestamp`: when it happened, RFC 3339 UTC. */
export interface EventBody {
  readonly type: EventType
  readonly timestamp: string
  readonly data: unknown
}

/** One event as it is stored. The id derives from what happened: storing it twice stores it once. */
export interface EventRow {
  readonly id: EventId
  readonly type: EventType
  readonly merchantId: MerchantId
  readonly mode: Mode
  /** The payment or the endpoint that it is about. */
  readonly subject: string
  /** JSON of an `EventBody`. */
  readonly body: string
}

/** One try of one event at one endpoint. `round` grows with each resending, `n` with each try in it; both from 1. */
export interface DeliveryTry {
  readonly eventId: EventId
  readonly endpointId: WebhookEndpointId
  readonly round: number
  readonly n: number
}
