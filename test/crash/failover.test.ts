/** Two gateways, the first of which refuses for reasons of its own: workerd is killed around the write that goes on. */
import { afterAll, beforeEach, expect, it } from 'vitest'
import type { FailPoint } from '../../src/domain/fail-point.ts'
import { atGateway, eventually, expectLedger, freshKey, order } from '../e2e/fixture.ts'
import { useStackWithMtn } from '../e2e/with-mtn.ts'
import { startFailPoints } from './fail-points.ts'

const points = await startFailPoints()
afterAll(() => points.close())

const policy = {
  version: 'e2e',
  gateways: ['mtn', 'pawapay'],
  rules: [{ id: 'direct', effect: { kind: 'priority', gateways: ['mtn', 'pawapay'] } }],
  // Each payment here is refused once: none of them is to be steered around that.
  settings: { toleranceBp: 10_000 },
}
const { mtn, lango } = await useStackWithMtn({
  failPoints: points.url,
  vars: { consumer: { LANGO_ROUTING: JSON.stringify(policy) } },
})

const asked = () => mtn.requests().filter(({ method, target }) => method === 'POST' && target.includes('requesttopay'))
const deposited = () =>
  lango.stack.pawapay.requests().filter(({ method, path }) => method === 'POST' && path === '/v2/deposits')
const NOT_OURS = { refuse: { status: 400, code: 'NOT_ALLOWED' } } as const

beforeEach(() => mtn.persona({ reset: true, ...NOT_OURS }))

it('T24: refused by one gateway for its own reasons, paid by the next: one request, one charge, and it says why', async () => {
  const { status, body } = await lango.pay(order())
  expect({ status, body }).toMatchObject({
    status: 201,
    body: {
      gateway: 'pawapay',
      attempts: [
        { n: 1, gateway: 'mtn', status: 'failed', failureCode: 'NOT_ALLOWED' },
        { n: 2, gateway: 'pawapay' },
      ],
    },
  })
  await lango.until(body.id, ({ fulfilment }) => fulfilment.status === 'fulfilled')
  const [, { reference }] = body.attempts
  expect(atGateway(lango, reference)).toEqual({ deposits: 1, captures: 1 })
  await expectLedger(lango, [reference])
  const { decisions } = (await lango.get(`${body.id}/decisions`)).body
  expect(decisions).toMatchObject([
    { attempt: 1, gateway: 'mtn' },
    { attempt: 2, gateway: 'pawapay' },
  ])
  expect(decisions[1].explained).toContain('failover: refused for good, and not by the customer')
})

it('a customer without money is not asked at the next gateway', async () => {
  mtn.persona({ refuse: { status: 400, code: 'PAYER_NOT_FOUND' } })
  const { status, body } = await lango.pay(order())
  expect({ status, body }).toMatchObject({ status: 422, body: { failureCode: 'PAYER_NOT_FOUND' } })
  expect((await lango.get(body.paymentId)).body.attempts).toMatchObject([{ n: 1, gateway: 'mtn' }])
})

it.each<[FailPoint, number]>([
  ['object_recorded', 0],
  ['object_durable', 0],
  ['vault_fetching', 0],
  ['object_sent', 1],
])('T24 T05: killed at %s of the failover, it is sent once at most and nobody sends it again', async (point, sends) => {
  mtn.persona({ latencyMs: 1_000 })
  lango.stack.pawapay.persona({ reset: true, latencyMs: 1_000 })
  const before = asked().length
  const deposits = deposited().length
  const [body, key] = [order(), freshKey()]
  // The first attempt comes by the same points, before: its call is under way by then, or the second's is.
  const isTime = () => (sends === 0 ? asked().length > before : deposited().length > deposits)
  const killing = points.kill(lango.stack, point, isTime)
  const answer = lango.pay(body, { 'idempotency-key': key, prefer: 'wait=30' }).catch(() => 'killed')
  const killed = await killing
  expect(killed.after).not.toBe(killed.before)
  expect(await answer).toBe('killed')

  const repeated = await eventually(async () => {
    const told = await lango.pay(body, { 'idempotency-key': key }).catch(() => undefined)
    return told && told.status < 500 && told
  })
  const { id, attempts } = repeated.body
  expect(attempts).toMatchObject([
    { n: 1, gateway: 'mtn', status: 'failed', failureCode: 'NOT_ALLOWED' },
    { n: 2, gateway: 'pawapay' },
  ])
  const { reference } = attempts[1]
  expect(asked()).toHaveLength(before + 1)
  if (sends === 0) {
    const payment = await lango.stack.payment(id)
    // The gateway never heard of it, which is certain only after its settling time and several questions.
    for (let minutes = 3; minutes < 90; minutes += 3) await payment.runDueAlarms(Date.now() + minutes * 60_000)
    const { failure } = await lango.until(id, ({ status }) => status === 'expired')
    expect(failure).toMatchObject({ code: 'not_received' })
  } else await lango.until(id, ({ fulfilment }) => fulfilment.status === 'fulfilled')
  expect(atGateway(lango, reference)).toEqual({ deposits: sends, captures: sends })
})
