import type { DeliveryTry } from '../contracts/events.ts'
import type { DeliveryStore } from '../contracts/webhook-delivery.ts'
import type { MerchantId, WebhookEndpointId } from '../domain/ids.ts'
import type { Mode } from '../domain/payment.ts'
import { eventStatements, IS_TOLD, newDeliveries } from './d1-events.ts'

interface TryRow {
  readonly event_id: DeliveryTry['eventId']
  readonly endpoint_id: WebhookEndpointId
  readonly round: number
  readonly try: number
}

interface ClaimRow {
  readonly body: string
  readonly url: string
  readonly merchant_id: MerchantId
  readonly mode: Mode
  readonly secret_version: number
  readonly previous_until_ms: number
  readonly failing_since_ms: number | null
  readonly times_disabled: number
  readonly started_at_ms: number
  readonly in_order: number
  readonly status: string
  readonly round: number
  readonly try: number
  readonly told: number
}

const triesIn = (result: D1Result | undefined): readonly DeliveryTry[] =>
  ((result?.results ?? []) as TryRow[]).map((row) => ({
    eventId: row.event_id,
    endpointId: row.endpoint_id,
    round: row.round,
    n: row.try,
  }))

/** Word for word the condition of the index: SQLite does not conclude it from less. */
export const OPEN = "status IN ('pending', 'queued', 'held')"
export const OPEN_INDEX = 'webhook_deliveries INDEXED BY webhook_deliveries_open'
export const HELD_INDEX = 'webhook_deliveries INDEXED BY webhook_deliveries_held'
const QUEUED_INDEX = 'webhook_deliveries INDEXED BY webhook_deliveries_queued'
const LET_GO_INDEX = 'webhook_deliveries INDEXED BY webhook_deliveries_let_go'

const endpointIsTold = (id: string): string =>
  `EXISTS (SELECT 1 FROM webhook_endpoints w WHERE w.id = ${id} AND ${IS_TOLD})`

/** Endpoints with a queue, each found by one step in the index, of which none is let go. Exported for the test of its plan. */
export const STALLED = `
WITH RECURSIVE waiting (id) AS (
  SELECT min(endpoint_id) FROM ${QUEUED_INDEX} WHERE status = 'queued'
  UNION ALL
  SELECT (SELECT min(endpoint_id) FROM ${QUEUED_INDEX} WHERE status = 'queued' AND endpoint_id > waiting.id)
  FROM waiting WHERE waiting.id IS NOT NULL)
SELECT id FROM waiting
WHERE id IS NOT NULL AND ${endpointIsTold('waiting.id')}
  AND NOT EXISTS (SELECT 1 FROM ${LET_GO_INDEX} WHERE endpoint_id = waiting.id AND in_order = 1)
LIMIT ?`

export const DUE_INDEX = 'webhook_deliveries INDEXED BY webhook_deliveries_due'

/** Of an endpoint in `waiting`, no more of its overdue tries than `limit`. */
const overdueOf = (endpoint: string, limit: string): string => `
  SELECT d.event_seq, d.endpoint_id, d.due_at_ms
  FROM waiting CROSS JOIN webhook_endpoints w ON w.id = waiting.id AND ${IS_TOLD} AND ${endpoint}
  CROSS JOIN webhook_deliveries d ON d.endpoint_id = waiting.id AND d.event_seq IN (
    SELECT event_seq FROM ${DUE_INDEX} WHERE endpoint_id = waiting.id AND due_at_ms <= ?1 ORDER BY due_at_ms LIMIT ${limit})`

/**
 * Tries due at ?1 or before, at most ?2 of each endpoint that does nothing but fail and ?3 in all. First the longest overdue of each, then the second of
 * each: an endpoint behind which thousands wait takes no other's place. Reads no more rows of an endpoint than it may have.
 * Exported for the test of its plan.
 */
export const OVERDUE = `
WITH RECURSIVE waiting (id) AS (
  SELECT min(endpoint_id) FROM ${DUE_INDEX} WHERE due_at_ms IS NOT NULL
  UNION ALL
  SELECT (SELECT min(endpoint_id) FROM ${DUE_INDEX} WHERE due_at_ms IS NOT NULL AND endpoint_id > waiting.id)
  FROM waiting WHERE waiting.id IS NOT NULL),
late AS (
  SELECT event_seq, endpoint_id, due_at_ms, row_number() OVER (PARTITION BY endpoint_id ORDER BY due_at_ms) AS place
  FROM (${overdueOf('w.failing_since_ms IS NOT NULL', '?2')}
    UNION ALL ${overdueOf('w.failing_since_ms IS NULL', '?3')}))
SELECT event_seq, endpoint_id FROM late ORDER BY place, due_at_ms LIMIT ?3`

