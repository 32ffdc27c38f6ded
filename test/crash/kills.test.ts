import { afterAll, expect, it } from 'vitest'
import type { FailPoint } from '../../src/domain/fail-point.ts'
import { eventually, freshKey, useStack } from '../e2e/fixture.ts'
import { json, serve } from '../emulators/kit/server.ts'
import { startFailPoints } from './fail-points.ts'
import { recording } from './recording.ts'

/** 200 kills and 1,000 orders in full runs: too slow for every push. */
const KILLS = Number(process.env['LANGO_KILLS'] ?? 10)
const ORDERS = Number(process.env['LANGO_KILL_ORDERS'] ?? 50)
const MINUTE = 60_000

/** Of the consumer and the objects that it hosts, in the order of a payment's life. */
const WALKED: readonly FailPoint[] = [
  'object_decided',
  'object_durable',
  'object_sent',
  'object_recorded',
  'delivery_verified',
  'delivery_applied',
  'delivery_posted',
  'delivery_marked',
]
/** Only come by when no callback does: the object asks, and hands over what it finds. */
const ASKED: readonly FailPoint[] = ['object_polling', 'object_polled', 'outbox_publishing', 'outbox_published']
const POINTS: readonly FailPoint[] = [...WALKED, ...ASKED]

const points = await startFailPoints()
const lango = useStack({ failPoints: points.url })
afterAll(() => points.close())
const recorded = recording(lango)

/** Events as one endpoint of the shop saw them: payment → ids. */
const openShop = async () => {
  const seen = new Map<string, string[]>()
  const shop = await serve({
    name: 'a shop',
    port: 0,
    portVariable: 'none',
    handle: ({ headers, body }) => {
      const event = JSON.parse(body.toString()) as { type: string; data: { id: string } }
      const ids = seen.get(event.data.id) ?? []
      if (event.type === 'payment.succeeded') seen.set(event.data.id, [...ids, headers['webhook-id'] ?? 'none'])
      return json(200, { applied: true })
    },
  })
  afterAll(() => shop.close())
  const response = await fetch(`${lango.stack.edgeUrl}/v1/webhook-endpoints`, {
    method: 'POST',
    headers: { authorization: `Bearer ${lango.stack.secretKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ url: `${shop.url}/hook`, events: ['payment.succeeded'] }),
  })
  expect(response.status).toBe(201)
  return seen
}

interface Order {
  readonly body: Record<string, unknown>
  readonly key: string
}

/** A shop that asks with the same key until it is answered, whatever dies meanwhile. */
const pay = async ({ body, key }: Order): Promise<string> => {
  const answer = await eventually(async () => {
    const told = await recorded.recorder.pay(body, { 'idempotency-key': key })
    return [200, 201, 202].includes(told.status) && told
  }, 60_000)
  return answer.body.id
}

const statusOf = async (id: string) => (await recorded.recorder.get(id)).body

it('T05 T06 T40 T41 T50: workerd is killed again and again at named points; every order is fulfilled, posted and told once', {
  timeout: 120_000 + KILLS * 15_000 + ORDERS * 1_000,
}, async () => {
  const told = await openShop()
  const orders = Array.from({ length: ORDERS }, (): Order => ({ body: recorded.request(), key: freshKey() }))
  const perKill = Math.floor(ORDERS / KILLS)
  const pids = new Set<number>()
  const killedAt: Record<string, number> = {}

  for (let kill = 0; kill < KILLS; kill++) {
    const point = POINTS[kill % POINTS.length] as FailPoint
    const isAsked = ASKED.includes(point)
    const batch = orders.slice(kill * perKill, kill === KILLS - 1 ? ORDERS : (kill + 1) * perKill)
    if (isAsked) lango.stack.pawapay.persona({ next: batch.length, withholdCallbacks: true })
    const ambush = points.ambush([point])
    const paying = batch.map(pay)
    const working: Promise<unknown>[] = []
    if (isAsked) {
      // The money is taken, and nobody says so: the object's alarm, as if a minute had passed.
      const ids = await Promise.all(paying)
      await eventually(async () => {
        const { body } = await recorded.recorder.get(ids[0] as string)
        return lango.stack.pawapay.captures().some(({ reference }) => reference === body.attempts?.[0]?.reference)
      })
      const stub = await lango.stack.payment(ids[0] as string)
      working.push(stub.runDueAlarms(Date.now() + MINUTE).catch(() => 'killed'))
    }
    await ambush.stopped(point)
    const { before, after } = await ambush.kill(lango.stack)
    expect(after).not.toBe(before)
    pids.add(before).add(after)
    killedAt[point] = (killedAt[point] ?? 0) + 1
    await Promise.all([...paying, ...working])
    await lango.stack.qstash.advance(MINUTE)
  }
  expect(pids.size).toBe(KILLS + 1)
  expect(Object.keys(killedAt)).toHaveLength(Math.min(KILLS, POINTS.length))

  // Killed before its call had left, an attempt ends expired; the shop asks for another.
  const ids = await Promise.all(orders.map(pay))
  for (let round = 0; round < 3; round++) {
    await eventually(async () => {
      await lango.stack.pawapay.advance(10_000)
      await lango.stack.qstash.advance(MINUTE)
      return (await recorded.recorder.settle(5_000)).length === 0
    }, 240_000)
    const failed = (await Promise.all(ids.map(statusOf))).flatMap(({ status }, i) =>
      status === 'succeeded' ? [] : [i],
    )
    if (failed.length === 0) break
    await Promise.all(failed.map((i) => pay({ body: orders[i]?.body ?? {}, key: freshKey() })))
  }
  const ends = await Promise.all(ids.map(statusOf))
  expect(ends.filter(({ status, fulfilment }) => status !== 'succeeded' || fulfilment.status !== 'fulfilled')).toEqual(
    [],
  )
  await recorded.expectGreen()

  const { database } = lango.stack
  const { results } = await database
    .prepare(
      `SELECT o.payment_id AS id, count(e.id) AS entries FROM orders o
       LEFT JOIN ledger_entries e ON e.payment_id = o.payment_id AND e.kind = 'deposit' GROUP BY o.payment_id`,
    )
    .all<{ id: string; entries: number }>()
  expect(results.map(({ id }) => id).toSorted()).toEqual(ids.toSorted())
  expect(results.filter(({ entries }) => entries !== 1)).toEqual([])
  expect((await database.prepare('SELECT * FROM ledger_imbalance').all()).results).toEqual([])

  // A try that was under way is made again when its lease has passed, and the sweep comes round.
  let aheadMs = 0
  await eventually(async () => {
    aheadMs += 10 * MINUTE
    await lango.stack.cron(Date.now() + aheadMs)
    await lango.stack.qstash.advance(10 * MINUTE)
    return ids.every((id) => told.has(id))
  }, 120_000)
  expect(ids.filter((id) => new Set(told.get(id)).size !== 1)).toEqual([])
  expect([...told.keys()].filter((id) => !ids.includes(id))).toEqual([])
})
