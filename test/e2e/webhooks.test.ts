import { once } from 'node:events'
import { createServer } from 'node:net'
import { DatabaseSync } from 'node:sqlite'
import { Webhook } from 'standardwebhooks'
import { afterAll, describe, expect, it } from 'vitest'
import { createReceiver } from '../../examples/webhook-receiver/receiver.ts'
import { createWebhookSender } from '../../src/adapters/webhook-send.ts'
import { startFaultProxy } from '../crash/fault-proxy.ts'
import { type Arrived, type Handled, type Reply, serve } from '../emulators/kit/server.ts'
import { type Answer, eventually, freshKey, json, order, useStack } from './fixture.ts'

const lango = useStack()
const MINUTE_MS = 60_000

const call = async (method: string, path: string, body?: unknown): Promise<Answer> =>
  json(
    await fetch(`${lango.stack.edgeUrl}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${lango.stack.secretKey}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    }),
  )

const closers: (() => Promise<unknown>)[] = []
afterAll(async () => {
  for (const close of closers) await close()
})

interface Endpoint {
  readonly id: string
  readonly secret: string
  readonly requests: Arrived[]
  /** From now on. */
  answer(reply: Handled, times?: number): void
  /** What was signed with its secret and verified by the published library. */
  verified(): readonly { readonly id: string; readonly type: string; readonly payment: string }[]
}

const APPLIED: Reply = { status: 200, headers: { 'content-type': 'application/json' }, body: '{"applied":true}' }

/** A shop on loopback, registered for these events; `through`: where its endpoint is said to be. */
const openShop = async (
  events: readonly string[],
  first: Handled = APPLIED,
  through: (url: string) => Promise<string> = async (url) => url,
): Promise<Endpoint> => {
  let usual = first
  let next: { reply: Handled; times: number } | undefined
  const requests: Arrived[] = []
  const shop = await serve({
    name: 'a shop',
    port: 0,
    portVariable: 'none',
    handle: (arrived) => {
      requests.push(arrived)
      if (next && next.times > 0) {
        next.times -= 1
        return next.reply
      }
      return usual
    },
  })
  closers.push(() => shop.close())
  const { status, body } = await call('POST', '/v1/webhook-endpoints', {
    url: `${await through(shop.url)}/hook`,
    events,
  })
  expect([status, body]).toEqual([201, expect.objectContaining({ secret: expect.stringMatching(/^whsec_/) })])
  closers.push(() => call('DELETE', `/v1/webhook-endpoints/${body.id}`))
  const webhook = new Webhook(body.secret)
  return {
    id: body.id,
    secret: body.secret,
    requests,
    answer: (reply, times) => {
      if (times === undefined) usual = reply
      else next = { reply, times }
    },
    verified: () =>
      requests.map(({ body: bytes, headers }) => {
        const event = webhook.verify(bytes.toString(), { ...headers }) as { type: string; data: { id: string } }
        return { id: headers['webhook-id'] ?? '', type: event.type, payment: event.data.id }
      }),
  }
}

const paid = async (): Promise<string> => {
  const { body } = await lango.pay(order())
  await lango.until(body.id, ({ fulfilment }) => fulfilment.status === 'fulfilled')
  return body.id
}
const failed = async (): Promise<string> => {
  const { body } = await lango.pay(order({ phoneNumber: '260763456039' }))
  await lango.until(body.id, ({ status }) => status === 'failed')
  return body.id
}
const eventOf = (payment: string, what: string) => `evt_${payment.slice(4)}_${what}`
const deliveryTo = async ({ id }: Endpoint, event: string) =>
  (await call('GET', `/v1/events/${event}`)).body.deliveries.find(
    (each: { endpointId: string }) => each.endpointId === id,
  )
const until = (endpoint: Endpoint, event: string, status: string, tries?: number) =>
  eventually(async () => {
    const delivery = await deliveryTo(endpoint, event)
    return delivery?.status === status && (tries === undefined || delivery.tries === tries) && delivery
  })

it('T48: a shop on loopback is told what was paid and what failed, signed, and says that it has applied it', async () => {
  const shop = await openShop(['payment.succeeded', 'payment.failed'])
  const [yes, no] = [await paid(), await failed()]
  const [told, refused] = [eventOf(yes, 'succeeded_1'), eventOf(no, 'failed_1')]
  await until(shop, told, 'applied')
  await until(shop, refused, 'applied')
  expect(shop.verified()).toEqual(
    expect.arrayContaining([
      { id: told, type: 'payment.succeeded', payment: yes },
      { id: refused, type: 'payment.failed', payment: no },
    ]),
  )
  shop.answer({ status: 200 })
  await until(shop, eventOf(await paid(), 'succeeded_1'), 'unconfirmed')
  const { body } = await call('GET', '/v1/events?limit=100')
  const mine = body.events.flatMap((event: { deliveries: { endpointId: string; status: string }[] }) =>
    event.deliveries.filter(({ endpointId }) => endpointId === shop.id).map(({ status }) => status),
  )
  expect(mine.toSorted()).toEqual(['applied', 'applied', 'unconfirmed'])
  // Nothing of it is in what the queue was given but ids.
  const published = lango.stack.qstash.published().map((message) => JSON.stringify(message))
  expect(published.some((text) => text.includes(shop.id))).toBe(true)
  expect(published.filter((text) => text.includes('whsec_') || text.includes('260763456'))).toEqual([])
})

describe('T46: a shop', () => {
  it('that sends us elsewhere is not followed, and tried again', async () => {
    const shop = await openShop(['payment.succeeded'])
    shop.answer({ status: 301, headers: { location: 'http://127.0.0.1:1/' } }, 1)
    const event = eventOf(await paid(), 'succeeded_1')
    await until(shop, event, 'pending', 1)
    expect(await deliveryTo(shop, event)).toMatchObject({ lastStatus: 301 })
    await lango.stack.qstash.advance(6_000)
    await until(shop, event, 'applied')
    expect(shop.verified().map(({ id }) => id)).toEqual([event, event])
  })

  it('that is busy is asked again when it says', async () => {
    const shop = await openShop(['payment.succeeded'])
    shop.answer({ status: 429, headers: { 'retry-after': '120' } }, 1)
    const event = eventOf(await paid(), 'succeeded_1')
    await until(shop, event, 'pending', 1)
    await lango.stack.qstash.advance(100_000)
    await lango.stack.qstash.idle()
    expect(shop.requests).toHaveLength(1)
    await lango.stack.qstash.advance(30_000)
    await until(shop, event, 'applied')
  })

  it('that takes its time is waited for', async () => {
    const shop = await openShop(['payment.succeeded'], {
      ...APPLIED,
      drip: { chunkBytes: 4, everyMs: 500 },
    })
    await until(shop, eventOf(await paid(), 'succeeded_1'), 'applied')
    expect(shop.requests).toHaveLength(1)
  })

  it('that has no address on the Internet, or is us, is not registered', async () => {
    const urls = [
      'http://10.0.0.1/',
      'https://127.0.0.1/',
      'https://shop.internal/',
      `${lango.stack.edgeUrl}/v1/payments`,
    ]
    for (const url of [...urls, `${lango.stack.consumerUrl}/deliveries/callback`]) {
      const { status, body } = await call('POST', '/v1/webhook-endpoints', { url })
      expect([url, status, body.errors?.[0]?.field]).toEqual([url, 400, 'url'])
    }
  })

  it('behind a network that breaks gets it all the same, under one id', async () => {
    let proxy: Awaited<ReturnType<typeof startFaultProxy>> | undefined
    const shop = await openShop(['payment.succeeded'], APPLIED, async (target) => {
      proxy = await startFaultProxy({ target })
      closers.push(() => (proxy as NonNullable<typeof proxy>).close())
      return proxy.url
    })
    // Delivered, and the answer lost: the shop has it, we cannot know, so it comes again.
    proxy?.set({ kind: 'reset_after' }, 1)
    const event = eventOf(await paid(), 'succeeded_1')
    await until(shop, event, 'pending', 1)
    expect(await deliveryTo(shop, event)).toMatchObject({ lastError: 'connection' })
    proxy?.set({ kind: 'reset_before' }, 1)
    await lango.stack.qstash.advance(6_000)
    await until(shop, event, 'pending', 2)
    proxy?.set(null)
    await lango.stack.qstash.advance(6 * MINUTE_MS)
    await until(shop, event, 'applied')
    expect(shop.verified().map(({ id }) => id)).toEqual([event, event])
  })

  it('whose TLS is none is a failed try, and no crash', async () => {
    const server = createServer((socket) => socket.end('HTTP/1.1 400 this is no TLS\r\n\r\n'))
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const { port } = server.address() as { port: number }
    const send = createWebhookSender(() => Date.now())
    expect(await send(new URL(`https://127.0.0.1:${port}/`), {}, '{}')).toEqual({ kind: 'failed', why: 'connection' })
    server.close()
  })
})

