/**
 * What happened, as seen from outside: the one shape that every test of money hands to the checker (`check.ts`), whether the
 * system ran for real (workerd, chaos, crashes) or in virtual time (simulation). Times are milliseconds of one clock per
 * history. Amounts are minor units as decimal strings; references and payment ids are compared as text.
 */
import type { PaymentStatus } from '../../src/domain/payment.ts'

/** A shop's request to be paid. `key`: its Idempotency-Key. `answeredAt` is absent when the answer was lost. */
export interface Asked {
  readonly at: number
  readonly answeredAt?: number
  readonly merchant: string
  /** What the payment's id derives from: the invoice, or the key under `allowRepeat`. */
  readonly natural: string
  readonly key: string
  readonly amountMinor: string
  readonly currency: string
  /** What else must be the same for two requests to be the same request, as text; absent when nothing else differs. */
  readonly content?: string
  /** `http`: the status of the answer; `code`: of a problem; `paymentId`: of a payment. */
  readonly http?: number
  readonly code?: string
  readonly paymentId?: string
  /** How many attempts that payment had in the answer. */
  readonly attempts?: number
}

/** A payment as a shop was told it: in an answer to POST or GET, or in an event. */
export interface Told {
  /** When the answer was complete. */
  readonly at: number
  /** When it was asked for; absent when the two are one. Answers that overlap contradict nobody. */
  readonly askedAt?: number
  readonly paymentId: string
  readonly status: PaymentStatus
  readonly amountMinor: string
  readonly currency: string
  readonly attempts: readonly { readonly n: number; readonly reference: string; readonly status: string }[]
  readonly lateSuccess?: boolean
}

/** A request to charge that reached a gateway, whatever became of it. */
export interface Send {
  readonly at: number
  readonly gateway: string
  readonly reference: string
  readonly amountMinor: string
  readonly currency: string
}

/** Money that a gateway took. `reversedAt`: the gateway took its word back. */
export interface Capture {
  readonly at: number
  readonly gateway: string
  readonly reference: string
  readonly amountMinor: string
  readonly currency: string
  readonly reversedAt?: number
}

/**
 * The gateway's claim, kept beside what it did: the only thing that may excuse a second charge is that it said *failed*
 * first, or confirmed that it was `cancelled`. `not_found`: it knows nothing of the reference, which allows another attempt once the settling time is over, and
 * excuses nothing.
 */
export interface Said {
  readonly at: number
  readonly reference: string
  readonly word: 'failed' | 'succeeded' | 'rejected' | 'cancelled' | 'not_found'
}

/** One side of a ledger entry. */
export interface Posting {
  readonly entryId: string
  readonly reference: string
  readonly account: string
  readonly direction: 'debit' | 'credit'
  readonly amountMinor: string
  readonly currency: string
}

/** The effect on an order, once for each time that it was made. */
export interface Fulfilled {
  readonly at: number
  readonly paymentId: string
  readonly reference: string
}

/** An attempt as it was written, from the object's own storage; `durableAt`: when the write was confirmed. */
export interface Durable {
  readonly paymentId: string
  readonly n: number
  readonly reference: string
  /** Where it was to go, as it was written; absent when nobody looked. */
  readonly gateway?: string
  /** Begun by Lango itself, in the same request as the attempt before. */
  readonly failover?: boolean
  readonly durableAt: number
}

/** The object's own word once nothing more is under way. */
export interface Ended {
  readonly paymentId: string
  readonly status: PaymentStatus
  readonly amountMinor: string
  readonly currency: string
  readonly attempts: readonly { readonly n: number; readonly reference: string; readonly status: string }[]
  readonly doubles: readonly number[]
  /** Attempts whose money is to be given back, since another had paid. */
  readonly refundsOfDoubles: readonly number[]
  /** Doubles that people were told of; absent when nobody looked. */
  readonly alertsOfDoubles?: readonly number[]
  readonly lateSuccess: boolean
  readonly reviewReason: string | null
  readonly fulfilment: 'none' | 'pending' | 'fulfilled'
}

export interface History {
  readonly asked: readonly Asked[]
  readonly told: readonly Told[]
  readonly sends: readonly Send[]
  readonly captures: readonly Capture[]
  readonly said: readonly Said[]
  readonly durable: readonly Durable[]
  readonly postings: readonly Posting[]
  readonly fulfilled: readonly Fulfilled[]
  readonly ended: readonly Ended[]
  /** The world came to rest with every fault lifted: what must *eventually* hold is judged too. */
  readonly settled: boolean
}

export type Claim = 'I1' | 'I2' | 'I3' | 'I4' | 'I5' | 'I6' | 'I7' | 'I13' | 'failover' | 'register'

export interface Judgement {
  readonly claim: Claim
  readonly says: string
  readonly holds: boolean
  /** How many facts the claim was judged on: a claim that nothing was asked of proves nothing. */
  readonly judged: number
  /** At most 20, each naming payment or reference and what was seen. */
  readonly violations: readonly string[]
}

export interface Verdict {
  readonly holds: boolean
  readonly judgements: readonly Judgement[]
}
