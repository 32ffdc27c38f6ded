import type { PaymentId, WebhookEndpointId } from './ids.ts'

/** One thing wrong with a request. `field` is a JSON field (`metadata.color`), a form field or a header's name. */
export interface FieldError {
  readonly field: string
  readonly message: string
}

/** Every expected way in which the public API says no. `src/edge/problem.ts` turns each into its answer. */
export type PaymentError =
  | { readonly reason: 'missing_idempotency_key' }
  | { readonly reason: 'invalid_request'; readonly errors: readonly FieldError[] }
  | { readonly reason: 'unauthenticated' }
  | { readonly reason: 'key_scope' }
  /** A page called with a publishable key from an origin that its merchant has not named. */
  | { readonly reason: 'origin_not_allowed' }
  /** A checkout link that nobody signed with a key that is good, whatever is wrong with it. */
  | { readonly reason: 'link_invalid' }
  | { readonly reason: 'link_expired' }
  /** The invoice of a checkout has been paid. */
  | { readonly reason: 'invoice_paid' }
  | { readonly reason: 'not_found' }
  | { readonly reason: 'method_not_allowed'; readonly allow: readonly string[] }
  | { readonly reason: 'unsupported_media_type'; readonly accepted: string }
  | { readonly reason: 'body_too_large'; readonly bytesMax: number }
  /** The same idempotency key with other content; `field` is the first that differs. */
  | { readonly reason: 'idempotency_mismatch'; readonly field: string }
  /** Another key for an invoice whose open or paid payment has another amount, currency or phone number. */
  | { readonly reason: 'invoice_conflict'; readonly field: string }
  /** The gateway refused for certain: no money moved for this attempt. */
  | {
      readonly reason: 'payment_rejected'
      readonly paymentId: PaymentId
      readonly failureCode: string
      readonly message: string
      readonly replayed: boolean
    }
  /** The core refused it by a rule of the merchant's policy: the attempt is over, and nothing was sent. */
  | {
      readonly reason: 'policy_refused'
      readonly paymentId: PaymentId
      readonly rule: string
      readonly message: string
      readonly replayed: boolean
    }
  /** It is not what the shop signed, or had to be signed: nothing was sent or kept. `because`: in what. */
  | { readonly reason: 'intent_refused'; readonly because: string }
  /** Too much at once: nothing was stored or sent. `limit`: of what (`merchant`, `phone`, `gateway`, `address`, `otp`). */
  | { readonly reason: 'rate_limited'; readonly limit: string; readonly retryAfterMs: number }
  /** The payment can take no further attempt; nothing was sent. */
  | { readonly reason: 'payment_refused'; readonly code: string }
  /** The code was not taken, or is not waited for (`OtpRefusal`). The payment stands as it stood. */
  | {
      readonly reason: 'otp_refused'
      readonly paymentId: PaymentId
      readonly because: 'rejected' | 'not_wanted' | 'exhausted'
    }
  /** The vault's core is closed: nothing was sent, and the key may be used again. */
  | { readonly reason: 'core_sealed'; readonly code: string }
  /** No gateway can take the payment, or none that is up: nothing was stored or sent. `because`: the router's word. */
  | { readonly reason: 'no_route'; readonly because: string }
  /** A part that is needed did not answer, (`keys`) not lately, or (`edge`) has as much to do as it can end in time. */
  | {
      readonly reason: 'unavailable'
      readonly part:
        | 'payments'
        | 'vault'
        | 'keys'
        | 'consumer'
        | 'queue'
        | 'provider'
        | 'resolver'
        | 'day_counter'
        | 'token'
        | 'cancel'
        | 'edge'
    }
  /** There are as many of these as there may be. */
  | { readonly reason: 'limit_reached'; readonly what: string; readonly max: number }
  /** The endpoint was made by this key before, and its secret is told no more. */
  | { readonly reason: 'secret_told'; readonly endpointId: WebhookEndpointId }
  | { readonly reason: 'internal' }
