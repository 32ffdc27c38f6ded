import type { Mode } from '../domain/payment.ts'
import { numberBefore } from './d1-ledger-desk.ts'

/** A success of ours, as a statement should have it. Amounts in minor units, as text. */
export interface ExpectedLine {
  readonly reference: string
  readonly amountMinor: string
  readonly feeMinor: string | null
  readonly currency: string
  readonly expected: boolean
}

export interface StatementHead {
  /** SHA-256 of all that was sent: the same statement again is the same. */
  readonly id: string
  readonly gateway: string
  readonly mode: Mode
  readonly fromMs: number
  readonly toMs: number
  readonly lines: number
  readonly matched: number
  readonly importedAtMs: number
}

/** `detail`: JSON of what else there is to say of it. */
export interface KeptException {
  readonly kind: string
  readonly reference: string
  readonly line: number | null
  readonly detail: string
}

export interface ListedException extends KeptException {
  readonly statementId: string
  readonly position: number
  readonly gateway: string
  readonly mode: Mode
  readonly importedAtMs: number
  readonly closedAtMs: number | null
  readonly closedBecause: string | null
}

export interface ExceptionQuery {
  readonly open: boolean
  readonly statementId?: string
  readonly gateway?: string
  /** The last one of the page before. */
  readonly after?: Pick<ListedException, 'importedAtMs' | 'statementId' | 'position'>
  readonly limit: number
}

interface ExpectedRow {
  readonly reference: string
  readonly amount_minor: string
  readonly currency: string
  readonly fee_minor: string | null
  readonly expected: number
}

/**
 * Whether that entry stands: it is reversed by its correction, stands again when that is reversed, and so on. Each step looks
 * up one row by `reference`, which for a correction is the id of what it reverses.
 */
const stands = (entry: string): string => `(
  WITH RECURSIVE chain (id, steps) AS (
    SELECT ${entry}.id, 0
    UNION ALL
    SELECT c.id, chain.steps + 1 FROM chain
    JOIN ledger_entries c ON c.gateway = ${entry}.gateway AND c.reference = chain.id AND c.kind = 'correction'
  ) SELECT max(steps) % 2 = 0 FROM chain)`

/**
 * Deposits that stand, with the fee that the ledger holds for each: what a fee entry that stands took from clearing. What else
 * such an entry says is between us and the merchant, and no statement has it.
 */
const DEPOSITS = `
SELECT d.reference, CAST(p.amount_minor AS TEXT) AS amount_minor, p.currency,
  d.occurred_at_ms >= ?3 AND d.occurred_at_ms < ?4 AS expected,
  (SELECT CAST(sum(fp.amount_minor) AS TEXT) FROM ledger_entries f JOIN ledger_postings fp ON fp.entry_id = f.id
   WHERE f.gateway = d.gateway AND f.reference = d.reference AND f.kind = 'fee'
     AND fp.direction = 'credit' AND fp.account = 'gateway:' || f.gateway || ':clearing' AND fp.currency = p.currency
     AND ${stands('f')}) AS fee_minor
FROM ledger_entries d
JOIN ledger_postings p ON p.entry_id = d.id AND p.direction = 'debit'
WHERE d.gateway = ?1 AND d.mode = ?2 AND d.kind = 'deposit'
  AND ${stands('d')}`

const lineOf = ({ reference, amount_minor, currency, fee_minor, expected }: ExpectedRow): ExpectedLine => ({
  reference,
  amountMinor: amount_minor,
  feeMinor: fee_minor,
  currency,
  expected: expected === 1,
})

/** D1 takes at most 2 MB in one value; a reference has at most 200 characters, each up to four bytes, and an exception as much again. */
const PER_VALUE = 1_000

const inParts = <Item>(
  items: readonly Item[],
): readonly { readonly before: number; readonly part: readonly Item[] }[] =>
  Array.from({ length: Math.ceil(items.length / PER_VALUE) }, (_, i) => ({
    before: i * PER_VALUE,
    part: items.slice(i * PER_VALUE, (i + 1) * PER_VALUE),
  }))

