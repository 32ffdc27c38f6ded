import { createServer, request } from 'node:http'
import { afterAll, expect, it } from 'vitest'
import { atGateway, eventually, freshKey, order, useStack } from './fixture.ts'

/** Between vault and gateway: takes the API token away, as a gateway does that has revoked it. */
let revoked = false
const between = createServer((incoming, outgoing) => {
  const headers = { ...incoming.headers, ...(revoked ? { authorization: 'Bearer revoked' } : {}) }
  const onward = request(lango.stack.pawapay.url + incoming.url, { method: incoming.method, headers }, (answer) => {
    outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
    answer.pipe(outgoing)
  })
  onward.on('error', () => outgoing.destroy())
  incoming.pipe(onward)
})
await new Promise<void>((resolve) => between.listen(0, '127.0.0.1', resolve))
const address = between.address()
const port = typeof address === 'object' && address ? address.port : 0
afterAll(() => void between.close())

const lango = useStack({ vars: { vault: { PAWAPAY_ORIGIN: `http://127.0.0.1:${port}` } } })

const alerts = () => lango.logs.filter((line) => line.includes('"alert"') && line.includes('gateway_credentials'))

it.each([401, 403] as const)(
  'T32: %i on create took nothing: the attempt is void, people are told, and the same invoice goes on with a fresh reference',
  async (status) => {
    lango.stack.pawapay.persona({ authErrorStatus: status })
    const before = alerts().length
    const body = order()
    const headers = { 'idempotency-key': freshKey() }
    revoked = true
    const refused = await lango.pay(body, headers)
    expect(refused).toMatchObject({
      status: 422,
      body: { code: 'payment_rejected', failureCode: 'AUTHENTICATION_ERROR' },
    })
    await eventually(() => alerts().length > before)
    const id: string = refused.body.paymentId
    const failed = await lango.get(id)
    expect(failed.body).toMatchObject({ status: 'failed', attempts: [{ n: 1, status: 'failed' }] })
    // The same key is told the same again, and nothing more is sent for it.
    expect((await lango.pay(body, headers)).status).toBe(422)

    revoked = false
    const again = await lango.pay(body)
    expect(again).toMatchObject({ status: 201, body: { id } })
    const paid = await lango.until(id, (seen) => seen.fulfilment.status === 'fulfilled')
    const [void_, second] = paid.attempts
    expect(paid.attempts).toHaveLength(2)
    expect(atGateway(lango, void_.reference)).toEqual({ deposits: 1, captures: 0 })
    expect(atGateway(lango, second.reference)).toEqual({ deposits: 1, captures: 1 })
  },
)

it('T32: 401 on a status question changes nothing: the payment stays open, is asked about again, and ends paid', async () => {
  lango.stack.pawapay.persona({ authErrorStatus: 401, withholdCallbacks: true })
  const answer = await lango.pay(order())
  expect(answer.status).toBe(201)
  const payment = await lango.stack.payment(answer.body.id)
  const before = alerts().length
  revoked = true
  // Past the settling time, too: an answer that we were refused is no "not found".
  for (const minutes of [1, 30, 120]) await payment.runDueAlarms(Date.now() + minutes * 60_000)
  const polls = (await payment.history()).filter(({ event }) => event === 'polled')
  expect(polls.length).toBeGreaterThanOrEqual(2)
  expect(polls.every(({ detail }) => detail.endsWith('unknown'))).toBe(true)
  expect((await lango.get(answer.body.id)).body.status).toBe('pending')
  await eventually(() => alerts().length > before)

  revoked = false
  const [{ reference }] = answer.body.attempts
  await eventually(() => atGateway(lango, reference).captures === 1)
  await payment.runDueAlarms(Date.now() + 24 * 3_600_000)
  await lango.until(answer.body.id, (seen) => seen.fulfilment.status === 'fulfilled')
  expect(atGateway(lango, reference)).toEqual({ deposits: 1, captures: 1 })
  lango.stack.pawapay.persona({ reset: true })
})
