import type { DeliveryTry, EventType } from '../../../src/contracts/events.ts'
import type { EventDelivery, Owner, WebhookEndpoint } from '../../../src/contracts/webhooks.ts'
import type { EventId, MerchantId, PaymentId, WebhookEndpointId } from '../../../src/domain/ids.ts'
import { database, deliver, forEdge, queue } from './kit.ts'
import { SHOPS_CONTROL, type ShopAnswer, type ShopRequest } from './shop-requests.ts'

let counter = 0
const unique = Math.random().toString(16).slice(2, 10)

export const freshOwner = (): Owner => ({ merchantId: `mer_${unique}_${++counter}` as MerchantId, mode: 'test' })
export const freshEndpointId = (): WebhookEndpointId =>
  `whe_${`${unique}${++counter}`.replace(/[^0-9a-f]/g, '0').padStart(26, '0')}` as WebhookEndpointId
export const freshHost = (word = 'shop'): string => `${word}-${unique}-${++counter}.shops.co.zm`

/** What a shop answers, in order; the last one stays. */
export const answers = async (host: string, list: readonly ShopAnswer[]): Promise<void> => {
  await fetch(`${SHOPS_CONTROL}/?host=${host}`, { method: 'POST', body: JSON.stringify(list) })
}
export const arrived = async (host: string): Promise<ShopRequest[]> =>
  (await fetch(`${SHOPS_CONTROL}/?host=${host}`)).json()

export interface Shop {
  readonly owner: Owner
  readonly host: string
  readonly endpoint: WebhookEndpoint
  readonly secret: string
}

/** An endpoint of a merchant of its own, unless one is given, at a shop that answers as told. */
export const openShop = async (
  list: readonly ShopAnswer[] = [{ status: 204 }],
  given: { readonly owner?: Owner; readonly eventTypes?: readonly EventType[] } = {},
): Promise<Shop> => {
  const owner = given.owner ?? freshOwner()
  const host = freshHost()
  await answers(host, list)
  const created = await forEdge().createWebhookEndpoint({
    ...owner,
    id: freshEndpointId(),
    url: `https://${host}/hook`,
    description: null,
    eventTypes: given.eventTypes ?? null,
  })
  if (created.kind !== 'created') throw new Error(`not created: ${JSON.stringify(created)}`)
  return { owner, host, endpoint: created.endpoint, secret: created.secret }
}

export const eventOf = (paymentId: PaymentId, what = 'succeeded_1'): EventId =>
  `evt_${paymentId.slice(4)}_${what}` as EventId

/** Publications about one endpoint: their tries, and the ids that the queue tells them by. */
export const publishedTo = async (id: WebhookEndpointId) =>
  (await queue.published())
    .filter(({ body }) => body.includes(id))
    .map(({ body, dedupId, settings }) => ({
      one: JSON.parse(body) as DeliveryTry,
      dedupId,
      delay: settings['upstash-delay'] ?? null,
    }))

/** Delivers one try as the queue would. */
export const deliverTry = async (one: DeliveryTry): Promise<string> => {
  const response = await deliver({ v: 1, kind: 'notification', ...one }, 'notification')
  if (response.status !== 200) return String(response.status)
  return response.text()
}

/** Delivers whatever was published to an endpoint and has not been, in order, until nothing more comes. Whatever its delay. */
export const drain = async (id: WebhookEndpointId, done = new Set<string>(), max = 100): Promise<string[]> => {
  const outcomes: string[] = []
  for (let i = 0; i < max; i++) {
    const next = (await publishedTo(id)).find(({ dedupId }) => !done.has(String(dedupId)))
    if (!next) break
    done.add(String(next.dedupId))
    outcomes.push(await deliverTry(next.one))
  }
  return outcomes
}

export const deliveryOf = async (owner: Owner, event: EventId, id: WebhookEndpointId): Promise<EventDelivery> => {
  const found = (await forEdge().event(owner, event))?.deliveries.find(({ endpointId }) => endpointId === id)
  if (!found) throw new Error('no such delivery')
  return found
}

export const endpointNow = async (owner: Owner, id: WebhookEndpointId): Promise<WebhookEndpoint | undefined> =>
  (await forEdge().webhookEndpoints(owner)).find((each) => each.id === id)

/** As if so much time had passed for what an endpoint and its deliveries remember. */
export const age = async (id: WebhookEndpointId, ms: number): Promise<void> => {
  await database.batch([
    database.prepare('UPDATE webhook_endpoints SET failing_since_ms = failing_since_ms - ? WHERE id = ?').bind(ms, id),
    database
      .prepare(
        'UPDATE webhook_deliveries SET started_at_ms = started_at_ms - ?1, due_at_ms = due_at_ms - ?1, lease_until_ms = lease_until_ms - ?1 WHERE endpoint_id = ?2',
      )
      .bind(ms, id),
  ])
}