it('T47: a shop that says 410 is told nothing more; enabled again it gets everything since, in order', async () => {
  const shop = await openShop(['payment.succeeded'], { status: 410 })
  const other = await openShop(['webhook_endpoint.disabled'])
  const events = [eventOf(await paid(), 'succeeded_1')]
  await until(shop, events[0] ?? '', 'held')
  for (let i = 0; i < 2; i++) events.push(eventOf(await paid(), 'succeeded_1'))
  for (const event of events) await until(shop, event, 'held')
  expect(shop.requests).toHaveLength(1)
  expect((await call('GET', `/v1/webhook-endpoints/${shop.id}`)).body).toMatchObject({
    status: 'disabled',
    disabledReason: 'gone',
  })
  expect(lango.logs.some((line) => line.includes('webhook_endpoint_disabled') && line.includes(shop.id))).toBe(true)
  await eventually(() => other.requests.length > 0)
  expect(other.verified()).toEqual([expect.objectContaining({ type: 'webhook_endpoint.disabled', payment: shop.id })])
  shop.answer(APPLIED)
  expect((await call('POST', `/v1/webhook-endpoints/${shop.id}/enable`)).body.status).toBe('enabled')
  for (const event of events) await until(shop, event, 'applied')
  expect(shop.verified().map(({ id }) => id)).toEqual([events[0], ...events])
})

