import type { Customer, Erasure, ErasurePlace } from '../contracts/erasure.ts'

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
  /** Null: the next pass begins at the beginning. */
  readonly place: ErasurePlace | null
}

interface ErasurePassed {
  readonly erased: number
  readonly kept: number
  readonly finishedAtMs: number | null
  readonly place: ErasurePlace | null
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
    return results.map((row) => {
      const { place, ...customer } = JSON.parse(row.looking_for) as Customer & { readonly place?: ErasurePlace }
      return { id: row.id, customer, requestedAtMs: row.requested_at_ms, place: place ?? null }
    })
  },
  /** `finishedAtMs` null: something is left. The place goes where the customer goes, when there is nothing more to look for. */
  async passed(id: string, { erased, kept, finishedAtMs, place }: ErasurePassed): Promise<void> {
    await database
      .prepare(
        `UPDATE erasures SET erased = erased + ?2, kept = ?3, finished_at_ms = ?4,
           looking_for = CASE
             WHEN ?4 IS NOT NULL THEN NULL
             WHEN ?5 IS NULL THEN json_remove(looking_for, '$.place')
             ELSE json_set(looking_for, '$.place', json(?5)) END
         WHERE id = ?1 AND finished_at_ms IS NULL`,
      )
      .bind(id, erased, kept, finishedAtMs, place && JSON.stringify(place))
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
