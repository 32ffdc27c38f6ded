/** The ledger's rows as they are stored: what a verifier may believe of them is nothing. Column names, integers as SQLite has them. */

export interface PostingRow {
  readonly entry_id: string
  readonly direction: string
  readonly account: string
  /** An integer, as text: a JavaScript number does not hold them all. */
  readonly amount_minor: string
  readonly currency: string
}

export interface EntryRow {
  readonly number: number
  readonly id: string
  readonly kind: string
  readonly payment_id: string | null
  readonly attempt: number | null
  readonly merchant_id: string | null
  readonly mode: string
  readonly gateway: string
  readonly reference: string
  readonly occurred_at_ms: number
  readonly created_at_ms: number
  readonly note: string | null
  readonly digest: string | null
}

export interface WholeEntry {
  readonly entry: EntryRow
  readonly postings: readonly PostingRow[]
}

export interface BatchRow {
  readonly sequence: number
  readonly first_number: number
  readonly last_number: number
  readonly entries: number
  readonly previous_root: string
  readonly root: string
  readonly sealed_at_ms: number
  readonly digests: string
}

/** `day`: since 1970, UTC. Sums as text. */
export interface TotalRow {
  readonly account: string
  readonly mode: string
  readonly currency: string
  readonly day: number
  readonly debit_minor: string
  readonly credit_minor: string
}

export type CarriedRow = Omit<TotalRow, 'day'>

export interface ArchiveRow {
  readonly name: string
  readonly sha256: string
  readonly lines: number
}

/** Where the rows come from. Each is read once, in the order that is named. */
export interface LedgerSource {
  /** By sequence. */
  readonly batches: () => Iterable<BatchRow>
  /** By number. */
  readonly entries: () => Iterable<WholeEntry>
  readonly entryById: (id: string) => WholeEntry | null
  readonly postingsWithoutEntry: () => Iterable<PostingRow>
  readonly totals: () => Iterable<TotalRow>
  readonly carried: () => Iterable<CarriedRow>
  readonly archivedNumbers: () => Iterable<number>
  readonly archives: () => Iterable<ArchiveRow>
  /** `null`: the file is not there. Without this no archive is read, and a note says so. */
  readonly archiveText?: (name: string) => string | null
  /** Payments that are fulfilled and of which the ledger has no deposit. */
  readonly ordersWithoutDeposit: () => Iterable<string>
}

/** A row, and all that is wrong with it. */
export interface Finding {
  readonly row: string
  readonly problems: readonly string[]
}

export type Sha256 = (text: string) => string | Promise<string>
