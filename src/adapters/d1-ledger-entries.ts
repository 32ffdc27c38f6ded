import type { LedgerKind, LedgerPosting, StoredEntry } from '../domain/ledger-entry.ts'
import type { Mode } from '../domain/payment.ts'

/** An entry joined with one of its postings, whose columns are null when it has none. */
export interface EntryRow {
  readonly number: number
  readonly id: string
  readonly kind: LedgerKind
  readonly payment_id: string | null
  readonly attempt: number | null
  readonly merchant_id: string | null
  readonly mode: Mode
  readonly gateway: string
  readonly reference: string
  readonly occurred_at_ms: number
  readonly created_at_ms: number
  readonly note: string | null
  readonly digest: string | null
  readonly direction: LedgerPosting['direction'] | null
  readonly account: string | null
  readonly amount_minor: string | null
  readonly currency: string | null
}

const postingOf = ({ direction, account, amount_minor, currency }: EntryRow): readonly LedgerPosting[] =>
  direction === null || account === null || amount_minor === null || currency === null
    ? []
    : [{ direction, account, amountMinor: amount_minor, currency }]

/** The rows of one entry stand together. */
export const entriesOf = (rows: readonly EntryRow[]): readonly StoredEntry[] =>
  [...Map.groupBy(rows, ({ number }) => number).values()].flatMap((own) => {
    const [row] = own
    if (!row) return []
    return {
      number: row.number,
      id: row.id,
      kind: row.kind,
      paymentId: row.payment_id,
      attempt: row.attempt,
      merchantId: row.merchant_id,
      mode: row.mode,
      gateway: row.gateway,
      reference: row.reference,
      occurredAtMs: row.occurred_at_ms,
      createdAtMs: row.created_at_ms,
      note: row.note,
      digest: row.digest,
      postings: own.flatMap(postingOf),
    }
  })
