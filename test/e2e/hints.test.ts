import { expect, it } from 'vitest'
import { atGateway, eventually, expectLedger, order, useStack } from './fixture.ts'

/** An account whose callbacks are unsigned. */
const lango = useStack({ vars: { vault: { PAWAPAY_CALLBACK_MODE: 'hint' } } })

it('T64: an unsigned callback causes one question, and the answer to it fulfils the payment', async () => {
  lango.stack.pawapay.persona({ unsignedCallbacks: true })
  const answer = await lango.pay(order())
  const payment = await lango.until(answer.body.id, (body) => body.fulfilment.status === 'fulfilled')
  const [{ reference }] = payment.attempts
  expect(atGateway(lango, reference)).toEqual({ deposits: 1, captures: 1 })
  const asked = lango.stack.pawapay
    .requests()
    .filter(({ method, path }) => method === 'GET' && path.endsWith(reference))
  expect(asked).toHaveLength(1)
  await expectLedger(lango, [reference])
})

it('T34: an unsigned callback that lies changes nothing', async () => {
  const answer = await lango.pay(order({ phoneNumber: '260763456129' }))
  const [{ reference }] = answer.body.attempts
  const lie = JSON.stringify({ depositId: reference, status: 'COMPLETED', amount: '15.50', currency: 'ZMW' })
  for (let i = 0; i < 5; i++) {
    const response = await fetch(`${lango.stack.edgeUrl}/webhooks/pawapay/deposits`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: lie,
    })
    expect(response.status).toBe(200)
  }
  const asked = () =>
    lango.stack.pawapay.requests().filter(({ method, path }) => method === 'GET' && path.endsWith(reference))
  await eventually(() => asked().length > 0)
  // The five are one message, or two when they came on both sides of a limit's end.
  const { qstash } = lango.stack
  const messages = new Set(
    qstash.published().flatMap(({ body, messageIds }) => (body.includes(reference) ? messageIds : [])),
  )
  expect(messages.size).toBeGreaterThan(0)
  await eventually(() =>
    [...messages].every((id) =>
      qstash.deliveries().some(({ messageId, status }) => messageId === id && status === 200),
    ),
  )
  expect(asked()).toHaveLength(1)
  expect((await lango.get(answer.body.id)).body).toMatchObject({ status: 'pending', fulfilment: { status: 'none' } })
})
