/** Bodies of the queue messages (JSON). Version 1; fields are only ever added. No phone number, no token: queues keep copies. */
import type { PaymentId } from '../domain/ids.ts'
import type { DeliveredVia } from '../domain/payment.ts'
import type { DeliveryTry } from './events.ts'
import type { AttestedVerdict } from './vault.ts'

/** `POST {consumer}/deliveries/callback` */
export interface CallbackMessage {
  readonly v: 1
  readonly kind: 'callback'
  readonly via: DeliveredVia
  readonly attested: AttestedVerdict
}

/** `POST {consumer}/deliveries/fulfilment`: a nudge; what is due is read from the object. */
export interface FulfilmentMessage {
  readonly v: 1
  readonly kind: 'fulfilment'
  readonly via: DeliveredVia
  readonly paymentId: PaymentId
}

/** `POST {consumer}/deliveries/notification`: one try of one event at one endpoint of a shop. Ids only; the rest is in D1. */
export interface NotificationMessage extends DeliveryTry {
  readonly v: 1
  readonly kind: 'notification'
}

export type QueueMessage = CallbackMessage | FulfilmentMessage | NotificationMessage

/** `kind`: that of a `QueueMessage`, or of a dead letter, which may be one that this version does not know. */
export const deliveryPath = (kind: string): string => `/deliveries/${kind}`

/** `POST {consumer}/deliveries/failure`: what QStash itself says of a message that it has given up on. */
export const FAILURE_PATH = '/deliveries/failure'