it('the example receiver takes real deliveries, refuses others, and fulfils once whatever comes twice', async () => {
  const database = new DatabaseSync(':memory:')
  let receiver: ReturnType<typeof createReceiver> | undefined
  const taken: { headers: Record<string, string>; body: string }[] = []
  const post = async (headers: Record<string, string>, body: string) =>
    (receiver as NonNullable<typeof receiver>).request('/hooks/lango', { method: 'POST', headers, body })
  const shop = await serve({
    name: 'the example',
    port: 0,
    portVariable: 'none',
    handle: async ({ headers, body }) => {
      taken.push({ headers: { ...headers }, body: body.toString() })
      const response = await post({ ...headers }, body.toString())
      return { status: response.status, headers: { 'content-type': 'application/json' }, body: await response.text() }
    },
  })
  closers.push(() => shop.close())
  const made = await call('POST', '/v1/webhook-endpoints', { url: `${shop.url}/hooks/lango` })
  closers.push(() => call('DELETE', `/v1/webhook-endpoints/${made.body.id}`))
  receiver = createReceiver(made.body.secret, database)

  const body = order({ phoneNumber: '260763456039' })
  const open = database.prepare('INSERT INTO shop_orders (invoice, amount, currency) VALUES (?, ?, ?)')
  open.run(String(body['invoice']), '15.50', 'ZMW')
  const first = await lango.pay(body)
  await lango.until(first.body.id, ({ status }) => status === 'failed')
  await lango.pay({ ...body, phoneNumber: '260763456789' }, { 'idempotency-key': freshKey() })
  await lango.until(first.body.id, ({ fulfilment }) => fulfilment.status === 'fulfilled')
  const event = eventOf(first.body.id, 'succeeded_2')
  const endpoint = { id: made.body.id } as Endpoint
  await until(endpoint, event, 'applied')
  await until(endpoint, eventOf(first.body.id, 'failed_1'), 'applied')

  const rows = () =>
    database
      .prepare('SELECT invoice, amount, status FROM shop_orders')
      .all()
      .map((row) => ({ ...row }))
  const mine = { invoice: body['invoice'], amount: '15.50', status: 'paid' }
  expect(rows()).toEqual([mine])
  // The same delivery a hundred times, and by hand once more.
  const last = taken.find(({ headers }) => headers['webhook-id'] === event)
  if (!last) throw new Error('it was not taken')
  for (let i = 0; i < 100; i++) expect(await (await post(last.headers, last.body)).json()).toEqual({ applied: true })
  const before = taken.length
  expect((await call('POST', `/v1/events/${event}/replay`, { endpointId: made.body.id })).status).toBe(202)
  await eventually(() => taken.length > before)
  expect(taken.at(-1)?.headers['webhook-id']).toBe(event)
  expect(rows()).toEqual([mine])
  expect(database.prepare('SELECT count(*) AS n FROM webhooks_seen').get()).toEqual({ n: 2 })
  // What nobody signed, what was changed, and what is old.
  const old = { ...last.headers, 'webhook-timestamp': String(Math.floor(Date.now() / 1000) - 3_600) }
  for (const [headers, text] of [
    [{}, last.body],
    [last.headers, last.body.replace('15.50', '1.50')],
    [{ ...last.headers, 'webhook-id': `${event}x` }, last.body],
    [old, last.body],
  ] as const)
    expect((await post(headers, text)).status).toBe(400)
  expect(rows()).toEqual([mine])

  // Somebody paid another price for an order, and something that the shop never sold.
  const dear = order({})
  open.run(String(dear['invoice']), '99.00', 'ZMW')
  for (const wrong of [dear, order({})]) {
    const { id } = (await lango.pay(wrong)).body
    await lango.until(id, ({ fulfilment }) => fulfilment.status === 'fulfilled')
    await until(endpoint, eventOf(id, 'succeeded_1'), 'applied')
  }
  expect(rows()).toEqual([mine, { invoice: dear['invoice'], amount: '99.00', status: 'open' }])
})
