import type { DeliveryTry } from '../contracts/events.ts'
import type { WebhookEndpointId } from '../domain/ids.ts'
import { DUE_INDEX, HELD_INDEX, OPEN, OPEN_INDEX, releasedTries, releaseNext } from './d1-webhook-deliveries.ts'

/** Rows in one statement: D1 does them in some tens of milliseconds, and whoever else writes waits for no longer. */
export const PORTION = 1_000

/**
 * Queues a portion of what was on its way to an endpoint when it was disabled; when nothing is left, and it is enabled, lets the
 * oldest go. Changes nothing of an endpoint that is settled. `leasedBeforeMs`: what somebody is at is passed over, and comes
 * with the next portion.
 */
export const settleStatements = (
  database: D1Database,
  id: WebhookEndpointId,
  nowMs: number,
  leasedBeforeMs: number,
): D1PreparedStatement[] => {
  const queue = (chosen: string) =>
    `UPDATE webhook_deliveries SET status = 'queued', round = round + 1, try = 1, lease_until_ms = 0, due_at_ms = NULL, in_order = 0
     WHERE endpoint_id = ?1 AND event_seq IN (SELECT event_seq FROM ${chosen} LIMIT ${PORTION})
       AND EXISTS (SELECT 1 FROM webhook_endpoints WHERE id = ?1 AND settling = 1)`
  return [
    database
      .prepare(queue(`${DUE_INDEX} WHERE endpoint_id = ?1 AND due_at_ms IS NOT NULL AND lease_until_ms <= ?2`))
      .bind(id, leasedBeforeMs),
    database.prepare(queue(`${HELD_INDEX} WHERE endpoint_id = ?1 AND status = 'held'`)).bind(id),
    database
      .prepare(
        `UPDATE webhook_endpoints SET settling = 0 WHERE id = ?1 AND settling = 1
           AND NOT EXISTS (SELECT 1 FROM ${DUE_INDEX} WHERE endpoint_id = ?1 AND due_at_ms IS NOT NULL)
           AND NOT EXISTS (SELECT 1 FROM ${HELD_INDEX} WHERE endpoint_id = ?1 AND status = 'held')`,
      )
      .bind(id),
    releaseNext(database, id, nowMs),
  ]
}

/**
 * Deletes a portion of what was on its way to an endpoint that was removed. Nothing of one that is there again: code from before
 * there was this makes it anew without waiting.
 */
export const clearStatements = (database: D1Database, id: WebhookEndpointId): D1PreparedStatement[] => [
  database
    .prepare(
      `DELETE FROM webhook_deliveries
       WHERE endpoint_id = ?1 AND event_seq IN (SELECT event_seq FROM ${OPEN_INDEX} WHERE endpoint_id = ?1 AND ${OPEN} LIMIT ${PORTION})
         AND EXISTS (SELECT 1 FROM removed_webhook_endpoints WHERE id = ?1 AND clearing = 1)
         AND NOT EXISTS (SELECT 1 FROM webhook_endpoints WHERE id = ?1)`,
    )
    .bind(id),
  database
    .prepare(
      `UPDATE removed_webhook_endpoints SET clearing = 0 WHERE id = ?1 AND clearing = 1
         AND (EXISTS (SELECT 1 FROM webhook_endpoints WHERE id = ?1)
           OR NOT EXISTS (SELECT 1 FROM ${OPEN_INDEX} WHERE endpoint_id = ?1 AND ${OPEN}))`,
    )
    .bind(id),
]

export interface Unsettled {
  readonly id: WebhookEndpointId
  readonly removed: 0 | 1
}

/** What endpoints leave behind when they are disabled or removed, in portions. Throws when D1 does not answer. */
export const createD1WebhookSettling = (database: D1Database) => ({
  /** In no order, so that what does not come to its end in one run keeps nobody out of the next. */
  async unsettled(limit: number): Promise<readonly Unsettled[]> {
    const { results } = await database
      .prepare(
        `SELECT id, removed FROM (
           SELECT id, 0 AS removed FROM webhook_endpoints INDEXED BY webhook_endpoints_settling WHERE settling = 1
           UNION ALL
           SELECT id, 1 FROM removed_webhook_endpoints INDEXED BY removed_webhook_endpoints_clearing WHERE clearing = 1)
         ORDER BY random() LIMIT ?`,
      )
      .bind(limit)
      .all<Unsettled>()
    return results
  },
  /** `more`: a whole portion was found, so there may be another. */
  async portion(
    { id, removed }: Unsettled,
    nowMs: number,
  ): Promise<{ readonly rows: number; readonly more: boolean; readonly due: readonly DeliveryTry[] }> {
    const results = await database.batch(
      removed ? clearStatements(database, id) : settleStatements(database, id, nowMs, nowMs),
    )
    const counts = results.slice(0, removed ? 1 : 2).map(({ meta }) => meta.changes)
    return {
      rows: counts.reduce((sum, n) => sum + n, 0),
      more: counts.some((n) => n >= PORTION),
      due: releasedTries(results[3]),
    }
  },
})
