import type { LedgerBatch, LedgerHead, LedgerTotal } from '../domain/ledger-batch.ts'
import type { StoredEntry } from '../domain/ledger-entry.ts'
import { type EntryRow, entriesOf } from './d1-ledger-entries.ts'

interface HeadRow {
  readonly sequence: number
  readonly last_number: number
  readonly root: string
  readonly sealed_at_ms: number
}

/** The part of D1 that is used here: a script that closes a period has another client for it. */
export interface SealDatabase {
  prepare(sql: string): SealStatement
  batch(statements: SealStatement[]): Promise<unknown>
}
interface SealStatement {
  bind(...values: unknown[]): SealStatement
  all<Row>(): Promise<{ results: Row[] }>
  first<Row>(): Promise<Row | null>
}

/** Of the entries that no batch has yet. */
export interface Unsealed {
  readonly entries: number
  /** When the oldest was written; null: there is none. */
  readonly oldestAtMs: number | null
}

/** What the sealer needs of D1. */
export const createD1LedgerSeals = (database: SealDatabase) => {
  const head = async (): Promise<LedgerHead> => {
    const row = await database
      .prepare('SELECT sequence, last_number, root, sealed_at_ms FROM ledger_head')
      .first<HeadRow>()
    // The view has a row for an empty chain as well.
    if (!row) throw new Error('ledger_head is empty')
    return { sequence: row.sequence, lastNumber: row.last_number, root: row.root, sealedAtMs: row.sealed_at_ms }
  }

  const entriesAfter = async (number: number, limit: number): Promise<readonly StoredEntry[]> => {
    const { results } = await database
      .prepare(
        `SELECT e.*, p.direction, p.account, CAST(p.amount_minor AS TEXT) AS amount_minor, p.currency
         FROM (SELECT * FROM ledger_entries WHERE number > ? ORDER BY number LIMIT ?) e
         LEFT JOIN ledger_postings p ON p.entry_id = e.id
         ORDER BY e.number`,
      )
      .bind(number, limit)
      .all<EntryRow>()
    return entriesOf(results)
  }

  const write = async (batch: LedgerBatch, totals: readonly LedgerTotal[]): Promise<'written' | 'overtaken'> => {
    const sums = totals.map((total) => [
      total.account,
      total.mode,
      total.currency,
      total.day,
      total.debitMinor,
      total.creditMinor,
    ])
    try {
      // A trigger refuses a batch that does not fit the head, and the sums with it.
      await database.batch([
        database
          .prepare(
            `INSERT INTO ledger_batches
               (sequence, first_number, last_number, entries, previous_root, root, sealed_at_ms, digests)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
          )
          .bind(
            batch.sequence,
            batch.firstNumber,
            batch.lastNumber,
            batch.lastNumber - batch.firstNumber + 1,
            batch.previousRoot,
            batch.root,
            batch.sealedAtMs,
            batch.digests,
          ),
        database
          .prepare(
            `INSERT INTO ledger_totals (account, mode, currency, day, debit_minor, credit_minor)
             SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3,
               CAST(value ->> 4 AS INTEGER), CAST(value ->> 5 AS INTEGER)
             FROM json_each(?) WHERE TRUE
             ON CONFLICT (account, mode, currency, day) DO UPDATE SET
               debit_minor = debit_minor + excluded.debit_minor, credit_minor = credit_minor + excluded.credit_minor`,
          )
          .bind(JSON.stringify(sums)),
      ])
      return 'written'
    } catch (error) {
      // Refused, or the answer was lost: what stands there now tells which.
      const now = await head()
      if (now.root === batch.root) return 'written'
      if (now.sequence >= batch.sequence) return 'overtaken'
      throw error
    }
  }

  const unsealed = async (): Promise<Unsealed> => {
    const row = await database
      .prepare(
        `SELECT count(*) AS entries, min(created_at_ms) AS oldest FROM ledger_entries
         WHERE number > (SELECT last_number FROM ledger_head)`,
      )
      .first<{ readonly entries: number; readonly oldest: number | null }>()
    return { entries: row?.entries ?? 0, oldestAtMs: row?.oldest ?? null }
  }

  return { head, entriesAfter, write, unsealed }
}
