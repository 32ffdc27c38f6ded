import { expect, it } from 'vitest'
import { type Answer, atGateway, expectLedger, freshKey, order, useStack } from './fixture.ts'

const lango = useStack()

const expectOnePayment = async (answers: readonly Answer[]): Promise<void> => {
  const ids = new Set(answers.map((answer) => answer.body.id))
  expect(ids.size).toBe(1)
  const statuses = answers.map((answer) => answer.status)
  expect(statuses.filter((status) => ![200, 201, 202].includes(status))).toEqual([])
  expect(statuses.filter((status) => status === 201).length).toBeLessThanOrEqual(1)
  for (const answer of answers) {
    if (answer.status === 202) expect(answer.headers.get('retry-after')).toBe('2')
  }
  const [id] = ids
  const payment = await lango.until(id, (body) => body.fulfilment.status === 'fulfilled')
  expect(payment.attempts).toHaveLength(1)
  expect(atGateway(lango, payment.attempts[0].reference)).toEqual({ deposits: 1, captures: 1 })
  expect(lango.stack.pawapay.captures()).toHaveLength(++payments)
  await expectLedger(lango, [payment.attempts[0].reference])
}

let payments = 0

it('T02: 50 equal requests at once with one key make one deposit', async () => {
  const body = order()
  const key = freshKey()
  await expectOnePayment(
    await Promise.all(Array.from({ length: 50 }, () => lango.pay(body, { 'idempotency-key': key }))),
  )
})

it('T14, T15: 50 at once with other keys and other sessions for one invoice make one deposit', async () => {
  const body = order()
  await expectOnePayment(
    await Promise.all(Array.from({ length: 50 }, (_, i) => lango.pay({ ...body, sessionId: `device-${i}` }))),
  )
})

it('T08: the same with Redis emptied in the middle', async () => {
  const body = order()
  const answers = await Promise.all(
    Array.from({ length: 30 }, async (_, i) => {
      if (i % 5 === 0)
        await fetch(`${lango.stack.redis.url}/_sim/reset`, { method: 'POST', body: JSON.stringify({ flush: true }) })
      return lango.pay({ ...body, sessionId: `device-${i}` })
    }),
  )
  await expectOnePayment(answers)
})

it('a repeat of a final payment is 200, marked, and the same payment', async () => {
  const body = order()
  const key = freshKey()
  const first = await lango.pay(body, { 'idempotency-key': key })
  await lango.until(first.body.id, (seen) => seen.fulfilment.status === 'fulfilled')
  payments++
  const again = await lango.pay(body, { 'idempotency-key': key })
  expect(again.status).toBe(200)
  expect(again.headers.get('idempotent-replayed')).toBe('true')
  expect(again.body).toMatchObject({ id: first.body.id, status: 'succeeded' })
})

it('T03: the same key with other content is 422 and names the field; the same content written differently is not', async () => {
  const body = order({ amount: '100' })
  const key = freshKey()
  const first = await lango.pay(body, { 'idempotency-key': key })
  payments++
  const reordered = Object.fromEntries(
    Object.entries({ ...body, amount: '100.00', phoneNumber: '+260 763 456 789' }).toReversed(),
  )
  const same = await lango.pay(reordered, { 'idempotency-key': key })
  expect([200, 202]).toContain(same.status)
  expect(same.body.id).toBe(first.body.id)
  const other = await lango.pay({ ...body, amount: '101' }, { 'idempotency-key': key })
  expect(other.status).toBe(422)
  expect(other.body).toMatchObject({ code: 'idempotency_mismatch' })
  expect(JSON.stringify(other.body)).toContain('amount')
})

it('another amount for an invoice that is open or paid is 422 invoice_conflict', async () => {
  const body = order()
  await lango.pay(body)
  payments++
  const other = await lango.pay({ ...body, amount: '99' })
  expect(other.status).toBe(422)
  expect(other.body).toMatchObject({ code: 'invoice_conflict' })
  expect(JSON.stringify(other.body)).toContain('amount')
})

it('I13: allowRepeat makes each key a payment of its own', async () => {
  const body = order({ allowRepeat: true })
  const [first, second] = [await lango.pay(body), await lango.pay(body)]
  expect([first.status, second.status]).toEqual([201, 201])
  expect(first.body.id).not.toBe(second.body.id)
})

it('T14: another invoice for a number whose payment waits is a payment of its own; that the phone is busy is said as such', async () => {
  lango.stack.pawapay.persona({ settleMs: 3_600_000 })
  const settle = (depositId: string, outcome: string, failureCode?: string) =>
    fetch(`${lango.stack.pawapay.url}/_sim/settle`, {
      method: 'POST',
      body: JSON.stringify({ depositId, outcome, failureCode }),
    })
  try {
    const [first, second] = [await lango.pay(order()), await lango.pay(order())]
    expect([first.status, second.status]).toEqual([201, 201])
    expect(second.body.id).not.toBe(first.body.id)
    await settle(second.body.attempts[0].reference, 'FAILED', 'PAYMENT_IN_PROGRESS')
    const refused = await lango.until(second.body.id, (seen) => seen.status === 'failed')
    expect(refused.failure).toEqual({
      code: 'PAYMENT_IN_PROGRESS',
      message: 'Another payment is waiting on this phone. It can take ten minutes to clear.',
    })
    // What the rail said of the second says nothing of the first.
    expect((await lango.get(first.body.id)).body.status).toBe('pending')
    await settle(first.body.attempts[0].reference, 'COMPLETED')
    await lango.until(first.body.id, (seen) => seen.fulfilment.status === 'fulfilled')
    expect(atGateway(lango, first.body.attempts[0].reference)).toEqual({ deposits: 1, captures: 1 })
    expect(atGateway(lango, second.body.attempts[0].reference)).toEqual({ deposits: 1, captures: 0 })
  } finally {
    lango.stack.pawapay.persona({ settleMs: null })
  }
})

it('a failed payment can be tried again: attempt 2, another reference, same payment', async () => {
  const body = order({ phoneNumber: '260763456039' })
  const key = freshKey()
  const first = await lango.pay(body, { 'idempotency-key': key })
  const failed = await lango.until(first.body.id, (seen) => seen.status === 'failed')
  expect(failed.failure.code).toBe('PAYMENT_NOT_APPROVED')
  const replay = await lango.pay(body, { 'idempotency-key': key })
  expect(replay).toMatchObject({ status: 200, body: { status: 'failed' } })

  const retry = await lango.pay({ ...body, phoneNumber: '260763456789' })
  expect(retry.status).toBe(201)
  expect(retry.body.id).toBe(first.body.id)
  const paid = await lango.until(first.body.id, (seen) => seen.fulfilment.status === 'fulfilled')
  expect(paid.attempts).toHaveLength(2)
  expect(paid.attempts[0].reference).not.toBe(paid.attempts[1].reference)
  await expectLedger(lango, [paid.attempts[1].reference])
})
