import type { DeliveryTry, EventRow } from '../contracts/events.ts'

/** Whether endpoint `w` has asked for events of the kind of `e`. */
export const ASKED_FOR = '(w.event_types IS NULL OR e.type IN (SELECT value FROM json_each(w.event_types)))'

/**
 * Of an endpoint `w`: what is due to it is sent now. Of any other, one that is gone too, nothing is claimed, let go or swept. Its
 * rows stay as they were until the cron moves them (`d1-webhook-settling.ts`), and what is new waits.
 */
export const IS_TOLD = "w.status = 'enabled' AND w.settling = 0"

/**
 * Stores an event and what is to be told of it, for a batch of their own or of others. Once, however often it is run: an
 * endpoint that was made later is not told. The second statement answers with what may be published now (`newDeliveries`).
 * `onlyIf`: an SQL condition on what the batch has done before; `?5` is the event's subject.
 */
export const eventStatements = (
  database: D1Database,
  event: EventRow,
  nowMs: number,
  onlyIf?: string,
): D1PreparedStatement[] => [
  database
    .prepare(
      `INSERT INTO events (id, type, merchant_id, mode, subject, body, created_at_ms)
       ${onlyIf ? `SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7 WHERE ${onlyIf}` : 'VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)'}
       ON CONFLICT (id) DO NOTHING`,
    )
    .bind(event.id, event.type, event.merchantId, event.mode, event.subject, event.body, nowMs),
  database
    .prepare(
      `INSERT INTO webhook_deliveries (event_seq, endpoint_id, event_id, status, due_at_ms, started_at_ms)
       SELECT e.seq, w.id, e.id, iif(${IS_TOLD}, 'pending', 'queued'), iif(${IS_TOLD}, ?, NULL), ?
       FROM events e JOIN webhook_endpoints w ON w.merchant_id = e.merchant_id AND w.mode = e.mode
       WHERE e.id = ? AND w.id <> e.subject AND w.created_at_ms <= e.created_at_ms
         AND ${ASKED_FOR}
       ON CONFLICT (event_seq, endpoint_id) DO NOTHING
       RETURNING endpoint_id, event_id, status`,
    )
    .bind(nowMs, nowMs, event.id),
]

interface NewDelivery {
  readonly endpoint_id: DeliveryTry['endpointId']
  readonly event_id: DeliveryTry['eventId']
  readonly status: string
}

/** The first tries that a batch with `eventStatements` in it made due. A repetition of it makes none. */
export const newDeliveries = (results: readonly D1Result[]): readonly DeliveryTry[] =>
  results
    .flatMap(({ results: rows = [] }) => rows as readonly Partial<NewDelivery>[])
    .filter((row): row is NewDelivery => row.endpoint_id !== undefined && row.status === 'pending')
    .map((row) => ({ eventId: row.event_id, endpointId: row.endpoint_id, round: 1, n: 1 }))
