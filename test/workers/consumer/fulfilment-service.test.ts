import { env } from 'cloudflare:workers'
import { expect, it } from 'vitest'
import { createD1Ledger } from '../../../src/adapters/d1-ledger.ts'
import { parseEnv } from '../../../src/consumer/env.ts'
import { fulfilOrderBy } from '../../../src/consumer/fulfil-order.ts'
import type { DeliveryTry } from '../../../src/contracts/events.ts'
import type { FulfilmentService, PaidOrder } from '../../../src/contracts/fulfilment.ts'
import type { BeginInput } from '../../../src/contracts/payment-object.ts'
import { type FulfilPorts, fulfil } from '../../../src/flows/fulfil.ts'
import { begin, database, entriesOf, order, PHONE, read, stubOf, verdictOn } from './kit.ts'
import { eventOf, openShop } from './webhooks-kit.ts'

/** A Worker of its own, reached by service binding as a shop's would be. */
const shop = (
  env as unknown as {
    readonly A_SHOP: FulfilmentService & {
      failNext(times: number): Promise<void>
      seen(paymentId: string): Promise<{ readonly calls: readonly PaidOrder[]; readonly fulfilled: boolean }>
    }
  }
).A_SHOP

const paid = async (over: Partial<BeginInput> = {}, otherShop?: FulfilPorts['fulfilOrder']) => {
  const input = order(over)
  await begin(input)
  await stubOf(input.paymentId).apply(verdictOn(input), 'qstash')
  const payment = stubOf(input.paymentId)
  const due = await payment.due()
  if (!due) throw new Error('nothing is due')
  const parsed = parseEnv({ ...env, FULFILMENT: shop })
  if (!parsed.ok) throw new Error(parsed.error.variable)
  const fulfilOrder = otherShop ?? fulfilOrderBy(parsed.value.fulfilment, () => Date.now())
  const told: DeliveryTry[] = []
  const ports = {
    post: createD1Ledger(database),
    fulfilOrder,
    payment,
    notify: async (tries: readonly DeliveryTry[]) => void told.push(...tries),
    nowMs: () => Date.now(),
  }
  return { input, due, told, run: () => fulfil(ports, due, 'qstash') }
}

type Paid = Awaited<ReturnType<typeof paid>>

it('a shop on the same account is called between the ledger and the mark, with the order and no number', async () => {
  const { input, run } = await paid()
  await run()
  const { calls, fulfilled } = await shop.seen(input.paymentId)
  expect(fulfilled).toBe(true)
  expect(calls).toEqual([
    {
      v: 1,
      paymentId: input.paymentId,
      merchantId: input.merchantId,
      mode: 'test',
      invoice: input.invoice,
      amountMinor: '1550',
      currency: 'ZMW',
      gateway: 'pawapay',
      reference: expect.any(String),
      succeededAtMs: expect.any(Number),
    },
  ])
  expect(JSON.stringify(calls)).not.toContain(PHONE)
  expect((await read(input.paymentId))?.fulfilment.status).toBe('fulfilled')
})

it('T41: while it throws nothing is marked; then it is called again, and the ledger has one entry', async () => {
  const { input, run } = await paid()
  await shop.failNext(2)
  for (let i = 0; i < 2; i++) await expect(run()).rejects.toThrow('the shop is restarting')
  expect((await read(input.paymentId))?.fulfilment.status).toBe('pending')
  expect((await shop.seen(input.paymentId)).fulfilled).toBe(false)
  await run()
  expect(await shop.seen(input.paymentId)).toMatchObject({ fulfilled: true, calls: { length: 3 } })
  expect(await entriesOf(input.paymentId)).toHaveLength(2)
  expect((await read(input.paymentId))?.fulfilment.status).toBe('fulfilled')
})

it('what is in the ledger is told at once, whether the shop’s own part works or not, and no second time', async () => {
  const { owner, endpoint } = await openShop()
  const { input, told, run } = await paid({ merchantId: owner.merchantId })
  const first = { eventId: eventOf(input.paymentId), endpointId: endpoint.id, round: 1, n: 1 }
  await shop.failNext(1)
  await expect(run()).rejects.toThrow('the shop is restarting')
  expect(told).toEqual([first])
  await run()
  expect(told).toEqual([first])
})

it('T44: one that hangs is waited for three times; then deliveries end at once, posted and told, with one try in a while', async () => {
  let calls = 0
  let nowMs = 1_000_000
  let answer = (): Promise<void> => new Promise(() => {})
  const service = {
    fulfil: () => {
      calls += 1
      return answer()
    },
  }
  const fulfilOrder = fulfilOrderBy(service, () => nowMs, 10)
  const { owner } = await openShop()
  const payments = await Promise.all(
    Array.from({ length: 4 }, () => paid({ merchantId: owner.merchantId }, fulfilOrder)),
  )
  const [first, second, third, fourth] = payments as [Paid, Paid, Paid, Paid]
  for (const { run } of [first, second, third]) await expect(run()).rejects.toThrow('did not answer in time')
  for (let i = 0; i < 2; i++) await expect(fourth.run()).rejects.toThrow('is not called')
  expect(calls).toBe(3)
  // The money of whoever is not waited for is in the ledger, the shop is told of it, and its own part is still to do.
  expect(await entriesOf(fourth.input.paymentId)).toHaveLength(2)
  expect(fourth.told).toHaveLength(1)
  expect((await read(fourth.input.paymentId))?.fulfilment.status).toBe('pending')

  nowMs += 30_000
  // Of many at once one tries.
  await Promise.all(payments.map(({ run }) => expect(run()).rejects.toThrow()))
  expect(calls).toBe(4)

  nowMs += 30_000
  answer = async () => {}
  for (const { run } of payments) await run()
  expect(calls).toBe(8)
  expect((await read(fourth.input.paymentId))?.fulfilment.status).toBe('fulfilled')
})

it('one that throws is called each time: it holds up nobody', async () => {
  let calls = 0
  const service = {
    fulfil: async () => {
      calls += 1
      throw new Error('no such invoice')
    },
  }
  const { run } = await paid(
    {},
    fulfilOrderBy(service, () => 0),
  )
  for (let i = 1; i <= 5; i++) {
    await expect(run()).rejects.toThrow('no such invoice')
    expect(calls).toBe(i)
  }
})

it('without one there is nothing to do', async () => {
  const { due } = await paid()
  await expect(fulfilOrderBy(null, () => Date.now())(due)).resolves.toBeUndefined()
  const parsed = parseEnv(env)
  expect(parsed.ok && parsed.value.fulfilment).toBeNull()
})
