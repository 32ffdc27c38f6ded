import type { DeliveryTry, EventType } from '../contracts/events.ts'
import type {
  DeliveryStatus,
  EventDelivery,
  EventPage,
  EventQuery,
  Owner,
  ReplayRange,
  StoredEvent,
} from '../contracts/webhooks.ts'
import type { EventId, WebhookEndpointId } from '../domain/ids.ts'
import { ASKED_FOR, IS_TOLD } from './d1-events.ts'
import { OPEN, releasedTries, releaseNext } from './d1-webhook-deliveries.ts'

const REPLAY_MAX = 1_000
/** What was wanted may be rare, and is looked for within a write: nobody else's is served while it goes on. */
const REPLAY_WALK_MAX = 10_000

interface Row {
  readonly seq: number
  readonly id: EventId
  readonly type: string
  readonly body: string
  readonly created_at_ms: number
  readonly deliveries: string
}

interface DeliveryRow {
  readonly endpoint: WebhookEndpointId
  readonly status: DeliveryStatus
  readonly try: number
  readonly last_status: number | null
  readonly last_error: string | null
  readonly last_tried: number | null
  readonly due: number | null
}

const TRIED: readonly DeliveryStatus[] = ['applied', 'unconfirmed', 'failed']

const deliveryOf = (row: DeliveryRow): EventDelivery => ({
  endpointId: row.endpoint,
  status: row.status,
  tries: TRIED.includes(row.status) ? row.try : row.try - 1,
  lastStatus: row.last_status,
  lastError: row.last_error,
  lastTriedAtMs: row.last_tried,
  nextTryAtMs: row.due,
})

const eventOf = ({ id, type, body, created_at_ms, deliveries }: Row): StoredEvent => ({
  id,
  type,
  body,
  createdAtMs: created_at_ms,
  deliveries: (JSON.parse(deliveries) as DeliveryRow[]).map(deliveryOf),
})

/**
 * What waits for an endpoint is said by the endpoint: its rows are moved in portions, later. Of one that was removed only what
 * had come to its end is left.
 */
const STATUS = `CASE WHEN d.${OPEN} THEN
    CASE WHEN w.status <> 'enabled' THEN 'held' WHEN w.settling = 1 OR d.status = 'held' THEN 'queued' ELSE d.status END
  ELSE d.status END`

const SELECT = `SELECT e.seq, e.id, e.type, e.body, e.created_at_ms, (
    SELECT json_group_array(json_object('endpoint', d.endpoint_id, 'status', ${STATUS}, 'try', d.try,
      'last_status', d.last_status, 'last_error', d.last_error, 'last_tried', d.last_tried_at_ms,
      'due', iif(${IS_TOLD}, d.due_at_ms, NULL)))
    FROM webhook_deliveries d LEFT JOIN webhook_endpoints w ON w.id = d.endpoint_id
    WHERE d.event_seq = e.seq AND (w.id IS NOT NULL OR NOT d.${OPEN})) AS deliveries
  FROM events e`

/**
 * What a resending starts anew. Not `in_order` of what goes now: what was let go and is sent again is still what the next one
 * follows.
 */
const ANEW = `round = webhook_deliveries.round + 1, try = 1, lease_until_ms = 0, status = excluded.status,
  in_order = iif(excluded.status = 'pending', webhook_deliveries.in_order, 0),
  due_at_ms = excluded.due_at_ms, started_at_ms = excluded.started_at_ms`

/** What nearly every payment ends with. The index `events_rare` leaves it out, and is used where a query says so in its words. */
const COMMON: readonly EventType[] = ['payment.succeeded', 'payment.failed']
const RARE = `type NOT IN (${COMMON.map((type) => `'${type}'`).join(', ')})`

/** `created_at_ms` is the clock of whoever wrote the event, `seq` the order of the writing: clocks differ, and work takes time. */
const CLOCKS_DIFFER_MS = 3_600_000

/**
 * The number behind which everything stands that was stored at a moment or later, `at` being an hour before it. By halving,
 * each step one row: times have no index, and grow with the numbers but for less than that hour.
 */
const seqBefore = (at: string): string => `(
  WITH RECURSIVE half (low, high) AS (
    SELECT (SELECT min(seq) FROM events) - 1, (SELECT max(seq) FROM events)
    UNION ALL
    SELECT iif(m.created_at_ms < ${at}, m.seq, low), iif(m.created_at_ms < ${at}, high, (low + high + 1) / 2 - 1)
    FROM half CROSS JOIN events m ON m.seq = (SELECT seq FROM events WHERE seq >= (low + high + 1) / 2 ORDER BY seq LIMIT 1)
    WHERE low < high
  ) SELECT max(low) FROM half)`

