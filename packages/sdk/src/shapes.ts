export type PaymentStatus =
  | 'created'
  | 'pending'
  | 'needs_action'
  | 'unknown'
  | 'succeeded'
  | 'failed'
  | 'expired'
  | 'review'

export interface FieldError {
  readonly field: string
  readonly message: string
}

export interface Problem {
  readonly code: string
  readonly title: string
  readonly detail: string
  readonly status: number
  readonly instance: string
  readonly errors?: readonly FieldError[]
  readonly [extension: string]: unknown
}

export interface Attempt {
  readonly n: number
  readonly gateway: string
  readonly reference: string
  readonly status: 'created' | 'pending' | 'needs_action' | 'unknown' | 'succeeded' | 'failed' | 'expired'
  readonly failureCode?: string
  readonly createdAt: string
}

/** Amounts are decimal strings, times RFC 3339 UTC. */
export interface Payment {
  readonly id: string
  readonly status: PaymentStatus
  readonly amount: string
  readonly currency: string
  readonly phoneNumber: string
  readonly provider: string
  readonly gateway: string
  readonly invoice?: string
  readonly sessionId: string
  readonly attempts: readonly Attempt[]
  readonly nextAction?: { readonly type: 'approve_on_phone' | 'redirect' | 'otp'; readonly url?: string }
  readonly failure?: { readonly code: string; readonly message: string }
  readonly fulfilment: {
    readonly status: 'none' | 'pending' | 'fulfilled'
    readonly deliveredVia?: 'qstash' | 'outbox' | 'sweep'
    readonly at?: string
  }
  readonly refundedAmount: string
  readonly metadata?: Readonly<Record<string, string>>
  readonly returnUrl?: string
  readonly erasedAt?: string
  readonly createdAt: string
  readonly updatedAt: string
}

export interface PaymentRequest {
  readonly sessionId: string
  readonly invoice?: string
  readonly amount: string
  readonly currency: string
  readonly phoneNumber: string
  readonly provider?: string
  readonly customerMessage?: string
  readonly metadata?: Readonly<Record<string, string>>
  readonly returnUrl?: string
  readonly allowRepeat?: boolean
}

export interface PaymentQuery {
  readonly [name: string]: string | number | undefined
}
export interface PaymentPage {
  readonly payments: readonly Payment[]
  readonly nextCursor: string | null
}
export interface CheckoutRequest {
  readonly invoice: string
  readonly amount: string
  readonly currency: string
  readonly description?: string
  readonly returnUrl?: string
  readonly expiresInMinutes?: number
}
export interface Checkout {
  readonly id: string
  readonly url: string
  readonly expiresAt: string
}
export interface EventQuery {
  readonly [name: string]: string | number | undefined
}
export interface LoggedEvent {
  readonly id: string
  readonly type: string
  readonly timestamp: string
  readonly data: unknown
}
export interface EventPage {
  readonly events: readonly LoggedEvent[]
  readonly nextCursor: string | null
}
export interface WebhookEndpoint {
  readonly id: string
  readonly url: string
  readonly status: 'enabled' | 'disabled'
}
export interface WebhookEndpointRequest {
  readonly url: string
  readonly description?: string
  readonly events?: readonly string[]
}
