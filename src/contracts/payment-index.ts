/** The search index of payments in D1: what one row says, what is asked of it. Version 1; fields are only ever added. */
import type { MerchantId, PaymentId } from '../domain/ids.ts'
import type { Mode, PaymentStatus } from '../domain/payment.ts'

/** What a payment can be found by. Of a phone number: its last four digits, which every masked number shows, and keyed hashes (I14). */
export interface PaymentIndexRow {
  readonly paymentId: PaymentId
  readonly merchantId: MerchantId
  readonly mode: Mode
  readonly invoice: string | null
  /** Four digits, of the latest attempt's number; empty when the customer was erased. */
  readonly phoneSuffix: string
  readonly status: PaymentStatus
  readonly createdAtMs: number
  /** What the operators call it: one for each attempt that they booked. */
  readonly transactionIds: readonly string[]
  /**
   * Of the numbers that it was attempted with; `unhashedKey` of one whose hash never came, and `''` in payments of before that was
   * told apart. None when erased.
   */
  readonly phoneHashes?: readonly string[]
  /** What it was registered by and is not to be any longer. */
  readonly forgetHashes?: readonly string[]
  /** Grows with every change: of two rows the one with the greater is the newer. */
  readonly revision: number
}

/** By what a number is registered whose hash nobody can make any more: its last four digits. No hash begins like that. */
export const unhashedKey = (suffix: string): string => `~${suffix}`

/** A place in the order of all lists: newest first, then by id. */
export interface PaymentPosition {
  readonly createdAtMs: number
  readonly paymentId: PaymentId
}

/** All that is given must hold. Times are of the payment's creation: `fromMs` inclusive, `toMs` exclusive. */
export interface PaymentQuery {
  readonly merchantId: MerchantId
  readonly mode: Mode
  readonly invoice?: string
  readonly phoneSuffix?: string
  readonly providerTransactionId?: string
  readonly status?: PaymentStatus
  readonly fromMs?: number
  readonly toMs?: number
  /** Only what comes after it. */
  readonly after?: PaymentPosition
  /** 1–100. */
  readonly limit: number
}

/** Newest first. The index may be some seconds behind: what is found is to be read from its object. */
export interface PaymentPage {
  readonly positions: readonly PaymentPosition[]
  readonly more: boolean
}
