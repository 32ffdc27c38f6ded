import { expect, it } from 'vitest'
import { atGateway, eventually, expectLedger, order, useStack } from './fixture.ts'

const lango = useStack()

const poll = async (id: string, aheadMs: number): Promise<void> => {
  await (await lango.stack.payment(id)).runDueAlarms(Date.now() + aheadMs)
}

it('the stuck number stays pending, never failed; a late success is fulfilled once', async () => {
  const answer = await lango.pay(order({ phoneNumber: '260763456129' }))
  expect(answer).toMatchObject({ status: 201, body: { status: 'pending' } })
  const { id } = answer.body
  for (const aheadMs of [11_000, 60_000, 20 * 60_000, 3 * 3_600_000]) {
    await poll(id, aheadMs)
    expect((await lango.get(id)).body.status).toBe('pending')
  }
  const [{ reference }] = answer.body.attempts
  await fetch(`${lango.stack.pawapay.url}/_sim/settle`, {
    method: 'POST',
    body: JSON.stringify({ depositId: reference, outcome: 'COMPLETED' }),
  })
  const payment = await lango.until(id, (body) => body.fulfilment.status === 'fulfilled')
  expect(payment.status).toBe('succeeded')
  expect(atGateway(lango, reference)).toEqual({ deposits: 1, captures: 1 })
  await expectLedger(lango, [reference])
})

it('T17: an answer that is lost after the gateway took the money is unknown, then found by polling', async () => {
  lango.stack.pawapay.persona({ dropAfterProcessing: true, withholdCallbacks: true })
  const answer = await lango.pay(order())
  lango.stack.pawapay.persona({ dropAfterProcessing: false })
  expect(answer).toMatchObject({ status: 202, body: { status: 'unknown' } })
  const [{ reference }] = answer.body.attempts
  await eventually(() => atGateway(lango, reference).captures === 1)
  await poll(answer.body.id, 11_000)
  const payment = await lango.until(answer.body.id, (body) => body.fulfilment.status === 'fulfilled')
  expect(payment.status).toBe('succeeded')
  expect(payment.attempts).toHaveLength(1)
  expect(atGateway(lango, reference)).toEqual({ deposits: 1, captures: 1 })
  await expectLedger(lango, [reference])
  lango.stack.pawapay.persona({ withholdCallbacks: false })
})

it('T18: 500 with HTML is unknown and leads to no second deposit, whatever the shop repeats', async () => {
  lango.stack.pawapay.persona({ status5xx: 'before' })
  const body = order()
  const answer = await lango.pay(body)
  lango.stack.pawapay.persona({ status5xx: false })
  expect(answer).toMatchObject({ status: 202, body: { status: 'unknown' } })
  for (let i = 0; i < 3; i++) expect((await lango.pay(body)).status).toBe(202)
  const [{ reference }] = answer.body.attempts
  expect(atGateway(lango, reference).deposits).toBe(1)
  expect(lango.stack.pawapay.captures().some((capture) => capture.reference === reference)).toBe(false)
  // T21: not found is no conclusion before the settle time, and one after it, because the gateway never accepted.
  await poll(answer.body.id, 60_000)
  expect((await lango.get(answer.body.id)).body.status).toBe('unknown')
  for (let hours = 1; hours <= 8; hours++) await poll(answer.body.id, hours * 3_600_000)
  const payment = await lango.until(answer.body.id, (seen) => seen.status === 'failed')
  expect(payment.failure.code).toBe('not_received')
})

it('T19: a business rejection with HTTP 200 is 422 payment_rejected, replayed for the same key', async () => {
  const body = order({ amount: '19999999' })
  const first = await lango.pay(body, { 'idempotency-key': 'too-much' })
  expect(first).toMatchObject({ status: 422, body: { code: 'payment_rejected' } })
  expect(first.headers.get('location')).toMatch(/^\/v1\/payments\/pay_/)
  expect(JSON.stringify(first.body)).toContain('AMOUNT_OUT_OF_BOUNDS')
  const again = await lango.pay(body, { 'idempotency-key': 'too-much' })
  expect(again).toMatchObject({ status: 422, body: { code: 'payment_rejected' } })
  expect(again.headers.get('idempotent-replayed')).toBe('true')
})

it('T62: Redis flushed between send and callback: still fulfilled once', async () => {
  const answer = await lango.pay(order({ phoneNumber: '260763456129' }))
  const [{ reference }] = answer.body.attempts
  await fetch(`${lango.stack.redis.url}/_sim/reset`, { method: 'POST', body: JSON.stringify({ flush: true }) })
  await fetch(`${lango.stack.pawapay.url}/_sim/settle`, {
    method: 'POST',
    body: JSON.stringify({ depositId: reference, outcome: 'COMPLETED' }),
  })
  const payment = await lango.until(answer.body.id, (body) => body.fulfilment.status === 'fulfilled')
  expect(payment.fulfilment.deliveredVia).toBe('qstash')
  expect(atGateway(lango, reference)).toEqual({ deposits: 1, captures: 1 })
  await expectLedger(lango, [reference])
})

it('T37: a callback that arrives ten times changes the payment once', async () => {
  lango.stack.pawapay.persona({ duplicateCallbacks: 10 })
  const answer = await lango.pay(order())
  const payment = await lango.until(answer.body.id, (body) => body.fulfilment.status === 'fulfilled')
  lango.stack.pawapay.persona({ duplicateCallbacks: 0 })
  const [{ reference }] = payment.attempts
  // Each of the ten is taken, and whatever they set off has ended.
  const taken = () => lango.stack.pawapay.callbacks().filter((one) => one.reference === reference && one.status === 200)
  await eventually(() => taken().length === 10)
  await lango.stack.qstash.idle()
  await expectLedger(lango, [reference])
  const { results } = await lango.stack.database
    .prepare('SELECT id FROM ledger_entries WHERE reference = ?')
    .bind(reference)
    .all()
  expect(results).toHaveLength(1)
})

it('T28: a callback over another amount goes to review and is not fulfilled', async () => {
  lango.stack.pawapay.persona({ amountInCallback: '1.00' })
  const answer = await lango.pay(order())
  const payment = await lango.until(answer.body.id, (body) => body.status === 'review')
  lango.stack.pawapay.persona({ amountInCallback: null })
  expect(payment.fulfilment.status).not.toBe('fulfilled')
  const { results } = await lango.stack.database
    .prepare('SELECT id FROM ledger_entries WHERE reference = ?')
    .bind(answer.body.attempts[0].reference)
    .all()
  expect(results).toEqual([])
})
