import type { PaymentIndexRow } from '../contracts/payment-index.ts'
import { payerOf } from './payer.ts'
import type { PaymentRecord } from './payment-record.ts'

/**
 * A payment that ends sooner is written once, together with its fulfilment. It is also when the gateway is first asked, so
 * that an open payment costs no alarm of its own.
 */
const PAUSE_MS = 10_000
const RETRY_MS_MAX = 3_600_000

/** What D1 is still to be told. Kept with the payment, so that nothing but time is needed to tell it. */
export interface IndexDebt {
  /** The searchable part of the row, as it is now. */
  readonly key: string
  readonly revision: number
  /** When D1 is to be told; null when it has been. */
  readonly atMs: number | null
  readonly tries: number
  /** Rows of the register that D1 is to forget: their hashes. */
  readonly forget?: readonly string[]
}

const transactionIds = ({ state }: PaymentRecord): readonly string[] => [
  ...new Set(state.attempts.flatMap(({ providerTransactionId }) => providerTransactionId ?? [])),
]

/** Four digits, or nothing when the customer was erased. */
const suffixOf = (record: PaymentRecord): string => /\d{4}$/.exec(payerOf(record).phoneMasked)?.[0] ?? ''

/** While the vault's answer is still awaited nobody knows, and a row without a hash would be for ever. */
const phoneHashesOf = ({ phoneHashes = [], erasedAtMs, state }: PaymentRecord): readonly string[] => {
  if (erasedAtMs || phoneHashes.length > 0) return phoneHashes
  return state.attempts.at(-1)?.status === 'created' ? [] : ['']
}

const keyOf = (record: PaymentRecord): string => {
  const { phoneHashes = [] } = record
  const hashes = phoneHashes.length > 0 ? [phoneHashes] : []
  return JSON.stringify([record.state.status, suffixOf(record), ...transactionIds(record), ...hashes])
}

/**
 * The record with its debt up to date. A record of before there was an index owes it. The revision goes by the clock and
 * never back: should the counter be lost with a rollback of the code, the next row is still the newer one.
 */
export const withIndexDebt = (record: PaymentRecord): PaymentRecord & { readonly index: IndexDebt } => {
  const { index } = record
  const key = keyOf(record)
  if (index?.key === key) return { ...record, index }
  const { updatedAtMs } = record.state
  const atMs = Math.min(index?.atMs ?? Number.POSITIVE_INFINITY, updatedAtMs + PAUSE_MS)
  const revision = Math.max((index?.revision ?? 0) + 1, updatedAtMs)
  const forget = index?.forget ? { forget: index.forget } : {}
  return { ...record, index: { key, revision, atMs, tries: 0, ...forget } }
}

export const indexRow = (given: PaymentRecord): PaymentIndexRow => {
  const record = withIndexDebt(given)
  return {
    paymentId: record.paymentId,
    merchantId: record.merchantId,
    mode: record.mode,
    invoice: record.invoice,
    phoneSuffix: suffixOf(record),
    status: record.state.status,
    createdAtMs: record.state.createdAtMs,
    transactionIds: transactionIds(record),
    phoneHashes: phoneHashesOf(record),
    ...(record.index.forget ? { forgetHashes: record.index.forget } : {}),
    revision: record.index.revision,
  }
}

/** D1 has that revision. If the payment has moved on, the debt stays. */
export const indexTold = (index: IndexDebt, revision: number | undefined): IndexDebt => {
  if (index.revision !== revision) return index
  const { forget: _, ...rest } = index
  return { ...rest, atMs: null, tries: 0 }
}

/** For as long as it takes: 10 s, 20 s, … an hour. */
export const indexPostponed = (index: IndexDebt, nowMs: number): IndexDebt => ({
  ...index,
  atMs: nowMs + Math.min(RETRY_MS_MAX, PAUSE_MS * 2 ** Math.min(index.tries, 20)),
  tries: index.tries + 1,
})
