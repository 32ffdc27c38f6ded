import type { GatewayReference, PaymentId } from './ids.ts'

/** `test` and `live` never meet: they derive different payment ids and use different keys. */
export type Mode = 'test' | 'live'

export type PaymentStatus =
  | 'created'
  | 'pending'
  | 'needs_action'
  | 'unknown'
  | 'succeeded'
  | 'failed'
  | 'expired'
  | 'review'

export type AttemptStatus = 'created' | 'pending' | 'needs_action' | 'unknown' | 'succeeded' | 'failed' | 'expired'

/** Statuses that only a recorded correction may leave (I4). */
export const FINAL_STATUSES: readonly PaymentStatus[] = ['succeeded', 'failed', 'expired']

export const isFinal = (status: PaymentStatus): boolean => FINAL_STATUSES.includes(status)

/** Under way: the gateway may still say how it ends. */
export const isOpen = (status: PaymentStatus): boolean =>
  status === 'pending' || status === 'needs_action' || status === 'unknown'

/** What stands where something of a customer stood who was erased. */
export const ERASED = 'erased'

export type DeliveredVia = 'qstash' | 'outbox' | 'sweep'

export interface AttemptView {
  readonly n: number
  readonly gateway: string
  readonly reference: GatewayReference
  readonly status: AttemptStatus
  readonly failureCode?: string
  /** RFC 3339, UTC. */
  readonly createdAt: string
}

/** The public shape of a payment: the body of every payment answer. Amounts are decimal strings, times RFC 3339 UTC. */
export interface PaymentView {
  readonly id: PaymentId
  readonly status: PaymentStatus
  readonly amount: string
  readonly currency: string
  /** Masked: first four and last four digits. `erased` after the customer was erased, as is the session. */
  readonly phoneNumber: string
  readonly provider: string
  readonly gateway: string
  readonly invoice?: string
  readonly sessionId: string
  readonly attempts: readonly AttemptView[]
  /** `message`: how a code (`otp`) is to be had, as the gateway words it. */
  readonly nextAction?: {
    readonly type: 'approve_on_phone' | 'redirect' | 'otp'
    readonly url?: string
    readonly message?: string
  }
  readonly failure?: { readonly code: string; readonly message: string }
  readonly fulfilment: {
    readonly status: 'none' | 'pending' | 'fulfilled'
    readonly deliveredVia?: DeliveredVia
    readonly at?: string
  }
  readonly refundedAmount: string
  readonly metadata?: Readonly<Record<string, string>>
  readonly returnUrl?: string
  /** RFC 3339, UTC: since when nothing of the customer is kept. */
  readonly erasedAt?: string
  readonly createdAt: string
  readonly updatedAt: string
}