/**
 * Lets the oldest queued event of an endpoint that is told go, unless one that was let go is still being tried for the first
 * time.
 */
export const releaseNext = (database: D1Database, endpointId: WebhookEndpointId, nowMs: number): D1PreparedStatement =>
  database
    .prepare(
      `UPDATE webhook_deliveries SET status = 'pending', in_order = 1, due_at_ms = ?2, started_at_ms = ?2
       WHERE endpoint_id = ?1 AND event_seq = (
           SELECT event_seq FROM ${QUEUED_INDEX}
           WHERE endpoint_id = ?1 AND status = 'queued' ORDER BY event_seq LIMIT 1)
         AND NOT EXISTS (SELECT 1 FROM ${LET_GO_INDEX} WHERE endpoint_id = ?1 AND in_order = 1)
         AND ${endpointIsTold('?1')}
       RETURNING event_id, endpoint_id, round, try`,
    )
    .bind(endpointId, nowMs)

export const releasedTries = triesIn

/** What the event is about is an endpoint. */
const IS_DISABLED = "EXISTS (SELECT 1 FROM webhook_endpoints WHERE id = ?5 AND status = 'disabled')"

const SEQ = '(SELECT seq FROM events WHERE id = ?)'

export interface SweptDeliveries extends DeliveryStore {
  /**
   * Tries that have been due for `graceMs` and were not made: their message was lost, or whoever had it died. They count as
   * due `againMs` from now, so that the next sweep leaves them alone. Or they wait in the queue, behind others to an endpoint
   * that hangs; no row tells the two apart, so an endpoint that has taken nothing since it failed has a share, and no more.
   */
  overdue(
    nowMs: number,
    graceMs: number,
    againMs: number,
    limits: { readonly ofFailing: number; readonly inAll: number },
  ): Promise<readonly DeliveryTry[]>
  /**
   * The first of each queue that nobody would let go: what follows the one before it waits for ever when that is gone, by the
   * end of the time that events are kept, say.
   */
  stalled(nowMs: number, limit: number): Promise<readonly DeliveryTry[]>
}

