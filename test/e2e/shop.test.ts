import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { freePort } from '../../scripts/stack/ports.ts'
import { createRandom } from '../chaos/random.ts'
import { type Answer, eventually, freshKey, json, useStack } from './fixture.ts'

const lango = useStack()
const ORDERS = 12
const KILLS = 8
const MINUTE_MS = 60_000

let port: number
let database: string
let shop: ChildProcess | undefined

/** The shop as `npm start` runs it, on the same port and database each time. Resolves once it serves. */
const openShop = async (): Promise<void> => {
  const child = spawn(process.execPath, ['--conditions=lango-source', 'examples/shop/server.ts'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      LANGO_URL: lango.stack.edgeUrl,
      LANGO_KEY: lango.stack.secretKey,
      LANGO_SHOP_PORT: String(port),
      LANGO_SHOP_DATABASE: database,
    },
  })
  shop = child
  let said = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      said += chunk.toString()
    })
  await eventually(() => {
    if (child.exitCode !== null) throw new Error(`the shop ended: ${said}`)
    return said.includes('The shop is open')
  })
}
/** No farewell: what it was doing is left where it was. */
const killShop = async (): Promise<void> => {
  const child = shop
  shop = undefined
  if (!child || child.exitCode !== null) return
  const gone = once(child, 'exit')
  child.kill('SIGKILL')
  await gone
}

const at = (target: string): string => `http://127.0.0.1:${port}${target}`
const buy = (product: string): Promise<Response> =>
  fetch(at('/buy'), { method: 'POST', body: new URLSearchParams({ product }), redirect: 'manual' })
const page = async (target: string): Promise<string> => (await fetch(at(target))).text()
const invoices = (): { id: string; status: string; parcels: number }[] => {
  const reader = new DatabaseSync(database, { readOnly: true })
  try {
    return reader
      .prepare(
        'SELECT id, status, (SELECT count(*) FROM parcels WHERE order_id = id) AS parcels FROM orders ORDER BY rowid',
      )
      .all() as unknown as { id: string; status: string; parcels: number }[]
  } finally {
    reader.close()
  }
}
const payFor = (invoice: string, phoneNumber = '260763456789', amount = '120.00') =>
  lango.pay({ sessionId: 'customer', invoice, amount, currency: 'ZMW', phoneNumber }, { 'idempotency-key': freshKey() })

const buyAndPay = async (): Promise<string> => {
  await buy('chitenge')
  const order = invoices().at(-1)?.id ?? ''
  await payFor(order)
  return order
}

const call = async (method: string, target: string, body?: object): Promise<Answer> =>
  json(
    await fetch(`${lango.stack.edgeUrl}${target}`, {
      method,
      headers: { authorization: `Bearer ${lango.stack.secretKey}`, 'content-type': 'application/json' },
      ...(body ? { body: JSON.stringify(body) } : {}),
    }),
  )
/** All that ever happened goes to the shop's one endpoint again. */
const tellAgain = async (): Promise<void> => {
  const { webhookEndpoints } = (await call('GET', '/v1/webhook-endpoints')).body
  expect(webhookEndpoints).toHaveLength(1)
  const { status } = await call('POST', `/v1/webhook-endpoints/${webhookEndpoints[0].id}/replay`, { include: 'all' })
  expect(status).toBe(202)
}

beforeAll(async () => {
  port = await freePort()
  database = path.join(lango.stack.stateDir, 'shop.sqlite')
  await openShop()
})
afterAll(killShop)

it('sells: an order, its checkout, the payment, the parcel; and tells the customer', async () => {
  expect(await page('/')).toContain('Chitenge, 2 m')
  const sold = await buy('chitenge')
  expect(sold.status).toBe(303)
  const checkout = sold.headers.get('location') ?? ''
  expect(checkout).toMatch(new RegExp(`^${lango.stack.edgeUrl}/c/`))
  expect((await fetch(checkout)).status).toBe(200)
  const order = invoices().at(-1)?.id ?? ''
  expect(await page(`/orders/${order}`)).toContain('waiting for the payment')
  const { body } = await payFor(order)
  await lango.until(body.id, ({ status }) => status === 'succeeded')
  await eventually(async () => (await page(`/orders/${order}`)).includes('Parcels packed: 1.'))
  expect(await page('/orders')).toContain(order)
})

it('tells of a payment that failed, and takes the one that follows', async () => {
  await buy('chitenge')
  const order = invoices().at(-1)?.id ?? ''
  await payFor(order, '260763456039')
  await eventually(async () => (await page(`/orders/${order}`)).includes('not paid'))
  await payFor(order)
  await eventually(async () => (await page(`/orders/${order}`)).includes('Parcels packed: 1.'))
})

it('packs nothing for another amount than the order costs', async () => {
  await buy('chitenge')
  const order = invoices().at(-1)?.id ?? ''
  const { body } = await payFor(order, '260763456789', '1.20')
  await eventually(async () => {
    const { events } = (await call('GET', '/v1/events?type=payment.succeeded&limit=100')).body
    return events.some(({ data }: { data: { id: string } }) => data.id === body.id)
  })
  await tellAgain()
  const next = await buyAndPay()
  await eventually(() => invoices().find(({ id }) => id === next)?.parcels === 1)
  expect(invoices().find(({ id }) => id === order)).toEqual({ id: order, status: 'open', parcels: 0 })
})

it('refuses what Lango did not sign, and knows no other product or order', async () => {
  const forged = await fetch(at('/hooks/lango'), {
    method: 'POST',
    headers: {
      'webhook-id': 'evt_1',
      'webhook-timestamp': String(Math.floor(Date.now() / 1000)),
      'webhook-signature': 'v1,AAAA',
    },
    body: '{"type":"payment.succeeded","timestamp":"","data":{}}',
  })
  expect([forged.status, await forged.json()]).toEqual([400, { error: 'wrong_signature' }])
  expect([(await buy('gold')).status, (await fetch(at('/orders/ORD-1'))).status]).toEqual([404, 404])
})

it(`its server killed ${KILLS} times at random fulfils each of ${ORDERS} orders once`, {
  timeout: 240_000,
}, async () => {
  const seed = process.env['LANGO_SEED'] ?? String(Date.now())
  const random = createRandom(seed)
  for (let i = 0; i < ORDERS; i++) await buy('chitenge')
  const orders = invoices()
    .slice(-ORDERS)
    .map(({ id }) => id)
  const customers = orders.map(async (order) => {
    await sleep(random.between(0, 3_000))
    const { status } = await payFor(order)
    expect([200, 201, 202]).toContain(status)
  })
  for (let i = 0; i < KILLS; i++) {
    await sleep(random.between(20, 500))
    await killShop()
    await sleep(random.between(0, 200))
    await openShop()
    await tellAgain()
  }
  await Promise.all(customers)

  const outcome = () => invoices().filter(({ id }) => orders.includes(id))
  await eventually(async () => {
    // What found the shop closed comes again after 5 s, 5 min, 30 min.
    await lango.stack.qstash.advance(10 * MINUTE_MS)
    return outcome().every(({ status }) => status === 'paid')
  }, 90_000)
  // Once more, all of it: a shop that has it already packs nothing.
  await tellAgain()
  await lango.stack.qstash.idle()
  await lango.stack.qstash.advance(MINUTE_MS)
  expect({ seed, orders: outcome() }).toEqual({
    seed,
    orders: orders.map((id) => ({ id, status: 'paid', parcels: 1 })),
  })
})
