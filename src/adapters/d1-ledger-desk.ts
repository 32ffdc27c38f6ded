import type { LedgerEntry, StoredEntry } from '../domain/ledger-entry.ts'
import type { Mode } from '../domain/payment.ts'
import { type EntryRow, entriesOf } from './d1-ledger-entries.ts'
import { entryStatements } from './d1-ledger-entry.ts'

/** Numbers looked at for one page: a page costs the same however few of them fit. */
const PAGE_NUMBERS = 1_000
const DAY_MS = 86_400_000

const JOINED = `e.*, p.direction, p.account, CAST(p.amount_minor AS TEXT) AS amount_minor, p.currency
  FROM ledger_entries e LEFT JOIN ledger_postings p ON p.entry_id = e.id`

/** `from` inclusive, `to` exclusive, in milliseconds of what happened. `after`: the number that the page before ended with. */
export interface EntryQuery {
  readonly mode: Mode
  readonly fromMs: number
  readonly toMs: number
  readonly after: number | null
}

export interface EntryPage {
  readonly entries: readonly StoredEntry[]
  /** Null: there is nothing after it. */
  readonly next: number | null
}

export interface DailyRoot {
  readonly day: string
  readonly sequence: number
  readonly last_number: number
  readonly root: string
}

/**
 * An entry is sealed after it happened, so the first batch that was sealed at or after a moment tells from which number on to
 * look. A day of slack for clocks that differ.
 */
export const numberBefore = async (database: D1Database, fromMs: number): Promise<number> => {
  const row = await database
    .prepare('SELECT first_number FROM ledger_batches WHERE sealed_at_ms >= ? ORDER BY sealed_at_ms, sequence LIMIT 1')
    .bind(fromMs - DAY_MS)
    .first<{ readonly first_number: number }>()
  if (row) return row.first_number - 1
  const head = await database.prepare('SELECT last_number FROM ledger_head').first<{ readonly last_number: number }>()
  return head?.last_number ?? 0
}

/** What an entry books. When it happened is not part of it: that of a correction is when it was asked for, each time anew. */
const booked = ({ mode, merchantId, postings }: LedgerEntry): string =>
  JSON.stringify([
    mode,
    merchantId,
    postings
      .map(({ direction, account, amountMinor, currency }) => [direction, account, amountMinor, currency].join(' '))
      .toSorted(),
  ])

/** Of an entry that was not inserted, as its reference is there already. */
const standing = async (database: D1Database, entry: LedgerEntry): Promise<'known' | 'taken'> => {
  const { results } = await database
    .prepare(`SELECT ${JOINED} WHERE e.gateway = ? AND e.reference = ? AND e.kind = ?`)
    .bind(entry.gateway, entry.reference, entry.kind)
    .all<EntryRow>()
  const [stored] = entriesOf(results)
  return stored && booked(stored) === booked(entry) ? 'known' : 'taken'
}

/** The ledger for people: what `/operator/ledger` reads and writes. */
export const createD1LedgerDesk = (database: D1Database) => ({
  async page({ mode, fromMs, toMs, after }: EntryQuery): Promise<EntryPage> {
    const start = after ?? (await numberBefore(database, fromMs))
    const end = start + PAGE_NUMBERS
    const [found, beyond] = await database.batch<EntryRow>([
      database
        .prepare(
          `SELECT ${JOINED} WHERE e.number > ? AND e.number <= ? AND e.mode = ? AND e.occurred_at_ms >= ?
             AND e.occurred_at_ms < ? ORDER BY e.number`,
        )
        .bind(start, end, mode, fromMs, toMs),
      database.prepare('SELECT number FROM ledger_entries WHERE number > ? ORDER BY number LIMIT 1').bind(end),
    ])
    const [next] = beyond?.results ?? []
    return { entries: entriesOf(found?.results ?? []), next: next ? next.number - 1 : null }
  },

  async find(id: string): Promise<StoredEntry | null> {
    const { results } = await database.prepare(`SELECT ${JOINED} WHERE e.id = ?`).bind(id).all<EntryRow>()
    return entriesOf(results)[0] ?? null
  },

  /**
   * `known`: it is booked already · `taken`: this gateway's reference has an entry of this kind that says something else. Either
   * stays as it is.
   */
  async post(entry: LedgerEntry): Promise<'posted' | 'known' | 'taken' | 'period_closed'> {
    try {
      const [inserted] = await database.batch([...(await entryStatements(database, entry))])
      return inserted?.meta.changes === 0 ? await standing(database, entry) : 'posted'
    } catch (error) {
      const { message } = error as Error
      if (message.includes('UNIQUE constraint failed: ledger_entries.gateway')) return standing(database, entry)
      if (message.includes('the period of this entry is closed')) return 'period_closed'
      throw error
    }
  },

  /** The root at the end of each day, latest first. */
  async roots(limit: number): Promise<readonly DailyRoot[]> {
    const { results } = await database
      .prepare('SELECT day, sequence, last_number, root FROM ledger_roots ORDER BY sequence DESC LIMIT ?')
      .bind(limit)
      .all<DailyRoot>()
    return results
  },
})
export type LedgerDesk = ReturnType<typeof createD1LedgerDesk>
