import { afterEach, beforeEach, expect, it } from 'vitest'
import { type Merchant, startMerchant } from './fixture.ts'

let merchant: Merchant
beforeEach(async () => {
  merchant = await startMerchant()
})
afterEach(() => merchant.close())

it('T16: dropped before processing: nothing happened', async () => {
  merchant.pawapay.persona({ dropBeforeProcessing: true })
  const { depositId, answer } = await merchant.pay()
  expect(answer).toBeInstanceOf(Error)
  await merchant.pawapay.advance(1_000)
  expect([await merchant.statusOf(depositId), merchant.captured(depositId)]).toEqual(['NOT_FOUND', 0])
  expect(merchant.pawapay.requests()[0]).toMatchObject({ method: 'POST', status: 0 })
})

it('T17: dropped after processing: the money is taken', async () => {
  merchant.pawapay.persona({ dropAfterProcessing: true })
  const { depositId, answer } = await merchant.pay()
  expect(answer).toBeInstanceOf(Error)
  await merchant.pawapay.advance(1_000)
  expect([await merchant.statusOf(depositId), merchant.captured(depositId)]).toEqual(['COMPLETED', 1])
})

it.each([
  ['before', 'NOT_FOUND', 0],
  ['after', 'COMPLETED', 1],
] as const)('T18: an HTML error %s processing', async (when, status, captures) => {
  merchant.pawapay.persona({ status5xx: when, status5xxCode: 502 })
  const { depositId, answer } = await merchant.pay()
  expect(answer).toMatchObject({ status: 502, text: expect.stringContaining('<html>') })
  merchant.pawapay.persona({ status5xx: false })
  await merchant.pawapay.advance(1_000)
  expect([await merchant.statusOf(depositId), merchant.captured(depositId)]).toEqual([status, captures])
})

it('the documented 500 has no status', async () => {
  merchant.pawapay.persona({ unknownError: 'after' })
  const { depositId, answer } = await merchant.pay()
  expect(answer).toMatchObject({ status: 500, body: { depositId, failureReason: { failureCode: 'UNKNOWN_ERROR' } } })
  expect((answer as { body: object }).body).not.toHaveProperty('status')
  await merchant.pawapay.advance(1_000)
  expect(merchant.captured(depositId)).toBe(1)
})

it('T17, T38: hangs: the callback is there before the answer', async () => {
  merchant.pawapay.persona({ hang: { ms: 700 }, settleMs: 50 })
  const from = performance.now()
  const { depositId, answer } = await merchant.pay()
  expect(performance.now() - from).toBeGreaterThan(650)
  expect(answer).toMatchObject({ status: 200 })
  expect(merchant.seen()).toEqual([[depositId, 'COMPLETED']])
})

it('T16: slow drip, half JSON, cut body', async () => {
  merchant.pawapay.persona({ slowDrip: { chunkBytes: 20, everyMs: 30 } })
  const from = performance.now()
  expect((await merchant.pay()).answer).toMatchObject({ status: 200, body: { status: 'ACCEPTED' } })
  expect(performance.now() - from).toBeGreaterThan(150)
  merchant.pawapay.persona({ slowDrip: false, truncatedJson: true })
  expect((await merchant.pay()).answer).toMatchObject({
    status: 200,
    body: undefined,
    text: expect.stringMatching(/^\{/),
  })
  merchant.pawapay.persona({ truncatedJson: false, cutBody: true })
  expect((await merchant.pay()).answer).toBeInstanceOf(Error)
  await merchant.pawapay.advance(1_000)
  expect(merchant.pawapay.captures()).toHaveLength(3)
})

it('latency: fixed, or by its percentiles; other calls are not hit unless named', async () => {
  merchant.pawapay.persona({ latencyMs: 200 })
  const from = performance.now()
  await merchant.pay()
  expect(performance.now() - from).toBeGreaterThan(190)
  merchant.pawapay.persona({ latencyMs: { p50: 1, p99: 5 } })
  await Promise.all(Array.from({ length: 20 }, () => merchant.pay()))
  merchant.pawapay.persona({ dropBeforeProcessing: true, faultsOn: ['status', 'toolkit'] })
  expect((await merchant.pay()).answer).toMatchObject({ status: 200 })
  await expect(merchant.status(crypto.randomUUID())).rejects.toThrow()
  await expect(merchant.call('/v2/availability')).rejects.toThrow()
})
