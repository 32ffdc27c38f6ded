/** Calling a deposit off, at the one gateway that can be told to: only what it confirms is over. */
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { type Bench, startBench } from './bench.ts'
import { mtn } from './described/mtn.ts'
import { wave } from './described/wave.ts'

let bench: Bench
beforeAll(async () => {
  bench = await startBench(wave)
})
afterEach(() => bench.reset())
afterAll(() => bench.close())

const expiries = () => bench.simulator.requests().filter(({ target }) => target.endsWith('/expire')).length

it('a session that is open is over once the gateway says so, and nobody can pay it', async () => {
  const order = bench.order()
  await bench.send(order)
  expect(await bench.cancel(order)).toEqual({ kind: 'cancelled' })
  await bench.simulator.advance(5_000)
  expect([bench.capturesOf(order), expiries()]).toEqual([0, 1])
  expect(await bench.status(order)).toMatchObject({ kind: 'found', outcome: 'failed', failureCode: 'expired' })
  // Told again, it is over already.
  expect([await bench.cancel(order), expiries()]).toEqual([{ kind: 'cancelled' }, 1])
})

it('the answer to the send may have been lost', async () => {
  bench.simulator.behave({ dropAfterProcessing: true })
  const order = bench.order()
  expect((await bench.send(order)).kind).toBe('unknown')
  expect(await bench.cancel(order)).toEqual({ kind: 'cancelled' })
})

it('what is paid stays paid, with its amount', async () => {
  const order = bench.order()
  await bench.send(order)
  await bench.simulator.advance(5_000)
  expect(await bench.cancel(order)).toMatchObject({ kind: 'succeeded', amountMinor: '1500', currency: 'XOF' })
  expect(expiries()).toBe(0)
})

it('what the gateway does not confirm, or does not know, may still be paid', async () => {
  const order = bench.order()
  await bench.send(order)
  bench.simulator.behave({ own: { expire: 'unavailable' } })
  expect(await bench.cancel(order)).toEqual({ kind: 'unknown', reason: 'http_503' })
  bench.simulator.behave({ statusNotFoundForMs: 60_000 })
  expect(await bench.cancel(order)).toEqual({ kind: 'unknown', reason: 'not_found' })
})

it.each(['while being paid', 'as if paid'])(
  'T25: its word to the cancel is not the last: %s, what is open may still be paid',
  async (expire) => {
    const order = bench.order()
    await bench.send(order)
    bench.simulator.behave({ own: { expire } })
    expect(await bench.cancel(order)).toEqual({ kind: 'unknown', reason: 'still_open' })
    expect(expiries()).toBe(1)
    await bench.simulator.advance(5_000)
    expect(bench.capturesOf(order)).toBe(1)
    expect(await bench.cancel(order)).toMatchObject({ kind: 'succeeded', amountMinor: '1500' })
  },
)

it('a gateway that cannot be told is not', async () => {
  const other = await startBench(mtn)
  try {
    const order = other.order()
    await other.send(order)
    expect(await other.cancel(order)).toEqual({ kind: 'unknown', reason: 'E1312' })
  } finally {
    await other.close()
  }
})
