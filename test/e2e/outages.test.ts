import { expect, it } from 'vitest'
import { atGateway, eventually, expectLedger, order, useStack } from './fixture.ts'

const lango = useStack()

const control = (url: string, what: string, body: unknown): Promise<Response> =>
  fetch(`${url}/_sim/${what}`, { method: 'POST', body: JSON.stringify(body) })

it('T10: with Redis stopped payments go on, correct', async () => {
  await control(lango.stack.redis.url, 'persona', { down: true })
  try {
    const body = order()
    const answers = await Promise.all(Array.from({ length: 20 }, () => lango.pay(body)))
    expect(answers.filter((answer) => ![200, 201, 202].includes(answer.status))).toEqual([])
    expect(new Set(answers.map((answer) => answer.body.id)).size).toBe(1)
    const payment = await lango.until(answers[0]?.body.id, (seen) => seen.fulfilment.status === 'fulfilled')
    expect(atGateway(lango, payment.attempts[0].reference)).toEqual({ deposits: 1, captures: 1 })
    await expectLedger(lango, [payment.attempts[0].reference])
  } finally {
    await control(lango.stack.redis.url, 'persona', { down: false })
  }
})

it('T10: the same with redis-server itself stopped, and started again without its data', async ({ skip }) => {
  const { server } = lango.stack.redis.control
  if (!server) return skip('redis-server is not on PATH: the embedded engine runs')
  await server.stop()
  const body = order()
  const first = await lango.pay(body)
  expect([201, 202]).toContain(first.status)
  await server.start()
  const again = await lango.pay(body)
  expect(again.body.id).toBe(first.body.id)
  const payment = await lango.until(first.body.id, (seen) => seen.fulfilment.status === 'fulfilled')
  expect(payment.attempts).toHaveLength(1)
  expect(atGateway(lango, payment.attempts[0].reference)).toEqual({ deposits: 1, captures: 1 })
})

it('T09: a Redis answer lost after the write is recognised as our own', async () => {
  await control(lango.stack.redis.url, 'persona', { dropAfterExecute: 1 })
  const answer = await lango.pay(order())
  expect(answer.status).toBe(201)
  const payment = await lango.until(answer.body.id, (seen) => seen.fulfilment.status === 'fulfilled')
  expect(atGateway(lango, payment.attempts[0].reference)).toEqual({ deposits: 1, captures: 1 })
})

it('T40: with QStash stopped a callback is kept, answered 200, and fulfilled when QStash is back', async () => {
  lango.stack.qstash.persona({ down: true })
  const answer = await lango.pay(order())
  expect(answer.status).toBe(201)
  const callbacks = async () =>
    (await (await fetch(`${lango.stack.pawapay.url}/_sim/callbacks`)).json()) as { reference: string; status: number }[]
  const reference: string = answer.body.attempts[0].reference
  const delivered = await eventually(async () =>
    (await callbacks()).find((callback) => callback.reference === reference && callback.status === 200),
  )
  expect(delivered.status).toBe(200)
  expect((await lango.get(answer.body.id)).body.fulfilment.status).not.toBe('fulfilled')

  lango.stack.qstash.persona({ down: false })
  const payment = await lango.until(answer.body.id, (seen) => seen.fulfilment.status === 'fulfilled', 30_000)
  expect(payment.fulfilment.deliveredVia).toBe('outbox')
  expect(atGateway(lango, reference)).toEqual({ deposits: 1, captures: 1 })
  await expectLedger(lango, [reference])
})
