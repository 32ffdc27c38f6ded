/** Erasing a customer: what is asked for and told. Version 1; fields are only ever added. */
import type { MerchantId, PaymentId } from '../domain/ids.ts'
import type { Mode, PaymentStatus } from '../domain/payment.ts'
import type { KeptBecause } from './payment-object.ts'

/** By what a customer's payments are found. The number itself is nowhere. */
export interface Customer {
  /** Keyed hashes, by which a payment is theirs for certain. */
  readonly hashes: readonly string[]
  /** The masked number, when payments without a hash are theirs as well if they show it: thousands of numbers share one. */
  readonly masked?: string
}

/** One row of the register: a payment that was attempted with a number. */
export interface RegisteredPayment {
  readonly phoneHash: string
  readonly merchantId: MerchantId
  readonly mode: Mode
  readonly createdAtMs: number
  readonly paymentId: PaymentId
}

/** A store that holds something of a customer under a payment's id. */
export interface PersonalStore {
  readonly name: string
  /** Rows that still do. */
  count(id: PaymentId): Promise<number>
  /** Idempotent. Rows that were changed. */
  erase(id: PaymentId): Promise<number>
}

/** Created no later than `untilMs`, in the order of ids, after one of them. */
export type FindRegistered<By> = (
  by: By,
  untilMs: number,
  after: string,
  limit: number,
) => Promise<readonly RegisteredPayment[]>

/**
 * `gone`: the register named a payment that does not exist, and no longer does. `index`: D1 could not be told just now.
 * `unreachable`: the payment, or a store that tells of it, could not be had just now, so neither is its status known.
 */
export type ErasedPayment =
  | { readonly id: PaymentId; readonly outcome: 'erased' | 'gone' }
  | { readonly id: PaymentId; readonly outcome: 'erasable'; readonly status: PaymentStatus }
  | {
      readonly id: PaymentId
      readonly outcome: 'kept'
      readonly status?: PaymentStatus
      readonly because: KeptBecause | 'index' | 'unreachable'
    }

export interface ErasureReport {
  readonly payments: readonly ErasedPayment[]
  /** Rows by store, beside the payments' own: changed, or in a dry run to be changed. */
  readonly rows: Readonly<Record<string, number>>
  /** Not all of them were looked at: ask again. */
  readonly more: boolean
}

/** Where a pass stopped. Kept payments stay in the register, so without it each pass would look at the same ones again. */
export interface ErasurePlace {
  /** Payments that are found by a hash come first. */
  readonly list: 'hashed' | 'unhashed'
  /** The last id that was looked at. */
  readonly after: string
  /** Kept in this round, up to here. */
  readonly kept: number
}

/** One line of the log of erasures. */
export interface Erasure {
  readonly id: string
  readonly requestedAtMs: number
  readonly erased: number
  readonly kept: number
  /** Null while something of the customer is still kept: it is tried again by the clock. */
  readonly finishedAtMs: number | null
}