export const createD1Statements = (database: D1Database) => {
  const find = (id: string) =>
    database
      .prepare('SELECT matched, lines FROM statements WHERE id = ?')
      .bind(id)
      .first<{ readonly matched: number; readonly lines: number }>()

  /** References that another statement than `id` has stated, and which. */
  const statedElsewhere = async (
    { id, gateway, mode }: Pick<StatementHead, 'id' | 'gateway' | 'mode'>,
    references: readonly string[],
  ): Promise<ReadonlyMap<string, string>> => {
    if (references.length === 0) return new Map()
    const answers = await database.batch<{ readonly reference: string; readonly statement_id: string }>(
      inParts(references).map(({ part }) =>
        database
          .prepare(
            `SELECT reference, statement_id FROM statement_lines
             WHERE gateway = ? AND mode = ? AND statement_id <> ? AND reference IN (SELECT value FROM json_each(?))`,
          )
          .bind(gateway, mode, id, JSON.stringify(part)),
      ),
    )
    return new Map(
      answers.flatMap(({ results }) =>
        results.map(({ reference, statement_id }) => [reference, statement_id] as const),
      ),
    )
  }

  /**
   * Of the period, unless another statement has stated it; and whatever else the statement names. Null: of the period there are
   * more than `most`.
   */
  const expectedLines = async (
    { id, gateway, mode, fromMs, toMs }: Pick<StatementHead, 'id' | 'gateway' | 'mode' | 'fromMs' | 'toMs'>,
    references: readonly string[],
    most: number,
  ): Promise<readonly ExpectedLine[] | null> => {
    const start = await numberBefore(database, fromMs)
    const answers = await database.batch<ExpectedRow>([
      ...inParts(references).map(({ part }) =>
        database
          .prepare(`${DEPOSITS} AND d.reference IN (SELECT value FROM json_each(?5))`)
          .bind(gateway, mode, fromMs, toMs, JSON.stringify(part)),
      ),
      database
        .prepare(
          `${DEPOSITS} AND d.number > ?5 AND d.occurred_at_ms >= ?3 AND d.occurred_at_ms < ?4
           AND NOT EXISTS (SELECT 1 FROM statement_lines s
             WHERE s.gateway = d.gateway AND s.mode = d.mode AND s.reference = d.reference AND s.statement_id <> ?6)
           LIMIT ?7`,
        )
        .bind(gateway, mode, fromMs, toMs, start, id, most + 1),
    ])
    if ((answers.at(-1)?.results.length ?? 0) > most) return null
    const rows = answers.flatMap(({ results }) => results)
    return [...new Map(rows.map((row) => [row.reference, lineOf(row)])).values()]
  }

  /**
   * One transaction. `references`: what this statement is the first to state. `known`: the same statement was stored before,
   * with what it said then. `overtaken`: another statement has stated one of them meanwhile, and nothing is stored.
   */
  const keep = async (
    head: StatementHead,
    exceptions: readonly KeptException[],
    references: readonly string[],
  ): Promise<'stored' | 'known' | 'overtaken'> => {
    if (await find(head.id)) return 'known'
    try {
      await database.batch([
        database
          .prepare(
            `INSERT INTO statements (id, gateway, mode, from_ms, to_ms, lines, matched, imported_at_ms)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
          )
          .bind(head.id, head.gateway, head.mode, head.fromMs, head.toMs, head.lines, head.matched, head.importedAtMs),
        ...inParts(exceptions).map(({ before, part }) =>
          database
            .prepare(
              `INSERT INTO statement_exceptions (statement_id, position, kind, reference, line, detail)
               SELECT ?, ? + key + 1, value ->> 0, value ->> 1, value ->> 2, value ->> 3 FROM json_each(?)`,
            )
            .bind(
              head.id,
              before,
              JSON.stringify(part.map(({ kind, reference, line, detail }) => [kind, reference, line, detail])),
            ),
        ),
        ...inParts(references).map(({ part }) =>
          database
            .prepare(
              `INSERT INTO statement_lines (gateway, mode, reference, statement_id)
               SELECT ?, ?, value, ? FROM json_each(?)`,
            )
            .bind(head.gateway, head.mode, head.id, JSON.stringify(part)),
        ),
      ])
      return 'stored'
    } catch (error) {
      if (await find(head.id)) return 'known'
      if ((error as Error).message.includes('UNIQUE constraint failed: statement_lines')) return 'overtaken'
      throw error
    }
  }

  /** Newest statement first, each in its own order. `more`: there are some after these. */
  const exceptions = async ({
    open,
    statementId,
    gateway,
    after,
    limit,
  }: ExceptionQuery): Promise<{ readonly exceptions: readonly ListedException[]; readonly more: boolean }> => {
    const { results } = await database
      .prepare(
        // CROSS JOIN: in this order, so that a page reads no further than it goes. What is closed is most of it, in years.
        `SELECT x.statement_id AS statementId, x.position, x.kind, x.reference, x.line, x.detail,
           x.closed_at_ms AS closedAtMs, x.closed_because AS closedBecause, s.gateway, s.mode, s.imported_at_ms AS importedAtMs
         FROM statements s CROSS JOIN statement_exceptions x ${open ? 'INDEXED BY statement_exceptions_open' : ''}
           ON x.statement_id = s.id
         WHERE x.closed_at_ms ${open ? 'IS NULL' : 'IS NOT NULL'}
           AND (?1 IS NULL OR s.id = ?1) AND (?2 IS NULL OR s.gateway = ?2)
           AND (?3 IS NULL OR (s.imported_at_ms <= ?3
             AND (s.imported_at_ms < ?3 OR s.id > ?4 OR (s.id = ?4 AND x.position > ?5))))
         ORDER BY s.imported_at_ms DESC, s.id, x.position LIMIT ?6`,
      )
      .bind(
        statementId ?? null,
        gateway ?? null,
        after?.importedAtMs ?? null,
        after?.statementId ?? null,
        after?.position ?? null,
        limit + 1,
      )
      .all<ListedException>()
    return { exceptions: results.slice(0, limit), more: results.length > limit }
  }

  /** False: there is no such exception that is open. */
  const close = async (statementId: string, position: number, because: string, nowMs: number): Promise<boolean> => {
    const { meta } = await database
      .prepare(
        `UPDATE statement_exceptions SET closed_at_ms = ?, closed_because = ?
         WHERE statement_id = ? AND position = ? AND closed_at_ms IS NULL`,
      )
      .bind(nowMs, because, statementId, position)
      .run()
    return meta.changes > 0
  }

  /** How many of the statement's were open and are closed now, of one kind or of all. Null: there is no such statement. */
  const closeAll = async (
    statementId: string,
    kind: string | null,
    because: string,
    nowMs: number,
  ): Promise<number | null> => {
    const { meta } = await database
      .prepare(
        `UPDATE statement_exceptions SET closed_at_ms = ?1, closed_because = ?2
         WHERE statement_id = ?3 AND closed_at_ms IS NULL AND (?4 IS NULL OR kind = ?4)`,
      )
      .bind(nowMs, because, statementId, kind)
      .run()
    return meta.changes > 0 || (await find(statementId)) ? meta.changes : null
  }

  return { statedElsewhere, expectedLines, keep, exceptions, close, closeAll }
}
export type Statements = ReturnType<typeof createD1Statements>
