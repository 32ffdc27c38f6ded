import { expect, it } from 'vitest'
import { atGateway, eventually, expectLedger, order, useStack } from './fixture.ts'

const lango = useStack()

it('a payment walks through every part and is fulfilled once', async () => {
  const answer = await lango.pay(order())
  expect(answer.status).toBe(201)
  expect(answer.headers.get('location')).toBe(`/v1/payments/${answer.body.id}`)
  expect(answer.body).toMatchObject({
    amount: '15.50',
    currency: 'ZMW',
    phoneNumber: '2607••••6789',
    gateway: 'pawapay',
  })

  const payment = await lango.until(answer.body.id, (body) => body.fulfilment.status === 'fulfilled')
  expect(payment).toMatchObject({
    status: 'succeeded',
    provider: 'MTN_MOMO_ZMB',
    fulfilment: { deliveredVia: 'qstash' },
    attempts: [{ n: 1, gateway: 'pawapay', status: 'succeeded' }],
  })

  const { reference } = payment.attempts[0]
  expect(atGateway(lango, reference)).toEqual({ deposits: 1, captures: 1 })
  await expectLedger(lango, [reference])
  const { results } = await lango.stack.database
    .prepare('SELECT status FROM orders WHERE payment_id = ?')
    .bind(payment.id)
    .all<{ status: string }>()
  expect(results).toEqual([{ status: 'fulfilled' }])
})

it('the caller may wait longer or not at all: the answer is 202 at the deadline and the call goes on', async () => {
  lango.stack.pawapay.persona({ latencyMs: 900 })
  try {
    const answer = await lango.pay(order(), { prefer: 'wait=0' })
    expect(answer.status).toBe(202)
    expect(answer.headers.get('retry-after')).toBe('2')
    expect(answer.body.status).toBe('pending')
    const payment = await lango.until(answer.body.id, (body) => body.fulfilment.status === 'fulfilled')
    expect(atGateway(lango, payment.attempts[0].reference)).toEqual({ deposits: 1, captures: 1 })
  } finally {
    lango.stack.pawapay.persona({ latencyMs: 0 })
  }
})

it('T61: a caller that hangs up after 1 s changes nothing', async () => {
  lango.stack.pawapay.persona({ latencyMs: 2_500 })
  try {
    const body = order()
    const controller = new AbortController()
    const gone = fetch(`${lango.stack.edgeUrl}/v1/payments`, {
      method: 'POST',
      signal: controller.signal,
      headers: {
        authorization: `Bearer ${lango.stack.secretKey}`,
        'content-type': 'application/json',
        'idempotency-key': 'hung-up',
      },
      body: JSON.stringify(body),
    })
    setTimeout(() => controller.abort(), 1_000)
    await expect(gone).rejects.toThrow()
    const again = await lango.pay(body, { 'idempotency-key': 'hung-up', prefer: 'wait=10' })
    expect([200, 202]).toContain(again.status)
    const payment = await lango.until(again.body.id, (seen) => seen.fulfilment.status === 'fulfilled')
    expect(payment.attempts).toHaveLength(1)
    expect(atGateway(lango, payment.attempts[0].reference)).toEqual({ deposits: 1, captures: 1 })
    const events = (await (await lango.stack.payment(payment.id)).history()).map((entry) => entry.event)
    expect(events).toContain('accepted')
    expect(events).not.toContain('unknown')
  } finally {
    lango.stack.pawapay.persona({ latencyMs: 0 })
  }
})

it('/health names every part', async () => {
  const response = await fetch(`${lango.stack.edgeUrl}/health`)
  expect(response.status).toBe(200)
  expect(await response.json()).toMatchObject({ status: 'ok', core: { sealed: 'ok' } })
})

it('T55: no log line and no queue message holds a full phone number or a secret', async () => {
  const answer = await lango.pay(order({ phoneNumber: '+260 76 345-6789' }))
  await lango.until(answer.body.id, (body) => body.fulfilment.status === 'fulfilled')
  await eventually(() => lango.logs.some((line) => line.includes(answer.body.id)))
  const written = [...lango.logs, JSON.stringify(lango.stack.qstash.published()), JSON.stringify(await keysOfRedis())]
  for (const line of written) {
    expect(line).not.toContain('260763456789')
    expect(line).not.toContain(lango.stack.secretKey)
    expect(line).not.toMatch(/PRIVATE KEY/)
  }
})

const keysOfRedis = async (): Promise<unknown> => (await fetch(`${lango.stack.redis.url}/_sim/keys`)).json()
