import type { Customer, Erasure } from '../contracts/erasure.ts'

interface Row {
  readonly id: string
  readonly requested_at_ms: number
  readonly erased: number
  readonly kept: number
  readonly finished_at_ms: number | null
}

export interface OpenErasure {
  readonly id: string
  readonly customer: Customer
  readonly requestedAtMs: number
}

const LISTED_MAX = 100

/**
 * The log of erasures: that somebody asked, when, and what came of it. By `erased_hash` it can be told whether a number was
 * erased, and nothing else. What leads to payments is taken out when nothing is left to be erased.
 */
export const createD1Erasures = (database: D1Database) => ({
  async begin(erasure: OpenErasure, erasedHash: string): Promise<void> {
    await database
      .prepare('INSERT INTO erasures (id, erased_hash, looking_for, requested_at_ms) VALUES (?, ?, ?, ?)')
      .bind(erasure.id, erasedHash, JSON.stringify(erasure.customer), erasure.requestedAtMs)
      .run()
  },
  /** Not finished, by their ids, after one of them. */
  async open(limit: number, after: string, id?: string): Promise<readonly OpenErasure[]> {
    const { results } = await database
      .prepare(
        `SELECT id, looking_for, requested_at_ms FROM erasures
         WHERE finished_at_ms IS NULL AND id > ? AND id = coalesce(?, id) ORDER BY id LIMIT ?`,
      )
      .bind(after, id ?? null, limit)
      .all<{ id: string; looking_for: string; requested_at_ms: number }>()
    return results.map((row) => ({
      id: row.id,
      customer: JSON.parse(row.looking_for) as Customer,
      requestedAtMs: row.requested_at_ms,
    }))
  },
  /** `finishedAtMs` null: something is left. */
  async passed(id: string, erased: number, kept: number, finishedAtMs: number | null): Promise<void> {
    await database
      .prepare(
        `UPDATE erasures SET erased = erased + ?2, kept = ?3, finished_at_ms = ?4,
           looking_for = iif(?4 IS NULL, looking_for, NULL)
         WHERE id = ?1 AND finished_at_ms IS NULL`,
      )
      .bind(id, erased, kept, finishedAtMs)
      .run()
  },
  /** Newest first. */
  async list(): Promise<readonly Erasure[]> {
    const { results } = await database
      .prepare(
        'SELECT id, requested_at_ms, erased, kept, finished_at_ms FROM erasures ORDER BY requested_at_ms DESC LIMIT ?',
      )
      .bind(LISTED_MAX)
      .all<Row>()
    return results.map(({ id, requested_at_ms, erased, kept, finished_at_ms }) => ({
      id,
      requestedAtMs: requested_at_ms,
      erased,
      kept,
      finishedAtMs: finished_at_ms,
    }))
  },
})

export type Erasures = ReturnType<typeof createD1Erasures>