const seqOf = (database: D1Database, { merchantId, mode }: Owner, id: EventId): Promise<number | null> =>
  database
    .prepare('SELECT seq FROM events WHERE id = ? AND merchant_id = ? AND mode = ?')
    .bind(id, merchantId, mode)
    .first<number>('seq')

interface QueuedAgain {
  readonly queued: number
  readonly next: EventId | null
  readonly due: readonly DeliveryTry[]
}

/**
 * The events of a merchant as they were stored, and their resending: of a range so many are looked at in one call. Every
 * method throws when D1 does not answer.
 */
export const createD1EventLog = (database: D1Database, walkMax = REPLAY_WALK_MAX) => ({
  /**
   * Walks an index of the merchant's in the order of storing; of a type that is rare, that of the rare ones. Of one that is
   * common, and need not be with this merchant, so many events at most are looked at.
   */
  async list({ merchantId, mode, after, type, limit, bounded = false }: EventQuery): Promise<EventPage> {
    const from = after === undefined ? 0 : await seqOf(database, { merchantId, mode }, after)
    if (from === null) return null
    const asked = Math.min(Math.max(1, limit), 100)
    const common = type !== undefined && COMMON.includes(type)
    const rare = type !== undefined && !common
    const walked =
      'FROM events INDEXED BY events_by_merchant WHERE merchant_id = ?1 AND mode = ?2 AND seq > ?3 ORDER BY seq'
    const page = common
      ? database
          .prepare(
            `${SELECT} WHERE e.seq IN (SELECT seq FROM (SELECT seq, type ${walked} LIMIT ?6) AS walk WHERE type = ?4 LIMIT ?5) ORDER BY e.seq`,
          )
          .bind(merchantId, mode, from, type, asked + 1, bounded ? walkMax : -1)
      : database
          .prepare(
            `${SELECT} INDEXED BY ${rare ? 'events_rare' : 'events_by_merchant'}
             WHERE e.merchant_id = ?1 AND e.mode = ?2 AND e.seq > ?3
             ${rare ? `AND e.type = ?5 AND e.${RARE}` : ''} ORDER BY e.seq LIMIT ?4`,
          )
          .bind(merchantId, mode, from, asked + 1, ...(rare ? [type] : []))
    const { results } = await page.all<Row>()
    const shown = results.slice(0, asked).map(eventOf)
    if (results.length > asked) return { events: shown, more: true, next: shown.at(-1)?.id ?? null }
    if (!common || !bounded) return { events: shown, more: false, next: null }
    // Both at one moment: where the walk ended is where this page of it did.
    const end = database.prepare(`SELECT id ${walked} LIMIT 1 OFFSET ?4`).bind(merchantId, mode, from, walkMax - 1)
    const [again, ended] = await database.batch<Row>([page, end])
    const rows = again?.results ?? []
    const events = rows.slice(0, asked).map(eventOf)
    const last = (rows.length > asked ? events.at(-1) : ended?.results[0])?.id ?? null
    return { events, more: last !== null, next: last }
  },

  async find({ merchantId, mode }: Owner, id: EventId): Promise<StoredEvent | null> {
    const row = await database
      .prepare(`${SELECT} WHERE e.id = ? AND e.merchant_id = ? AND e.mode = ?`)
      .bind(id, merchantId, mode)
      .first<Row>()
    return row && eventOf(row)
  },

  /** One event once more, at once. To an endpoint that is disabled it goes when that is enabled. */
  async replay(
    { merchantId, mode }: Owner,
    id: EventId,
    endpointId: WebhookEndpointId | undefined,
    nowMs: number,
  ): Promise<{ readonly endpoints: number; readonly due: readonly DeliveryTry[] }> {
    const result = await database
      .prepare(
        `INSERT INTO webhook_deliveries (event_seq, endpoint_id, event_id, status, due_at_ms, started_at_ms)
         SELECT e.seq, w.id, e.id, iif(${IS_TOLD}, 'pending', 'queued'), iif(${IS_TOLD}, ?1, NULL), ?1
         FROM events e JOIN webhook_endpoints w ON w.merchant_id = e.merchant_id AND w.mode = e.mode
         WHERE e.id = ?2 AND e.merchant_id = ?3 AND e.mode = ?4 AND w.id <> e.subject
           AND iif(?5 IS NULL, ${ASKED_FOR}, w.id = ?5)
         ON CONFLICT (event_seq, endpoint_id) DO UPDATE SET ${ANEW}
         RETURNING event_id, endpoint_id, round, try, status`,
      )
      .bind(nowMs, id, merchantId, mode, endpointId ?? null)
      .all<{ readonly status: string }>()
    const pending = result.results.filter(({ status }) => status === 'pending')
    return { endpoints: result.results.length, due: releasedTries({ ...result, results: pending }) }
  },

  /**
   * Lets go of the oldest, with what was on its way of them, `limit` at most. Walks from the lowest number, so that it reads
   * no more than it removes. Counts the events.
   */
  async forget(beforeMs: number, limit: number): Promise<number> {
    const old = '(SELECT seq FROM (SELECT seq, created_at_ms FROM events ORDER BY seq LIMIT ?) WHERE created_at_ms < ?)'
    const [, events] = await database.batch([
      database.prepare(`DELETE FROM webhook_deliveries WHERE event_seq IN ${old}`).bind(limit, beforeMs),
      database.prepare(`DELETE FROM events WHERE seq IN ${old} RETURNING seq`).bind(limit, beforeMs),
    ])
    return events?.results.length ?? 0
  },

  /**
   * Many, to one endpoint: queued in the order of the events, each let go when the one before it has been tried. `next`: the
   * last that was looked at, when there may be more, be none of them queued. Null: there is no such event to begin after.
   */
  async replayRange(
    { merchantId, mode }: Owner,
    endpointId: WebhookEndpointId,
    { fromMs, toMs, after, include }: ReplayRange,
    nowMs: number,
  ): Promise<QueuedAgain | null> {
    const begin = after === undefined ? 0 : await seqOf(database, { merchantId, mode }, after)
    if (begin === null) return null
    const wanted = {
      failed: "d.status = 'failed'",
      unconfirmed: "d.status IN ('failed', 'unconfirmed')",
      all: `(d.status IN ('failed', 'unconfirmed', 'applied') OR d.status IS NULL AND ${ASKED_FOR})`,
    }[include]
    // Where the walk begins and ends is asked first, by a reading. `last` is there only when the walk ends before the range does.
    const { results } = await database
      .prepare(
        `WITH range (low, high) AS (SELECT ${fromMs === undefined ? '?1' : `max(?1, ${seqBefore(`?2 - ${CLOCKS_DIFFER_MS}`)})`},
           ${toMs === undefined ? '?3' : seqBefore(`?3 + ${CLOCKS_DIFFER_MS}`)})
         SELECT low, coalesce(last.seq, high) AS high, last.id AS last FROM range LEFT JOIN events last ON last.seq = (
           SELECT seq FROM events INDEXED BY events_by_merchant
           WHERE merchant_id = ?4 AND mode = ?5 AND seq > low AND seq <= high ORDER BY seq LIMIT 1 OFFSET ?6)`,
      )
      .bind(begin, fromMs ?? 0, toMs ?? Number.MAX_SAFE_INTEGER, merchantId, mode, walkMax - 1)
      .all<{ readonly low: number | null; readonly high: number | null; readonly last: EventId | null }>()
    const [walk] = results
    const [queued, released] = await database.batch([
      database
        .prepare(
          `INSERT INTO webhook_deliveries (event_seq, endpoint_id, event_id, status, due_at_ms, started_at_ms)
           SELECT e.seq, w.id, e.id, 'queued', NULL, ?1
           FROM events e INDEXED BY events_by_merchant
           JOIN webhook_endpoints w ON w.id = ?2 AND w.merchant_id = e.merchant_id AND w.mode = e.mode
           LEFT JOIN webhook_deliveries d ON d.event_seq = e.seq AND d.endpoint_id = w.id
           WHERE e.merchant_id = ?3 AND e.mode = ?4 AND e.created_at_ms >= ?5 AND e.created_at_ms < ?6
             AND e.seq > ?8 AND e.seq <= ?9
             AND w.id <> e.subject AND ${wanted}
           ORDER BY e.seq LIMIT ?7
           ON CONFLICT (event_seq, endpoint_id) DO UPDATE SET ${ANEW}
           RETURNING event_seq, event_id`,
        )
        .bind(
          nowMs,
          endpointId,
          merchantId,
          mode,
          fromMs ?? 0,
          toMs ?? Number.MAX_SAFE_INTEGER,
          REPLAY_MAX,
          walk?.low ?? null,
          walk?.high ?? null,
        ),
      releaseNext(database, endpointId, nowMs),
    ])
    const rows = (queued?.results ?? []) as { readonly event_seq: number; readonly event_id: EventId }[]
    const last = rows.reduce<(typeof rows)[number] | null>(
      (latest, row) => (latest && latest.event_seq > row.event_seq ? latest : row),
      null,
    )
    return {
      queued: rows.length,
      next: last && rows.length === REPLAY_MAX ? last.event_id : (walk?.last ?? null),
      due: releasedTries(released),
    }
  },
})
