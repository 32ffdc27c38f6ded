import { expect, it } from 'vitest'
import { atGateway, eventually, expectLedger, order, useStack } from './fixture.ts'

/** An account whose callbacks are signed. */
const lango = useStack()
const STUCK = '260763456129'

const control = async (what: string, body: unknown): Promise<{ status: number }> => {
  const response = await fetch(`${lango.stack.pawapay.url}/_sim/${what}`, {
    method: 'POST',
    body: JSON.stringify(body),
  })
  return (await response.json()) as { status: number }
}
const asked = (reference: string): number =>
  lango.stack.pawapay.requests().filter(({ method, path }) => method === 'GET' && path.endsWith(reference)).length

it('T64: a true signature that has expired is a hint: one question, whose answer is "not yet", and nothing is paid', async () => {
  const answer = await lango.pay(order({ phoneNumber: STUCK }))
  const [{ reference }] = answer.body.attempts
  for (let i = 0; i < 5; i++) {
    const { status } = await control('callback', { depositId: reference, status: 'COMPLETED', tamper: 'expired' })
    expect(status).toBe(200)
  }
  await eventually(() => asked(reference) > 0)
  await eventually(() => lango.stack.qstash.deliveries().some(({ status }) => status === 200))
  expect(asked(reference)).toBe(1)
  expect((await lango.get(answer.body.id)).body).toMatchObject({ status: 'pending', fulfilment: { status: 'none' } })
})

it('T64: and when the gateway, asked, says that it took the money, the payment is paid and fulfilled once', async () => {
  lango.stack.pawapay.persona({ next: 1, withholdCallbacks: true })
  const answer = await lango.pay(order())
  const [{ reference }] = answer.body.attempts
  await eventually(() => atGateway(lango, reference).captures === 1)
  const { status } = await control('callback', { depositId: reference, status: 'FAILED', tamper: 'expired' })
  expect(status).toBe(200)
  const payment = await lango.until(answer.body.id, (seen) => seen.fulfilment.status === 'fulfilled')
  expect(payment.status).toBe('succeeded')
  expect(asked(reference)).toBe(1)
  await expectLedger(lango, [reference])
})
