/** MTN MoMo, from the shop to the ledger: `src/gateways/mtn` is all that knows of it. */
import { expect, it } from 'vitest'
import { eventually, expectLedger, order } from './fixture.ts'
import { useStackWithMtn } from './with-mtn.ts'

const { mtn, lango } = await useStackWithMtn({
  vars: { edge: { LANGO_GATEWAY: 'mtn' } },
})

const calls = (path: string) => mtn.requests().filter(({ target }) => target.startsWith(path))
const TOKEN = '/collection/token/'
const PAY = '/collection/v1_0/requesttopay'

const hint = (status: string, reference: string, method: 'POST' | 'PUT') =>
  fetch(`${lango.stack.edgeUrl}/webhooks/mtn/deposits`, {
    method,
    body: JSON.stringify({ externalId: reference, status, amount: '15.5', currency: 'ZMW' }),
  })

it('takes a payment with a token that was fetched once; an unsigned callback only makes us ask', async () => {
  mtn.persona({ outcome: 'stuck', next: 1 })
  const answer = await lango.pay(order())
  expect(answer).toMatchObject({ status: 201, body: { gateway: 'mtn', nextAction: { type: 'approve_on_phone' } } })
  const { reference } = answer.body.attempts[0]
  // Somebody else says that it is paid.
  expect((await hint('SUCCESSFUL', reference, 'POST')).status).toBe(200)
  await eventually(() => calls(`${PAY}/${reference}`).length > 0)
  expect((await lango.get(answer.body.id)).body.status).toBe('pending')

  const paid = await lango.pay(order())
  const second = paid.body.attempts[0].reference
  await eventually(() => mtn.captures().length === 1)
  expect((await hint('SUCCESSFUL', second, 'PUT')).status).toBe(200)
  const payment = await lango.until(paid.body.id, (body) => body.fulfilment.status === 'fulfilled')
  expect(payment).toMatchObject({ status: 'succeeded', attempts: [{ n: 1, gateway: 'mtn', status: 'succeeded' }] })
  expect(mtn.captures()).toMatchObject([{ reference: second, amountMinor: '1550', currency: 'ZMW' }])
  expect(calls(TOKEN)).toHaveLength(1)
  await expectLedger(lango, [second])
})

it('a token that is refused is fetched again, and the deposit goes once', async () => {
  mtn.expireTokens()
  const before = { tokens: calls(TOKEN).length, sends: calls(PAY).filter(({ method }) => method === 'POST').length }
  const answer = await lango.pay(order())
  expect(answer.status).toBe(201)
  expect(calls(TOKEN).length).toBe(before.tokens + 1)
  expect(calls(PAY).filter(({ method }) => method === 'POST').length).toBe(before.sends + 2)
  await eventually(() => mtn.captures().some(({ reference }) => reference === answer.body.attempts[0].reference))
  expect(lango.logs.join()).not.toContain('gateway_credentials')
  expect(lango.logs.join()).not.toContain('eyJ0eXAiOiJKV1Qi')
})

it('an answer that was lost is asked about, not sent again', async () => {
  mtn.persona({ dropAfterProcessing: true, next: 1 })
  const answer = await lango.pay(order())
  const [attempt] = answer.body.attempts
  const payment = await lango.stack.payment(answer.body.id)
  await eventually(async () => {
    await payment.runDueAlarms(Date.now() + 60_000)
    return (await lango.get(answer.body.id)).body.status === 'succeeded'
  })
  expect(mtn.captures().filter(({ reference }) => reference === attempt.reference)).toHaveLength(1)
})
