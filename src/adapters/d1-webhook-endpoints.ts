import type { DeliveryTry, EventType } from '../contracts/events.ts'
import type { EndpointWish, Owner, WebhookEndpoint } from '../contracts/webhooks.ts'
import type { WebhookEndpointId } from '../domain/ids.ts'
import { OPEN, OPEN_INDEX, releasedTries, releaseNext } from './d1-webhook-deliveries.ts'

/** Every event is written once for each: there must be few. */
export const ENDPOINTS_MAX = 20

export interface EndpointRow {
  readonly id: WebhookEndpointId
  readonly url: string
  readonly description: string | null
  readonly event_types: string | null
  readonly status: 'enabled' | 'disabled'
  readonly disabled_reason: WebhookEndpoint['disabledReason']
  readonly disabled_at_ms: number | null
  readonly secret_version: number
  readonly previous_until_ms: number
  readonly failing_since_ms: number | null
  readonly created_at_ms: number
}

/** As its shop sees it, with the number of its secret. */
export type KeptEndpoint = WebhookEndpoint & { readonly secretVersion: number }

const fromRow = (row: EndpointRow, nowMs: number): KeptEndpoint => ({
  id: row.id,
  url: row.url,
  description: row.description,
  eventTypes: row.event_types === null ? null : (JSON.parse(row.event_types) as EventType[]),
  status: row.status,
  disabledReason: row.disabled_reason,
  disabledAtMs: row.disabled_at_ms,
  previousSecretUntilMs: row.previous_until_ms > nowMs ? row.previous_until_ms : null,
  failingSinceMs: row.failing_since_ms,
  createdAtMs: row.created_at_ms,
  secretVersion: row.secret_version,
})

const OWNED = 'id = ? AND merchant_id = ? AND mode = ?'

/** Endpoints in D1. Every method throws when D1 does not answer; null: there is no such one of this owner's. */
export const createD1WebhookEndpoints = (database: D1Database) => {
  const find = async ({ merchantId, mode }: Owner, id: WebhookEndpointId, nowMs: number) => {
    const row = await database
      .prepare(`SELECT * FROM webhook_endpoints WHERE ${OWNED}`)
      .bind(id, merchantId, mode)
      .first<EndpointRow>()
    return row && fromRow(row, nowMs)
  }
  return {
    find,
    async list({ merchantId, mode }: Owner, nowMs: number): Promise<readonly KeptEndpoint[]> {
      const { results } = await database
        .prepare('SELECT * FROM webhook_endpoints WHERE merchant_id = ? AND mode = ? ORDER BY created_at_ms, id')
        .bind(merchantId, mode)
        .all<EndpointRow>()
      return results.map((row) => fromRow(row, nowMs))
    },
    /**
     * Idempotent by id: what was stored first is what it answers. One that was removed and is made again goes on with the next
     * secret: the one before may have been removed because it leaked. Null: there are as many as there may be.
     */
    async create(wish: EndpointWish, nowMs: number): Promise<KeptEndpoint | null> {
      const { id, merchantId, mode, url, description, eventTypes } = wish
      await database
        .prepare(
          `INSERT INTO webhook_endpoints
             (id, merchant_id, mode, url, description, event_types, created_at_ms, secret_version, times_disabled)
           SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7,
             coalesce((SELECT secret_version FROM removed_webhook_endpoints WHERE id = ?1), 0) + 1,
             coalesce((SELECT times_disabled FROM removed_webhook_endpoints WHERE id = ?1), 0)
           WHERE (SELECT count(*) FROM webhook_endpoints WHERE merchant_id = ?2 AND mode = ?3) < ?8
           ON CONFLICT (id) DO NOTHING`,
        )
        .bind(id, merchantId, mode, url, description, eventTypes && JSON.stringify(eventTypes), nowMs, ENDPOINTS_MAX)
        .run()
      return find(wish, id, nowMs)
    },
    /** With everything that was on its way to it. */
    async remove({ merchantId, mode }: Owner, id: WebhookEndpointId): Promise<boolean> {
      const [, removed] = await database.batch([
        database
          .prepare(
            `INSERT INTO removed_webhook_endpoints (id, secret_version, times_disabled)
             SELECT id, secret_version, times_disabled FROM webhook_endpoints WHERE ${OWNED}
             ON CONFLICT (id) DO UPDATE SET secret_version = excluded.secret_version, times_disabled = excluded.times_disabled`,
          )
          .bind(id, merchantId, mode),
        database.prepare(`DELETE FROM webhook_endpoints WHERE ${OWNED} RETURNING id`).bind(id, merchantId, mode),
        database
          .prepare(
            `DELETE FROM ${OPEN_INDEX} WHERE endpoint_id = ?1 AND ${OPEN}
             AND NOT EXISTS (SELECT 1 FROM webhook_endpoints WHERE id = ?1)`,
          )
          .bind(id),
      ])
      return (removed?.results.length ?? 0) > 0
    },
    async rotate(owner: Owner, id: WebhookEndpointId, overlapMs: number, nowMs: number): Promise<KeptEndpoint | null> {
      const row = await database
        .prepare(
          `UPDATE webhook_endpoints SET secret_version = secret_version + 1, previous_until_ms = ? WHERE ${OWNED}
           RETURNING *`,
        )
        .bind(nowMs + overlapMs, id, owner.merchantId, owner.mode)
        .first<EndpointRow>()
      return row && fromRow(row, nowMs)
    },
    /** What was held is queued in the order of the events, and the first of it is due. */
    async enable(
      owner: Owner,
      id: WebhookEndpointId,
      nowMs: number,
    ): Promise<{ readonly endpoint: KeptEndpoint; readonly due: readonly DeliveryTry[] } | null> {
      const [enabled, , released] = await database.batch([
        database
          .prepare(
            `UPDATE webhook_endpoints SET status = 'enabled', disabled_reason = NULL, disabled_at_ms = NULL,
               failing_since_ms = NULL WHERE ${OWNED} RETURNING *`,
          )
          .bind(id, owner.merchantId, owner.mode),
        database
          .prepare(
            `UPDATE ${OPEN_INDEX} SET status = 'queued', round = round + 1, try = 1, lease_until_ms = 0
             WHERE endpoint_id = ?1 AND ${OPEN} AND status = 'held'
               AND EXISTS (SELECT 1 FROM webhook_endpoints WHERE id = ?1 AND status = 'enabled')`,
          )
          .bind(id),
        releaseNext(database, id, nowMs),
      ])
      const row = enabled?.results[0] as EndpointRow | undefined
      return row ? { endpoint: fromRow(row, nowMs), due: releasedTries(released) } : null
    },
  }
}
