import { expect, it } from 'vitest'
import { against, json, payment, problem } from './server.ts'

const at = (status: string, second: number) => payment({ status, updatedAt: `2026-11-21T00:00:0${second}Z` })

it('asks ever more seldom until the payment is final, and tells each change once', async () => {
  const { lango, sent, slept } = against([
    () => json(200, at('pending', 1)),
    () => json(200, at('pending', 1)),
    () => json(200, at('unknown', 2)),
    () => json(200, at('succeeded', 3)),
  ])
  const seen: string[] = []
  const result = await lango.waitForPayment('pay_1', { onChange: ({ status }) => void seen.push(status) })
  expect(result).toMatchObject({ ok: true, value: { status: 'succeeded' } })
  expect([sent.length, slept, seen]).toEqual([4, [1000, 1500, 2250], ['pending', 'unknown', 'succeeded']])
})

it('waits as long as the server says', async () => {
  const { lango, slept } = against([
    () => json(200, at('pending', 1), { 'retry-after': '4' }),
    () => json(200, at('failed', 2)),
  ])
  expect(await lango.waitForPayment('pay_1')).toMatchObject({ ok: true, value: { status: 'failed' } })
  expect(slept).toEqual([4000])
})

it('goes on after an outage, and ends at what does not pass', async () => {
  const outage = against([() => problem(503, 'unavailable'), () => 'lost', () => json(200, at('succeeded', 1))], {
    retries: 0,
  })
  expect(await outage.lango.waitForPayment('pay_1')).toMatchObject({ ok: true })
  const nobody = against([() => problem(404, 'not_found')])
  expect(await nobody.lango.waitForPayment('pay_1')).toMatchObject({ error: { reason: 'not_found' } })
  expect(nobody.sent).toHaveLength(1)
})

it('tells what it last saw when the time is over, and what went wrong when it saw nothing', async () => {
  const open = against([() => json(200, at('pending', 1))])
  expect(await open.lango.waitForPayment('pay_1', { timeoutMs: 20_000 })).toMatchObject({
    ok: false,
    error: { reason: 'still_open', payment: { status: 'pending' } },
  })
  expect(open.slept.reduce((sum, ms) => sum + ms, 0)).toBeLessThanOrEqual(20_000)
  const dead = against([() => 'lost'], { retries: 0 })
  expect(await dead.lango.waitForPayment('pay_1', { timeoutMs: 3000 })).toMatchObject({
    error: { reason: 'no_answer' },
  })
})

it('ends when the signal does, in the middle of a pause', async () => {
  const given = new AbortController()
  const { lango, sent } = against([() => json(200, at('pending', 1))], {
    sleep: async () => given.abort(),
  })
  expect(await lango.waitForPayment('pay_1', { signal: given.signal })).toMatchObject({ error: { reason: 'aborted' } })
  expect(sent).toHaveLength(1)
})
