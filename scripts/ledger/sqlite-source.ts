import type { DatabaseSync } from 'node:sqlite'
import type {
  ArchiveRow,
  BatchRow,
  CarriedRow,
  EntryRow,
  LedgerSource,
  PostingRow,
  TotalRow,
  WholeEntry,
} from '../../src/flows/verify-ledger-rows.ts'

const POSTING = 'entry_id, direction, account, CAST(amount_minor AS TEXT) AS amount_minor, currency'
const SUMS = 'CAST(debit_minor AS TEXT) AS debit_minor, CAST(credit_minor AS TEXT) AS credit_minor'

/** The rows of a D1 database, from its file or from an export of it. */
export const sqliteSource = (database: DatabaseSync, archiveText?: (name: string) => string | null): LedgerSource => {
  const rows = <Row>(sql: string): (() => Iterable<Row>) => {
    const statement = database.prepare(sql)
    return () => statement.iterate() as unknown as Iterable<Row>
  }
  const postings = database.prepare(`SELECT ${POSTING} FROM ledger_postings WHERE entry_id = ?`)
  const byId = database.prepare('SELECT * FROM ledger_entries WHERE id = ?')
  // By the table itself: an index that does not agree with it must not hide a row.
  const everyEntry = rows<EntryRow>('SELECT * FROM ledger_entries NOT INDEXED ORDER BY number')
  const wholeOf = (entry: EntryRow): WholeEntry => ({
    entry,
    postings: postings.all(entry.id) as unknown as PostingRow[],
  })
  return {
    batches: rows<BatchRow>('SELECT * FROM ledger_batches ORDER BY sequence'),
    *entries() {
      for (const entry of everyEntry()) yield wholeOf(entry)
    },
    entryById: (id) => {
      const entry = byId.get(id) as unknown as EntryRow | undefined
      return entry ? wholeOf(entry) : null
    },
    postingsWithoutEntry: rows<PostingRow>(
      `SELECT ${POSTING} FROM ledger_postings WHERE entry_id NOT IN (SELECT id FROM ledger_entries)`,
    ),
    totals: rows<TotalRow>(`SELECT account, mode, currency, day, ${SUMS} FROM ledger_totals`),
    carried: rows<CarriedRow>(`SELECT mode, account, currency, ${SUMS} FROM ledger_carried`),
    *archivedNumbers() {
      for (const { number } of rows<{ number: number }>('SELECT number FROM ledger_archived')()) yield number
    },
    archives: rows<ArchiveRow>('SELECT name, sha256, lines FROM archives'),
    *ordersWithoutDeposit() {
      const sql = `SELECT payment_id FROM orders WHERE payment_id NOT IN (
        SELECT payment_id FROM ledger_entries WHERE kind = 'deposit' AND payment_id IS NOT NULL)`
      for (const { payment_id } of rows<{ payment_id: string }>(sql)()) yield payment_id
    },
    ...(archiveText ? { archiveText } : {}),
  }
}
