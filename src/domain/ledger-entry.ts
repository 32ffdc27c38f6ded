/** What the ledger is made of, and the text that an entry's digest covers (docs/ledger.md). */
import type { Mode } from './payment.ts'

/** As in the table `ledger_kinds`. */
export const LEDGER_KINDS = [
  'deposit',
  'refund',
  'payout',
  'fee',
  'settlement',
  'remittance',
  'suspense',
  'correction',
] as const
export type LedgerKind = (typeof LEDGER_KINDS)[number]

export type Direction = 'debit' | 'credit'

/** One side of an entry. The amount is an integer in a string, greater than zero. */
export interface LedgerPosting {
  readonly direction: Direction
  readonly account: string
  readonly amountMinor: string
  readonly currency: string
}

/**
 * No entry has a longer id. What a person books has 276 characters at most (kind, gateway, reference), each correction in a
 * chain four more.
 */
export const ENTRY_ID_CHARS_MAX = 1_000

/** What happened, once. Debits equal credits in each currency. */
export interface LedgerEntry {
  /** Derives from what happened, so that posting it twice posts it once. */
  readonly id: string
  readonly kind: LedgerKind
  readonly paymentId: string | null
  readonly attempt: number | null
  readonly merchantId: string | null
  readonly mode: Mode
  readonly gateway: string
  /** What the other side knows it by; of a correction, the id of the entry that it reverses. */
  readonly reference: string
  readonly occurredAtMs: number
  readonly createdAtMs: number
  /** Why, for people. Never a phone number. */
  readonly note: string | null
  readonly postings: readonly LedgerPosting[]
}

/** An entry as it is stored. `digest` is null when the Worker that wrote it was older than digests. */
export interface StoredEntry extends LedgerEntry {
  readonly number: number
  readonly digest: string | null
}

const sideOf = ({ direction, account, amountMinor, currency }: LedgerPosting): readonly string[] => [
  direction,
  account,
  amountMinor,
  currency,
]

const byText = (a: readonly string[], b: readonly string[]): number => {
  const [left, right] = [JSON.stringify(a), JSON.stringify(b)]
  if (left === right) return 0
  return left < right ? -1 : 1
}

/**
 * The canonical text of an entry, version 1: a JSON array without white space, postings in the order of their own text.
 * Everything that the row says but its number, which the database gives; where it stands, its batch says.
 */
export const entryText = (entry: LedgerEntry): string => textOf('lango-ledger-entry/1', entry)

/** Of an entry whose writer was older than digests: what the sealer digests instead, so that nobody takes it for the writer's. */
export const lateEntryText = (entry: LedgerEntry): string => textOf('lango-ledger-entry/1/late', entry)

const textOf = (version: string, entry: LedgerEntry): string =>
  JSON.stringify([
    version,
    entry.id,
    entry.kind,
    entry.paymentId,
    entry.attempt,
    entry.merchantId,
    entry.mode,
    entry.gateway,
    entry.reference,
    entry.occurredAtMs,
    entry.createdAtMs,
    entry.note,
    entry.postings.map(sideOf).toSorted(byText),
  ])
