import type { DeliveryTry, EventType } from '../contracts/events.ts'
import type { EndpointWish, Owner, WebhookEndpoint } from '../contracts/webhooks.ts'
import type { WebhookEndpointId } from '../domain/ids.ts'
import { releasedTries } from './d1-webhook-deliveries.ts'
import { clearStatements, settleStatements } from './d1-webhook-settling.ts'

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
     * secret: the one before may have been removed because it leaked; and not before all is gone that was on its way to it,
     * which throws until then. Null: there are as many as there may be.
     */
    async create(wish: EndpointWish, nowMs: number): Promise<KeptEndpoint | null> {
      const { id, merchantId, mode, url, description, eventTypes } = wish
      const results = await database.batch([
        ...clearStatements(database, id),
        database
          .prepare(
            `INSERT INTO webhook_endpoints
               (id, merchant_id, mode, url, description, event_types, created_at_ms, secret_version, times_disabled)
             SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7,
               coalesce((SELECT secret_version FROM removed_webhook_endpoints WHERE id = ?1), 0) + 1,
               coalesce((SELECT times_disabled FROM removed_webhook_endpoints WHERE id = ?1), 0)
             WHERE (SELECT count(*) FROM webhook_endpoints WHERE merchant_id = ?2 AND mode = ?3) < ?8
               AND NOT EXISTS (SELECT 1 FROM removed_webhook_endpoints WHERE id = ?1 AND clearing = 1)
             ON CONFLICT (id) DO NOTHING`,
          )
          .bind(id, merchantId, mode, url, description, eventTypes && JSON.stringify(eventTypes), nowMs, ENDPOINTS_MAX),
        database.prepare('SELECT 1 FROM removed_webhook_endpoints WHERE id = ? AND clearing = 1').bind(id),
      ])
      if ((results.at(-1)?.results.length ?? 0) > 0) throw new Error('what was on its way to it is still being deleted')
      return find(wish, id, nowMs)
    },
    /**
     * With a portion of what was on its way to it. The rest is nobody's from then, and deleted by the cron. Counted as once more
     * disabled: what is still under way to it is no answer of one that is made again under its id.
     */
    async remove({ merchantId, mode }: Owner, id: WebhookEndpointId): Promise<boolean> {
      const [, removed] = await database.batch([
        database
          .prepare(
            `INSERT INTO removed_webhook_endpoints (id, secret_version, times_disabled, clearing)
             SELECT id, secret_version, times_disabled + 1, 1 FROM webhook_endpoints WHERE ${OWNED}
             ON CONFLICT (id) DO UPDATE SET secret_version = excluded.secret_version, times_disabled = excluded.times_disabled,
               clearing = 1`,
          )
          .bind(id, merchantId, mode),
        database.prepare(`DELETE FROM webhook_endpoints WHERE ${OWNED} RETURNING id`).bind(id, merchantId, mode),
        ...clearStatements(database, id),
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
    /**
     * What was held goes on in the order of the events, and the first of it is due, or will be once all that was on its way when
     * it was disabled is queued: a portion here, the rest by the cron.
     */
    async enable(
      owner: Owner,
      id: WebhookEndpointId,
      nowMs: number,
    ): Promise<{ readonly endpoint: KeptEndpoint; readonly due: readonly DeliveryTry[] } | null> {
      const results = await database.batch([
        database
          .prepare(
            `UPDATE webhook_endpoints SET status = 'enabled', disabled_reason = NULL, disabled_at_ms = NULL,
               failing_since_ms = NULL, settling = iif(status = 'disabled', 1, settling) WHERE ${OWNED} RETURNING *`,
          )
          .bind(id, owner.merchantId, owner.mode),
        ...settleStatements(database, id, nowMs, Number.MAX_SAFE_INTEGER),
      ])
      const row = results[0]?.results[0] as EndpointRow | undefined
      return row ? { endpoint: fromRow(row, nowMs), due: releasedTries(results.at(-1)) } : null
    },
  }
}
