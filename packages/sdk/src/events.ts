import type { EventDelivery, Payment } from './shapes.ts'

/** The payment as it was then; its fulfilment is not told. */
export type PaymentEventData = Omit<Payment, 'fulfilment'> & {
  /** Only of `payment.review`. */
  readonly reviewReason?: string
}

interface Happened<Type extends string, Data> {
  /** The same for every delivery of the event. */
  readonly id: string
  readonly type: Type
  /** RFC 3339, UTC. */
  readonly timestamp: string
  readonly data: Data
}

/**
 * What a shop is told. New types may come: a `switch` needs a `default` that does nothing, and the answer is 2xx all the
 * same.
 */
export type WebhookEvent =
  | Happened<'payment.succeeded', PaymentEventData>
  | Happened<'payment.failed', PaymentEventData>
  | Happened<'payment.unknown', PaymentEventData>
  | Happened<'payment.late_success', PaymentEventData>
  | Happened<'payment.review', PaymentEventData>
  | Happened<
      'webhook_endpoint.disabled',
      { readonly id: string; readonly url: string; readonly reason: string; readonly disabledAt: string }
    >

/** An event as it is kept, with how far it has come. */
export type LoggedEvent = WebhookEvent & { readonly createdAt: string; readonly deliveries: readonly EventDelivery[] }
export interface EventPage {
  readonly events: readonly LoggedEvent[]
  readonly nextCursor: string | null
}
