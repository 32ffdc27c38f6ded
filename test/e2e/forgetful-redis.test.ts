import { expect, it } from 'vitest'
import { atGateway, expectLedger, freshKey, order, useStack } from './fixture.ts'

/** The embedded engine, whose clock can be pushed ahead. */
const lango = useStack({ redis: 'embedded' })

const HOUR_MS = 3_600_000
const pass = async (hours: number): Promise<void> => lango.stack.redis.control.advance?.(hours * HOUR_MS)
const keysInRedis = async (): Promise<string[]> => (await lango.stack.redis.control.keys()).map(({ key }) => key)

it('T12: a key that comes again after a day, after 31 days, and when Redis has forgotten it, charges nobody again', async () => {
  const body = order()
  const headers = { 'idempotency-key': freshKey() }
  const first = await lango.pay(body, headers)
  expect(first.status).toBe(201)
  const paid = await lango.until(first.body.id, (seen) => seen.fulfilment.status === 'fulfilled')
  const expectReplay = async (again: Record<string, string>) => {
    const answer = await lango.pay(body, again)
    expect(answer).toMatchObject({ status: 200, body: { id: first.body.id, status: 'succeeded' } })
    expect(answer.headers.get('idempotent-replayed')).toBe('true')
  }
  const isKept = async () => (await keysInRedis()).some((key) => key.includes(':k:'))

  await pass(24)
  expect(await isKept()).toBe(true)
  await expectReplay(headers)

  // Thirty days after it was last used the record is gone; each use renews it.
  await pass(24 * 31)
  expect(await isKept()).toBe(false)
  await expectReplay(headers)

  await lango.stack.redis.control.reset({ flush: true })
  await expectReplay(headers)

  // The invoice is the payment: a fresh key, long after, finds it too.
  await pass(24 * 31)
  await expectReplay({ 'idempotency-key': freshKey() })

  const [{ reference }] = paid.attempts
  expect(atGateway(lango, reference)).toEqual({ deposits: 1, captures: 1 })
  expect(lango.stack.pawapay.captures()).toHaveLength(1)
  await expectLedger(lango, [reference])
})

it('T12: a refusal is told again after 31 days, as the refusal that it was, by the object', async () => {
  lango.stack.pawapay.persona({ next: 1, depositsNotAllowed: true })
  const body = order()
  const headers = { 'idempotency-key': freshKey() }
  const first = await lango.pay(body, headers)
  expect(first).toMatchObject({ status: 422, body: { code: 'payment_rejected' } })
  await pass(24 * 31)
  const again = await lango.pay(body, headers)
  expect(again).toMatchObject({
    status: 422,
    body: { code: 'payment_rejected', failureCode: first.body.failureCode, paymentId: first.body.paymentId },
  })
  expect(again.headers.get('idempotent-replayed')).toBe('true')
})

it('T12: with allowRepeat the key alone is the payment, and stays it', async () => {
  const body = order({ allowRepeat: true })
  const headers = { 'idempotency-key': freshKey() }
  const first = await lango.pay(body, headers)
  await lango.until(first.body.id, (seen) => seen.fulfilment.status === 'fulfilled')
  await pass(24 * 31)
  expect(await lango.pay(body, headers)).toMatchObject({ status: 200, body: { id: first.body.id } })
  expect(atGateway(lango, first.body.attempts[0].reference)).toEqual({ deposits: 1, captures: 1 })
})
