import type { PaymentId } from '../domain/ids.ts'

/** A payment that D1 holds for open, or for paid and not fulfilled. */
export interface OpenPayment {
  readonly paymentId: PaymentId
  /** As the search index was last told. */
  readonly status: string
  readonly sinceMs: number
}

export interface OpenPayments {
  /** Oldest first, after the cursor; those that began before `beforeMs`. Throws when D1 does not answer. */
  page(after: string | null, beforeMs: number, limit: number): Promise<readonly OpenPayment[]>
  /** The same of those in review: people are at them, and an attempt may still be open. */
  inReview(after: string | null, beforeMs: number, limit: number): Promise<readonly OpenPayment[]>
}

interface Row {
  readonly payment_id: PaymentId
  readonly status: string
  readonly since_ms: number
}

const fromRow = ({ payment_id, status, since_ms }: Row): OpenPayment => ({
  paymentId: payment_id,
  status,
  sinceMs: since_ms,
})

/** A place in the order of a list, as text. */
export const cursorAt = ({ sinceMs, paymentId }: OpenPayment): string => `${sinceMs}_${paymentId}`

const placeOf = (cursor: string | null): readonly [sinceMs: number, paymentId: string] => {
  const cut = cursor?.indexOf('_') ?? -1
  return cursor === null || cut < 0 ? [-1, ''] : [Number(cursor.slice(0, cut)), cursor.slice(cut + 1)]
}

export const createD1OpenPayments = (database: D1Database): OpenPayments => ({
  async page(after, beforeMs, limit) {
    const place = placeOf(after)
    // The terms of the partial index must stand here to the letter, or SQLite does not use it; named, it fails without it.
    const { results } = await database
      .prepare(
        `SELECT payment_id, status, since_ms FROM (
           SELECT payment_id, status, created_at_ms AS since_ms FROM payments INDEXED BY payments_open
           WHERE status IN ('created', 'pending', 'needs_action', 'unknown')
             -- Nothing of it ever left: there is nothing to watch until its shop comes again.
             AND status <> 'created' AND (created_at_ms, payment_id) > (?1, ?2) AND created_at_ms < ?3
           ORDER BY created_at_ms, payment_id LIMIT ?4)
         UNION ALL
         SELECT payment_id, status, since_ms FROM (
           SELECT payment_id, coalesce(payments.status, 'succeeded') AS status, since_ms
           FROM unfulfilled_payments LEFT JOIN payments USING (payment_id)
           WHERE (since_ms, payment_id) > (?1, ?2) AND since_ms < ?3
           ORDER BY since_ms, payment_id LIMIT ?4)
         ORDER BY since_ms, payment_id LIMIT ?4`,
      )
      .bind(...place, beforeMs, limit)
      .all<Row>()
    return results.map(fromRow)
  },

  async inReview(after, beforeMs, limit) {
    const { results } = await database
      .prepare(
        `SELECT payment_id, status, created_at_ms AS since_ms FROM payments INDEXED BY payments_in_review
         WHERE status = 'review' AND (created_at_ms, payment_id) > (?1, ?2) AND created_at_ms < ?3
         ORDER BY created_at_ms, payment_id LIMIT ?4`,
      )
      .bind(...placeOf(after), beforeMs, limit)
      .all<Row>()
    return results.map(fromRow)
  },
})
