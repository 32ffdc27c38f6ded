import { describe, expect, it } from 'vitest'
import {
  again,
  begin,
  callbackMessage,
  deliver,
  entriesOf,
  events,
  imbalance,
  order,
  queue,
  read,
  stubOf,
  vault,
  verdictOn,
  viewIn,
} from './kit.ts'

const duplicate = { kind: 'unknown', reason: 'duplicate' } as const
const found = { kind: 'found', outcome: 'succeeded', amountMinor: '1550', currency: 'ZMW' } as const
const poll = (id: Parameters<typeof stubOf>[0], aheadMs: number) => stubOf(id).runDueAlarms(Date.now() + aheadMs)

describe('T20: the gateway says that it has our reference already', () => {
  it('the payment is unknown, no other reference is made for whoever asks, and a status query by that reference decides', async () => {
    const input = order()
    await vault.play(input.paymentId, { send: duplicate, status: { kind: 'found', outcome: 'pending' } })
    const first = await begin(input)
    expect(first).toMatchObject({ kind: 'started', outcome: 'unknown' })
    const [attempt] = viewIn(first).attempts
    for (let i = 0; i < 3; i++) {
      const repeated = await begin(again(input, { sessionId: `session-${i}` }))
      expect(repeated).toMatchObject({ kind: 'existing', refused: false })
      expect(viewIn(repeated).attempts.map(({ reference }) => reference)).toEqual([attempt?.reference])
    }
    await poll(input.paymentId, 11_000)
    expect((await read(input.paymentId))?.status).toBe('pending')
    await vault.play(input.paymentId, { status: found })
    await poll(input.paymentId, 3_600_000)
    expect(await read(input.paymentId)).toMatchObject({
      status: 'succeeded',
      attempts: [{ reference: attempt?.reference }],
    })
    const { sends, statuses } = await vault.calls(input.paymentId)
    expect(sends).toHaveLength(1)
    expect(new Set(statuses)).toEqual(new Set([attempt?.reference]))
  })
})

describe('T37: the same news from every side at once', () => {
  it('a hundred deliveries, polls and refreshes: one transition, one entry, one event', async () => {
    const input = order()
    await begin(input)
    await vault.play(input.paymentId, { status: found, statusDelayMs: 5 })
    const message = callbackMessage(verdictOn(input))
    const stub = stubOf(input.paymentId)
    const statuses = await Promise.all(
      Array.from({ length: 100 }, async (_, i) => {
        if (i % 10 === 3) return void (await poll(input.paymentId, 11_000 + i))
        if (i % 10 === 7) return void (await stub.refresh())
        return (await deliver(message)).status
      }),
    )
    expect(new Set(statuses.filter((status) => status !== undefined))).toEqual(new Set([200]))
    // A nudge of a poll that came first may still be in the queue: delivered, it changes nothing.
    for (const { body } of await queue.about(input.paymentId)) await deliver(JSON.parse(body), 'fulfilment')
    expect(await read(input.paymentId)).toMatchObject({ status: 'succeeded', fulfilment: { status: 'fulfilled' } })
    expect(await entriesOf(input.paymentId)).toHaveLength(2)
    expect(await imbalance()).toEqual([])
    expect((await events(input.paymentId)).filter((event) => event === 'fulfilled')).toHaveLength(1)
    expect((await events(input.paymentId)).filter((event) => event === 'alert')).toEqual([])
  })
})
