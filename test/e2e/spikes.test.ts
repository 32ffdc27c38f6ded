import { expect, it } from 'vitest'
import { approve, auditLedger, openPayments, runSpike, untilOrders } from '../../scripts/spike/spike.ts'
import { eventually, useStack } from './fixture.ts'

/** 500 in full runs: too slow for every push. */
const CALLBACKS = Number(process.env['LANGO_OUTAGE_CALLBACKS'] ?? 40)
/** `node scripts/spike.ts` sends 5,000 in 10 s. */
const SPIKE = Number(process.env['LANGO_SPIKE_CALLBACKS'] ?? 500)
const timeout = 120_000 + CALLBACKS * 500
const MINUTE = 60_000

const lango = useStack()

const orders = async (): Promise<number> =>
  (await lango.stack.database.prepare('SELECT count(*) AS n FROM orders').first<{ n: number }>())?.n ?? 0

type Begun = Awaited<ReturnType<typeof openPayments>>

/** What the alarms of these payments do by then. */
const alarms = async (begun: Begun, aheadMs: number): Promise<void> => {
  const waiting = [...begun]
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next; next = waiting.shift())
      await (await lango.stack.payment(next.id)).runDueAlarms(Date.now() + aheadMs)
  }
  await Promise.all(Array.from({ length: 10 }, work))
}

const acknowledged = (begun: Begun): boolean => {
  const references = new Set(begun.map(({ reference }) => reference))
  const done = lango.stack.pawapay.callbacks().filter(({ status }) => status === 200)
  return new Set(done.map(({ reference }) => reference).filter((one) => references.has(one))).size === begun.length
}

const expectFulfilledOnce = async (begun: Begun, before: number): Promise<void> => {
  expect(await orders()).toBe(before + begun.length)
  expect(await auditLedger(lango.stack, begun)).toEqual({ wronglyPosted: [], imbalances: 0 })
  const { results } = await lango.stack.database.prepare('SELECT * FROM dead_letters').all()
  expect(results).toEqual([])
}

it('T40: QStash is down for five minutes while callbacks come: all are fulfilled, once', {
  timeout,
}, async () => {
  const before = await orders()
  const begun = await openPayments(lango.stack, CALLBACKS)
  lango.stack.qstash.persona({ down: true })
  await Promise.all(begun.map((one) => approve(lango.stack, one)))
  // Each is answered 200, for its object has it.
  await eventually(async () => {
    await lango.stack.pawapay.advance(5_000)
    return acknowledged(begun)
  }, 60_000)
  for (let minute = 1; minute <= 5; minute++) {
    await alarms(begun, minute * MINUTE)
    await lango.stack.qstash.advance(MINUTE)
  }
  expect(await orders()).toBe(before)
  lango.stack.qstash.persona({ down: false })
  await untilOrders(lango.stack, before + CALLBACKS, () => alarms(begun, 10 * MINUTE))
  await expectFulfilledOnce(begun, before)
})

it('T41 T62: D1 fails for a minute while callbacks come: all are fulfilled, once', {
  timeout,
}, async () => {
  const before = await orders()
  const begun = await openPayments(lango.stack, CALLBACKS)
  await lango.stack.database
    .prepare(`CREATE TRIGGER outage BEFORE INSERT ON ledger_entries BEGIN SELECT RAISE(ABORT, 'D1 is out'); END`)
    .run()
  await Promise.all(begun.map((one) => approve(lango.stack, one)))
  await eventually(() => acknowledged(begun), 60_000)
  await eventually(
    () => lango.stack.qstash.deliveries().filter(({ status }) => status === 503).length >= CALLBACKS,
    60_000,
  )
  await lango.stack.qstash.advance(MINUTE)
  expect(await orders()).toBe(before)
  await lango.stack.database.prepare('DROP TRIGGER outage').run()
  await untilOrders(lango.stack, before + CALLBACKS, () => lango.stack.qstash.advance(MINUTE))
  await expectFulfilledOnce(begun, before)
})

it('T08 T62: Redis is flushed while callbacks come: all are fulfilled, once', { timeout }, async () => {
  const before = await orders()
  const begun = await openPayments(lango.stack, CALLBACKS)
  const flush = () =>
    fetch(`${lango.stack.redis.url}/_sim/reset`, { method: 'POST', body: JSON.stringify({ flush: true }) })
  await flush()
  await Promise.all(begun.map((one) => approve(lango.stack, one)))
  await flush()
  await untilOrders(lango.stack, before + CALLBACKS, () => lango.stack.pawapay.advance(1_000))
  await expectFulfilledOnce(begun, before)
})

it('T37 T42: a spike of callbacks, 30 % of them repetitions, and the queue repeats as well', {
  timeout: 300_000,
}, async () => {
  lango.stack.qstash.persona({ duplicateAfter2xx: Math.round(SPIKE / 10), duplicateInParallel: Math.round(SPIKE / 10) })
  const result = await runSpike(lango.stack, { callbacks: SPIKE, duplicateShare: 0.3, seconds: SPIKE / 500, openMs: 0 })
  expect(result).toMatchObject({
    orders: result.payments,
    entries: result.payments,
    wronglyPosted: [],
    imbalances: 0,
  })
  expect(result.callbacks).toBeGreaterThanOrEqual(SPIKE)
})
