/**
 * The types of decide.wasm: the pure half of the core, without keys. `src/core/decide.ts` is its only importer.
 * JSON strings cross the boundary; money is integer minor units in a string, never a JS number.
 */
import type { GatewayReference, Msisdn, PaymentId } from '../domain/ids.ts'
import type { AttemptStatus, DeliveredVia, Mode, PaymentStatus } from '../domain/payment.ts'

export interface AttemptState {
  readonly n: number
  readonly gateway: string
  readonly reference: GatewayReference
  readonly status: AttemptStatus
  /** True when the gateway refused it at initiation: no money moved, replayed as 422. */
  readonly refused: boolean
  readonly failureCode: string | null
  readonly providerTransactionId: string | null
  readonly createdAtMs: number
  /** When an unknown or pending attempt is to be asked about next; null when nothing is open. */
  readonly nextPollAtMs: number | null
  readonly polls: number
  /** When the word that told of the capture reached us; null for none, and in states from before this was kept. */
  readonly capturedHeardAtMs: number | null
  /** "Not found" answers so far, at most one for each question of the plan. */
  readonly notFounds: number
  /** The call never reported: the object ended before it, or in the middle of it. */
  readonly callLost: boolean
  /** What the gateway took, if it said so in the payment's currency. */
  readonly capturedMinor: string | null
  /** How long this gateway's "not found" proves nothing, where that is longer than 15 minutes. */
  readonly settleMs?: number
}

/** `due`: a task that nobody has begun. `created` and `unknown` may still be given back; silence is never a failure. */
export type RefundStatus = 'due' | 'created' | 'pending' | 'unknown' | 'succeeded' | 'failed'

/** Money on its way back, about one captured attempt. No refund changes what the payment is. */
export interface RefundState {
  readonly n: number
  readonly attempt: number
  /** One key, one refund. A task has a key of ours: `double-<attempt>`. */
  readonly key: string
  readonly reason: 'requested' | 'double'
  /** Null while it is due. */
  readonly reference: GatewayReference | null
  /** Null on a task when the gateway did not say how much it took. */
  readonly amountMinor: string | null
  readonly status: RefundStatus
  readonly refused: boolean
  readonly failureCode: string | null
  readonly providerTransactionId: string | null
  readonly createdAtMs: number
  readonly begunAtMs: number | null
  readonly nextPollAtMs: number | null
  readonly polls: number
  readonly notFounds: number
}

export interface NextActionState {
  readonly type: 'approve_on_phone' | 'redirect' | 'otp'
  readonly url?: string
  /** How a code is to be had, as the gateway words it. */
  readonly message?: string
  /** The gateway's own deadline: it is asked then, and nothing is concluded from our clock. */
  readonly expiresAtMs?: number
}

/** Versions of the state that this code reads. Another is refused: its payment answers 503 until the right code is back. */
export const STATE_VERSIONS: readonly number[] = [1, 2]

/**
 * The reducer's state, versioned. Stored by the payment object as JSON, opaque to it but for reading. The oldest version
 * that will do is written (2: there are refunds), and fields that this code does not know are kept as they are.
 */
export interface PaymentState {
  readonly v: 1 | 2
  readonly status: PaymentStatus
  readonly amountMinor: string
  readonly currency: string
  readonly attempts: readonly AttemptState[]
  readonly fulfilment: {
    readonly status: 'none' | 'pending' | 'fulfilled'
    readonly deliveredVia: DeliveredVia | null
    readonly atMs: number | null
  }
  /**
   * Why it is in review: `amount_mismatch` and `reversal` until people correct it, `silent_for_30_days` and
   * `not_found_after_accepted` until the gateway's final word; null otherwise.
   */
  readonly reviewReason: string | null
  /** Attempt numbers captured beyond the first: each needs a refund. */
  readonly doubles: readonly number[]
  readonly lateSuccess: boolean
  readonly nextAction: NextActionState | null
  readonly succeededAtMs: number | null
  readonly createdAtMs: number
  readonly updatedAtMs: number
  /** Absent in states from before there were any. */
  readonly refunds?: readonly RefundState[]
}

/** The gateway's word, from a verified callback or a status query. */
interface GatewayWord {
  readonly n: number
  /** `expired`: given up by the gateway, since the customer did nothing. */
  readonly outcome: 'pending' | 'succeeded' | 'failed' | 'expired' | 'not_found' | 'unrecognised'
  readonly failureCode: string | null
  readonly amountMinor: string | null
  readonly currency: string | null
  readonly providerTransactionId: string | null
  readonly source: 'callback' | 'poll'
  /**
   * When a callback reached us, or a status query was made (of one that found a success, when its answer came): only a query
   * from after the capture can take it back.
   */
  readonly heardAtMs?: number
  readonly nextAction?: PaymentState['nextAction']
  readonly nowMs: number
}

