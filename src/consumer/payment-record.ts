import type { PaymentState } from '../contracts/decide.ts'
import type { BeginInput, Fingerprint, KeptMessage } from '../contracts/payment-object.ts'
import type { MerchantId, PaymentId } from '../domain/ids.ts'
import type { Mode } from '../domain/payment.ts'
import type { EventDebt } from './payment-events.ts'
import type { IndexDebt } from './payment-index.ts'

/** Everything that one payment object knows of its payment. The full phone number is not among it (I14). */
export interface PaymentRecord {
  readonly paymentId: PaymentId
  readonly merchantId: MerchantId
  readonly mode: Mode
  readonly natural: BeginInput['natural']
  readonly invoice: string | null
  readonly sessionId: string
  /** First and last four digits. */
  readonly phoneMasked: string
  /** Keyed hashes of the numbers that it was attempted with, as the vault tells them after a send. */
  readonly phoneHashes?: readonly string[]
  /** Masked numbers that it was attempted with and whose hash has not come. Absent in records of before this was told apart. */
  readonly unhashed?: readonly string[]
  readonly provider: string
  readonly gateway: BeginInput['gateway']
  readonly metadata: Readonly<Record<string, string>> | null
  readonly returnUrl: string | null
  /** Of the latest attempt. */
  readonly fingerprint: Fingerprint
  /** Whose the attempts before were, as far as they were another's and may have left. In their order. */
  readonly earlierPayers?: readonly EarlierPayer[]
  readonly state: PaymentState
  /** When the reducer wants a `wake`. */
  readonly wakeAtMs: number | null
  /** The last status query that a hint caused or a poll made. */
  readonly askedAtMs: number | null
  /** When a gateway was last asked to call an attempt off, or had answered. */
  readonly calledOffAtMs?: number | null
  /** The key (its hash) of the request that it was for; null once it has answered. */
  readonly calledOffFor?: string | null
  /** Attempts that are open though the money is here: their gateways are to call them off. Absent as a rule. */
  readonly callOffs?: readonly CallOff[]
  /** Attempts to be asked about beside the reducer's own polls: hints, and callbacks that the queue may lose. */
  readonly questions: readonly Question[]
  /** Open attempts whose gateway answered no question about them since. Absent as a rule. */
  readonly unanswered?: readonly Unanswered[]
  /** Codes of the latest attempt that asked for one. */
  readonly otpTries?: readonly OtpTry[]
  /** Somebody was given this payment's id: it may not vanish any more. */
  readonly told: boolean
  /** The last attempt that somebody was told of before its call had an outcome: that nothing left of it is news. */
  readonly answeredEarly?: number
  /** What D1's search index is still to be told. */
  readonly index?: IndexDebt
  /** What the shop is to be told that D1 does not have yet. */
  readonly events?: EventDebt
  /** When the history and the keys were deleted (`retention.ts`). Null when a key has come after that. */
  readonly compactedAtMs?: number | null
  /** When a key last came to a payment that was at rest, as far as that puts off when the keys are deleted. */
  readonly lastKeyAtMs?: number
  /** When all that is a customer's was erased (`erasure.ts`). Null when somebody has paid with it after that. */
  readonly erasedAtMs?: number | null
}

/** Who tried to pay before whoever tried last: what the record said of him. A gateway is named by its attempt. */
export interface EarlierPayer {
  /** His last attempt that may have left. Those since the payer before him were his as well. */
  readonly n: number
  readonly phoneMasked: string
  readonly provider: string
  readonly fingerprint: Fingerprint
}

/** Stays until the gateway has answered, also for an attempt that is closed and polled no longer (I2). */
export interface Question {
  readonly n: number
  readonly atMs: number
  /** Queries that taught nothing. */
  readonly tries: number
}

/** Stays until the attempt is closed, whoever closes it. */
export interface CallOff {
  readonly n: number
  /** When its gateway is asked next; null: it was asked often enough, and the attempt is only watched. */
  readonly atMs: number | null
  readonly tries: number
}

/** Stays until a question is answered: `not found` is an answer, what cannot be read is none. */
export interface Unanswered {
  readonly n: number
  /** The first question of those. */
  readonly sinceMs: number
  readonly tooLong: boolean
}

/** A code that was handed on: its keyed hash, and what became of it. */
export interface OtpTry {
  readonly n: number
  readonly hash: string
  /** `in_flight`: under way, or its answer was lost with the instance that waited for it. */
  readonly outcome: 'in_flight' | 'accepted' | 'rejected' | 'unknown'
}

export interface KeyRow {
  readonly attempt: number
  readonly fingerprint: Fingerprint
}

export interface OutboxRow {
  readonly id: number
  readonly message: KeptMessage
  readonly tries: number
}