/** Deliveries in D1: each method one transaction. */
export const createD1WebhookDeliveries = (database: D1Database): SweptDeliveries => {
  /** Of this round, unless it has been settled meanwhile. */
  const open = `event_seq = ${SEQ} AND endpoint_id = ? AND round = ? AND status IN ('pending', 'held')`
  const noted = 'last_tried_at_ms = ?, last_status = ?, last_error = ?, lease_until_ms = 0, in_order = 0'

  return {
    async claim({ eventId, endpointId, round, n }, nowMs, leaseMs) {
      const [leased, found] = await database.batch([
        database
          .prepare(
            `UPDATE webhook_deliveries SET lease_until_ms = ?
             WHERE event_seq = ${SEQ} AND endpoint_id = ? AND round = ? AND try = ? AND status = 'pending'
               AND lease_until_ms <= ? AND ${endpointIsTold('?')} RETURNING 1 AS leased`,
          )
          .bind(nowMs + leaseMs, eventId, endpointId, round, n, nowMs, endpointId),
        database
          .prepare(
            `SELECT e.body, w.url, w.merchant_id, w.mode, w.secret_version, w.previous_until_ms, w.failing_since_ms,
               w.times_disabled, d.started_at_ms, d.in_order, d.status, d.round, d.try,
               ${IS_TOLD} AS told
             FROM events e JOIN webhook_deliveries d ON d.event_seq = e.seq JOIN webhook_endpoints w ON w.id = d.endpoint_id
             WHERE e.id = ? AND d.endpoint_id = ?`,
          )
          .bind(eventId, endpointId),
      ])
      const row = found?.results[0] as ClaimRow | undefined
      if (!row) return { kind: 'over' }
      if (leased?.results.length === 0) {
        const busy = row.told === 1 && row.status === 'pending' && row.round === round && row.try === n
        return { kind: busy ? 'busy' : 'over' }
      }
      return {
        kind: 'claimed',
        claimed: {
          eventId,
          endpointId,
          round,
          n,
          body: row.body,
          url: row.url,
          merchantId: row.merchant_id,
          mode: row.mode,
          secretVersion: row.secret_version,
          previousUntilMs: row.previous_until_ms,
          failingSinceMs: row.failing_since_ms,
          timesDisabled: row.times_disabled,
          startedAtMs: row.started_at_ms,
          inOrder: row.in_order === 1,
        },
      }
    },

    async delivered({ eventId, endpointId, round, inOrder }, status, note) {
      const results = await database.batch([
        database
          .prepare(`UPDATE webhook_deliveries SET status = ?, due_at_ms = NULL, ${noted} WHERE ${open}`)
          .bind(status, note.atMs, note.status, note.error, eventId, endpointId, round),
        database
          .prepare('UPDATE webhook_endpoints SET failing_since_ms = NULL WHERE id = ? AND failing_since_ms IS NOT NULL')
          .bind(endpointId),
        ...(inOrder ? [releaseNext(database, endpointId, note.atMs)] : []),
      ])
      return triesIn(results[2])
    },

    async notTaken({ eventId, endpointId, round, n, inOrder, timesDisabled }, dueAtMs, note) {
      const change = dueAtMs === null ? "status = 'failed'" : 'try = try + 1'
      const results = await database.batch([
        database
          .prepare(
            `UPDATE webhook_deliveries SET ${change}, due_at_ms = ?, ${noted} WHERE ${open} AND try = ? AND status = 'pending'
               AND ${endpointIsTold('?')} RETURNING try`,
          )
          .bind(dueAtMs, note.atMs, note.status, note.error, eventId, endpointId, round, n, endpointId),
        // What was tried before it was disabled or removed says nothing of it now, nor does a try that another has overtaken: it is
        // not written down, and nothing would take its mark away. When an event is given up and nothing else is
        // tried, the mark goes: the next to fail, weeks later perhaps, would find an endpoint that has been failing since today.
        database
          .prepare(
            `UPDATE webhook_endpoints SET failing_since_ms = iif(?1 IS NULL
                 AND NOT EXISTS (SELECT 1 FROM ${DUE_INDEX} WHERE endpoint_id = ?3 AND due_at_ms IS NOT NULL),
               NULL, coalesce(failing_since_ms, ?2))
             WHERE id = ?3 AND times_disabled = ?4 AND (?1 IS NULL OR failing_since_ms IS NULL)
               AND EXISTS (SELECT 1 FROM webhook_deliveries WHERE event_seq = (SELECT seq FROM events WHERE id = ?5)
                 AND endpoint_id = ?3 AND round = ?6
                 AND try = ?7 AND status = iif(?1 IS NULL, 'failed', 'pending'))`,
          )
          .bind(dueAtMs, note.atMs, endpointId, timesDisabled, eventId, round, dueAtMs === null ? n : n + 1),
        ...(inOrder ? [releaseNext(database, endpointId, note.atMs)] : []),
      ])
      return { recorded: (results[0]?.results.length ?? 0) > 0, released: triesIn(results[2]) }
    },

    async disable({ eventId, endpointId, round, timesDisabled, failingSinceMs }, reason, notice, note) {
      // A second one about the same state of the endpoint changes nothing. While a try hangs, another may be taken: then the
      // endpoint does not do nothing but fail, whatever was so when this one was claimed.
      const results = await database.batch([
        database
          .prepare(`UPDATE webhook_deliveries SET ${noted} WHERE ${open}`)
          .bind(note.atMs, note.status, note.error, eventId, endpointId, round),
        database
          .prepare(
            `UPDATE webhook_endpoints SET status = 'disabled', disabled_reason = ?1, disabled_at_ms = ?2,
               times_disabled = times_disabled + 1, settling = 1
             WHERE id = ?3 AND status = 'enabled' AND times_disabled = ?4
               AND (?1 <> 'failing' OR failing_since_ms <= coalesce(?5, failing_since_ms))`,
          )
          .bind(reason, note.atMs, endpointId, timesDisabled, failingSinceMs),
        database.prepare("SELECT 1 FROM webhook_endpoints WHERE id = ? AND status = 'enabled'").bind(endpointId),
        ...eventStatements(database, notice, note.atMs, IS_DISABLED),
      ])
      return { stands: results[2]?.results.length === 0, released: newDeliveries(results.slice(3)) }
    },

    async overdue(nowMs, graceMs, againMs, { ofFailing, inAll }) {
      const result = await database
        .prepare(
          `UPDATE webhook_deliveries SET due_at_ms = ?4 WHERE (event_seq, endpoint_id) IN (${OVERDUE})
           RETURNING event_id, endpoint_id, round, try`,
        )
        .bind(nowMs - graceMs, ofFailing, inAll, nowMs + againMs)
        .all()
      return triesIn(result)
    },

    async stalled(nowMs, limit) {
      const { results } = await database.prepare(STALLED).bind(limit).all<{ readonly id: WebhookEndpointId }>()
      if (results.length === 0) return []
      const released = await database.batch(results.map(({ id }) => releaseNext(database, id, nowMs)))
      return released.flatMap(triesIn)
    },
  }
}
