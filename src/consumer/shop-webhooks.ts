import { createD1EventLog } from '../adapters/d1-event-log.ts'
import { createD1WebhookEndpoints, ENDPOINTS_MAX, type KeptEndpoint } from '../adapters/d1-webhook-endpoints.ts'
import type { Resolve } from '../adapters/dns-over-https.ts'
import type { DeliveryTry } from '../contracts/events.ts'
import type { EndpointWish, UrlRefusal, WebhookEndpoint, WebhooksForEdge } from '../contracts/webhooks.ts'
import { err, ok, type Result } from '../domain/result.ts'
import type { WebhookSecret } from '../flows/webhook-secret.ts'
import { checkWebhookUrl, isPublicAddress, type UrlPolicy } from '../flows/webhook-url.ts'
import { describeError, log } from './log.ts'

export interface ShopWebhooksDeps {
  readonly database: D1Database
  readonly secret: WebhookSecret
  readonly policy: UrlPolicy
  readonly resolve: Resolve
  /** Never throws. */
  readonly notify: (tries: readonly DeliveryTry[]) => Promise<unknown>
  readonly nowMs: () => number
}

const shown = ({ secretVersion: _, ...endpoint }: KeptEndpoint): WebhookEndpoint => endpoint

/** Whether the name leads to public addresses, and only to such, now. That it still does later, nobody can promise. */
const checkAddresses = async (url: URL, resolve: Resolve): Promise<Result<URL, UrlRefusal | 'unresolved'>> => {
  if (url.protocol === 'http:') return ok(url) // Loopback, in development.
  let addresses: readonly string[]
  try {
    addresses = await resolve(url.hostname)
  } catch (error) {
    log({ event: 'dns_failed', error: describeError(error) })
    return err('unresolved')
  }
  if (addresses.length === 0) return err('no_address')
  return addresses.every(isPublicAddress) ? ok(url) : err('not_public')
}

/**
 * A repeated request whose answer was lost comes soon. Later it is somebody in the edge who asks for endpoints that it has
 * seen listed: with the secret of a live one it could tell its shop that anything was paid.
 */
const SECRET_TOLD_MS = 3_600_000

const differs = (kept: WebhookEndpoint, wish: EndpointWish): 'url' | 'description' | 'events' | undefined => {
  if (kept.url !== wish.url) return 'url'
  if (kept.description !== wish.description) return 'description'
  return JSON.stringify(kept.eventTypes) === JSON.stringify(wish.eventTypes) ? undefined : 'events'
}

/** Endpoints and events of shops, as the edge asks for them. */
export const createShopWebhooks = (deps: ShopWebhooksDeps): WebhooksForEdge => {
  const { nowMs, notify } = deps
  const endpoints = createD1WebhookEndpoints(deps.database)
  const events = createD1EventLog(deps.database)
  return {
    async createWebhookEndpoint(given) {
      const url = checkWebhookUrl(given.url, deps.policy)
      if (!url.ok) return { kind: 'refused', why: url.error }
      const checked = await checkAddresses(url.value, deps.resolve)
      if (!checked.ok)
        return checked.error === 'unresolved' ? { kind: 'unresolved' } : { kind: 'refused', why: checked.error }
      const wish = { ...given, url: url.value.href }
      const kept = await endpoints.create(wish, nowMs())
      if (!kept) return { kind: 'too_many', max: ENDPOINTS_MAX }
      const field = differs(kept, wish)
      if (field) return { kind: 'mismatch', field }
      if (given.mode === 'live' && nowMs() - kept.createdAtMs > SECRET_TOLD_MS)
        return { kind: 'secret_told', endpointId: kept.id }
      return { kind: 'created', endpoint: shown(kept), secret: await deps.secret(kept.id, kept.secretVersion) }
    },
    async webhookEndpoints(owner) {
      return (await endpoints.list(owner, nowMs())).map(shown)
    },
    deleteWebhookEndpoint: (owner, id) => endpoints.remove(owner, id),
    async rotateWebhookSecret(owner, id, overlapMs) {
      const kept = await endpoints.rotate(owner, id, overlapMs, nowMs())
      return kept && { endpoint: shown(kept), secret: await deps.secret(id, kept.secretVersion) }
    },
    async enableWebhookEndpoint(owner, id) {
      const enabled = await endpoints.enable(owner, id, nowMs())
      if (!enabled) return null
      await notify(enabled.due)
      return shown(enabled.endpoint)
    },
    async replayToWebhookEndpoint(owner, id, range) {
      if (!(await endpoints.find(owner, id, nowMs()))) return null
      const replayed = await events.replayRange(owner, id, range, nowMs())
      if (!replayed) return { queued: 0, next: null, unknownAfter: true }
      const { queued, next, due } = replayed
      await notify(due)
      return { queued, next }
    },
    events: (query) => events.list(query),
    event: (owner, id) => events.find(owner, id),
    async replayEvent(owner, id, endpointId) {
      if (endpointId && !(await endpoints.find(owner, endpointId, nowMs()))) return null
      if (!(await events.find(owner, id))) return null
      const replayed = await events.replay(owner, id, endpointId, nowMs())
      await notify(replayed.due)
      return replayed.endpoints
    },
  }
}
