/**
 * What Redis is asked and told about payments. Isolates of different versions share one Redis, so this is a contract
 * like the RPC ones: version 1, fields are only ever added.
 *
 * Redis is advice, never truth: a failover may lose an acknowledged write, and whoever steals its token writes what he
 * likes. Losing any of this costs a round trip to the payment object, nothing else.
 */
import type { MerchantId, PaymentId } from '../domain/ids.ts'
import type { Mode } from '../domain/payment.ts'
import type { Fingerprint, Snapshot } from './payment-object.ts'

/** What an idempotency key was first used for. */
export interface KeyRecord {
  readonly v: 1
  readonly paymentId: PaymentId
  readonly fingerprint: Fingerprint
  /** True once the payment object knows the key. Before that only the object may answer for it. */
  readonly begun?: boolean
}

export interface Claim {
  readonly merchantId: MerchantId
  readonly mode: Mode
  readonly paymentId: PaymentId
  /** SHA-256 (hex) of merchant, mode and Idempotency-Key. */
  readonly keyHash: string
  /** Random, one per HTTP request: by it a request recognises a claim whose answer it never got. */
  readonly owner: string
  readonly fingerprint: Fingerprint
}

export type LimitName = 'merchant' | 'phone' | 'gateway'

/** At most `count` at once, and over time no more than `count` in `windowMs`. */
export interface RateLimit {
  readonly count: number
  readonly windowMs: number
}

/** One thing that new payments are counted by. `of`: an id or a keyed hash, never a phone number. */
export interface Meter {
  readonly name: LimitName
  readonly of: string
  readonly limit: RateLimit
}

export type ClaimAnswer =
  /** Nobody asked before. */
  | { readonly kind: 'first' }
  /** This very request had claimed it; the answer was lost on the way. Treat as `first`. */
  | { readonly kind: 'mine' }
  /** The idempotency key was used before, for `record`. `snapshot` is that of the claim's payment, if one is kept. */
  | { readonly kind: 'key'; readonly record: KeyRecord; readonly snapshot: Snapshot | null }
  /**
   * Another key is or was at work on the same payment. `counted`: that one failed, as Redis knows, so this is a new try and
   * was charged. Else Redis took it for a repetition, which only the object can say: was it none, `keep` charges it.
   */
  | { readonly kind: 'payment'; readonly snapshot: Snapshot | null; readonly counted: boolean }
  /** A new payment, and one too many. Nothing was stored or counted: asked again after `retryAfterMs` it may pass. */
  | { readonly kind: 'limited'; readonly limit: LimitName; readonly retryAfterMs: number }
  /** Redis did not answer in time: go on without it, and without limits. */
  | { readonly kind: 'unavailable' }

export interface PaymentOwner {
  readonly merchantId: MerchantId
  readonly mode: Mode
  readonly paymentId: PaymentId
}

/** No method throws. Each may be called twice, but for what is counted. All are bounded in time; a slow Redis is merely slow. */
export interface PaymentLock {
  /**
   * `meters` count what is new to Redis: a used key is never limited, another key for a payment that looks under way or
   * paid only while a meter is overdrawn (by `keep`). Of several meters all must have room; then all are charged.
   */
  claim(claim: Claim, meters?: readonly Meter[]): Promise<ClaimAnswer>
  /** Takes the claim back, if it is still this owner's: for requests that certainly began nothing. */
  release(claim: Claim): Promise<void>
  snapshot(owner: PaymentOwner): Promise<Snapshot | null>
  /**
   * Never replaces a newer snapshot by an older one. `claim`: its key is now known to the object. `meters`: charged, room
   * or not, for a claim that was not counted and was a new try after all.
   */
  keep(owner: PaymentOwner, snapshot: Snapshot, claim?: Claim, meters?: readonly Meter[]): Promise<void>
  ping(): Promise<'ok' | 'unavailable'>
}
