import { type PaymentIndexRow, unhashedKey } from '../contracts/payment-index.ts'
import { mayLackHash, payerOf } from './payer.ts'
import type { EarlierPayer, PaymentRecord } from './payment-record.ts'

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
const suffixIn = (phoneMasked: string): string => /\d{4}$/.exec(phoneMasked)?.[0] ?? ''
const suffixOf = (record: PaymentRecord): string => suffixIn(payerOf(record).phoneMasked)

const keysOf = (masks: readonly string[]): readonly string[] => masks.map((masked) => unhashedKey(suffixIn(masked)))

const isAwaited = ({ state }: PaymentRecord): boolean => state.attempts.at(-1)?.status === 'created'

/** What stands for numbers without a hash. While the vault's answer is still awaited nobody knows whether it brings one. */
const unhashedKeysOf = (record: PaymentRecord): readonly string[] =>
  keysOf((record.unhashed ?? []).filter((masked) => masked !== record.phoneMasked || !isAwaited(record)))

const phoneHashesOf = (record: PaymentRecord): readonly string[] => {
  const { phoneHashes = [], unhashed, erasedAtMs } = record
  if (erasedAtMs || unhashed || phoneHashes.length > 0) return [...phoneHashes, ...unhashedKeysOf(record)]
  return isAwaited(record) ? [] : ['']
}

/** By what the register may know a payment that it is to forget. */
export const registeredBy = (record: PaymentRecord): readonly string[] => [
  ...(record.phoneHashes ?? []),
  ...keysOf(record.unhashed ?? []),
  '',
]

/** Of what D1 may have been told: also of a number whose call is under way, by an attempt before. */
const maybeTold = (record: PaymentRecord): readonly string[] =>
  record.state.attempts.length > 1 ? keysOf(record.unhashed ?? []) : unhashedKeysOf(record)

/** With other numbers lacking a hash than before. D1 is to forget the digits of those that it may have been told of. */
const withUnhashed = (record: PaymentRecord, unhashed: readonly string[]): PaymentRecord => {
  const stay = keysOf(unhashed)
  const forget = maybeTold(record).filter((key) => !stay.includes(key))
  const { index } = record
  return {
    ...record,
    unhashed,
    ...(index && forget.length > 0 ? { index: { ...index, forget: [...(index.forget ?? []), ...forget] } } : {}),
  }
}

/** The record once the hash of a number has come: late, where a callback had overtaken the answer. */
export const withPhoneHash = (record: PaymentRecord, phoneMasked: string, phoneHash: string): PaymentRecord => {
  const { phoneHashes = [], unhashed } = record
  const isNew = !phoneHashes.includes(phoneHash)
  if (!isNew && !unhashed?.includes(phoneMasked)) return record
  const rest = unhashed?.filter((masked) => masked !== phoneMasked)
  return {
    ...(rest ? withUnhashed(record, rest) : record),
    phoneHashes: isNew ? [...phoneHashes, phoneHash] : phoneHashes,
  }
}

/**
 * For the record of a new attempt, whose number has no hash yet, unless it is one that was tried before and whose hash has come: that
 * one lacks none, whatever becomes of this call. Of the others only those whose payers the record still knows.
 */
export const unhashedFor = (
  before: PaymentRecord | null,
  earlierPayers: readonly EarlierPayer[],
  { phoneMasked, fingerprint }: Pick<PaymentRecord, 'phoneMasked' | 'fingerprint'>,
): Pick<PaymentRecord, 'unhashed' | 'index'> => {
  const own = before && !before.erasedAtMs ? before : null
  const known = own ? mayLackHash(own) : []
  const stay = known.filter((masked) => earlierPayers.some((payer) => payer.phoneMasked === masked))
  const isKnown =
    own && [own, ...earlierPayers].some((by) => by.fingerprint['phoneNumber'] === fingerprint['phoneNumber'])
  const unhashed = [...new Set([...stay, ...(isKnown && !known.includes(phoneMasked) ? [] : [phoneMasked])])]
  if (!before) return { unhashed }
  const { index } = withUnhashed(before, unhashed)
  return { unhashed, ...(index ? { index } : {}) }
}

const keyOf = (record: PaymentRecord): string => {
  const named = [...(record.phoneHashes ?? []), ...unhashedKeysOf(record)]
  const hashes = named.length > 0 ? [named] : []
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