export type PaymentEvent =
  | {
      readonly type: 'begin'
      readonly n: number
      readonly gateway: string
      readonly reference: GatewayReference
      readonly amountMinor: string
      readonly currency: string
      /** How long this gateway's "not found" proves nothing; no less than 15 minutes counts. */
      readonly settleMs?: number
      readonly nowMs: number
    }
  | {
      readonly type: 'sendAccepted'
      readonly n: number
      readonly nextAction: PaymentState['nextAction']
      readonly nowMs: number
    }
  | { readonly type: 'sendRejected'; readonly n: number; readonly code: string; readonly nowMs: number }
  | { readonly type: 'sendUnknown'; readonly n: number; readonly nowMs: number }
  /** Certainly nothing left the vault: the attempt is void and the payment may begin again. */
  | { readonly type: 'sendNotSent'; readonly n: number; readonly nowMs: number }
  | ({ readonly type: 'told' } & GatewayWord)
  /** A status query that taught nothing. */
  | { readonly type: 'pollFailed'; readonly n: number; readonly nowMs: number }
  | { readonly type: 'wake'; readonly nowMs: number }
  | { readonly type: 'fulfilled'; readonly via: DeliveredVia; readonly nowMs: number }
  /** `key`: the refund's own idempotency key; `n`: the next number, or that of the task with this key. */
  | {
      readonly type: 'refundBegin'
      readonly n: number
      readonly attempt: number
      readonly key: string
      readonly reference: GatewayReference
      readonly amountMinor: string
      readonly nowMs: number
    }
  | { readonly type: 'refundAccepted'; readonly n: number; readonly nowMs: number }
  | { readonly type: 'refundRejected'; readonly n: number; readonly code: string; readonly nowMs: number }
  | { readonly type: 'refundUnknown'; readonly n: number; readonly nowMs: number }
  /** Certainly nothing left: the key is free again, a task is due again. */
  | { readonly type: 'refundNotSent'; readonly n: number; readonly nowMs: number }
  | ({ readonly type: 'refundTold' } & GatewayWord)
  | { readonly type: 'refundPollFailed'; readonly n: number; readonly nowMs: number }

export type PaymentEffect =
  | { readonly type: 'send'; readonly n: number }
  | { readonly type: 'poll'; readonly n: number }
  /** A callback contradicts the capture of attempt `n`, and has changed nothing: the gateway is asked until its word is final. */
  | { readonly type: 'ask'; readonly n: number }
  /** Set the alarm no later than this. In every answer while anything is still to come; without it, nothing is. */
  | { readonly type: 'wakeAt'; readonly atMs: number }
  /** The payment just became paid: get the order fulfilled. */
  | { readonly type: 'fulfil' }
  /** Refund `n` is a task now: money was taken twice. */
  | { readonly type: 'refundDue'; readonly n: number }
  | { readonly type: 'sendRefund'; readonly n: number }
  | { readonly type: 'pollRefund'; readonly n: number }
  /**
   * For people, about attempt `n`: `late_success`, `double`, `review`, `unrecognised_status`, `amount_mismatch` (told after it was
   * paid). About refund `n`: `refund_review`, `refund_late_success`, `refunded_too_much`, `refund_taken_back`,
   * `refund_amount_mismatch`, `refund_unrecognised_status`.
   */
  | { readonly type: 'alert'; readonly code: string; readonly n: number }

export type StepAnswer =
  | { readonly ok: true; readonly state: PaymentState; readonly effects: readonly PaymentEffect[] }
  /**
   * Illegal or superseded: the state stands. `code`: `no_payment`, `no_such_attempt`, `already_open`, `already_paid`, `in_review`,
   * `wrong_attempt`, `attempts_exhausted`, `other_amount`, `other_currency`, `bad_amount`, `unknown_currency`, `bad_reference`,
   * `not_paid`, `no_such_refund`, `refund_exists`, `refund_mismatch`, `nothing_to_refund`, `refund_too_much`, `wrong_refund`,
   * `refunds_exhausted`, `malformed_state`, `malformed_event`.
   */
  | { readonly ok: false; readonly code: string }

export type DepositCheck =
  | { readonly ok: true; readonly amountMinor: string; readonly country: string }
  | {
      readonly ok: false
      readonly errors: readonly {
        readonly field: 'amount' | 'currency' | 'provider' | 'phoneNumber'
        readonly message: string
      }[]
    }

/** A country of the core's provider table, as far as it is about one currency. */
export interface ProviderCountry {
  /** ISO 3166-1 alpha-3. */
  readonly code: string
  readonly callingCode: string
  /** Digits that a mobile number may have after the calling code. */
  readonly numberDigits: readonly number[]
  readonly providers: readonly {
    readonly code: string
    readonly decimals: number
    /** `preauth`: wants a code that the customer makes beforehand; `redirect`: has a page of its own. */
    readonly auth: 'provider' | 'preauth' | 'redirect'
    /** First digits after the calling code. */
    readonly prefixes: readonly string[]
  }[]
}

export interface DecideCore {
  /** Deterministic: the same (merchant, mode, natural key) is the same payment for ever. */
  paymentId(merchantId: string, mode: Mode, natural: { kind: 'invoice' | 'idempotency_key'; value: string }): PaymentId
  /** Keyed permutation of (payment key, attempt 1–255) into a UUIDv4 shape. `referenceKey`: 64 hex digits. */
  gatewayReference(referenceKey: string, paymentId: PaymentId, attempt: number): GatewayReference
  step(state: PaymentState | null, event: PaymentEvent): StepAnswer
  /** Reads a decimal string against ISO 4217 exponent, the provider's own decimals and the phone number's country. */
  checkDeposit(input: { amount: string; currency: string; provider: string; phoneNumber: Msisdn }): DepositCheck
  /** Decimal string ("10.50") to minor units by the currency's exponent alone; null when it does not fit. */
  parseAmount(amount: string, currency: string): string | null
  /** Minor units to a decimal string with exactly the currency's decimals: ("1050", "ZMW") → "10.50". */
  formatAmount(amountMinor: string, currency: string): string
  knownCurrency(currency: string): boolean
  /** By the core's own prefix table; null when it cannot tell. */
  predictProvider(phoneNumber: Msisdn): { readonly provider: string; readonly country: string } | null
  /** The countries in which somebody charges this currency, with those providers. */
  providersOf(currency: string): readonly ProviderCountry[]
  version(): { readonly version: string; readonly buildId: string }
}
