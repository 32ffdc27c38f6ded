import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterEach, describe, expect, it } from 'vitest'
import { PaymentObject } from '../../../src/consumer/payment-object.ts'
import type { BeginInput } from '../../../src/contracts/payment-object.ts'
import { parseGatewayReference } from '../../../src/domain/ids.ts'
import {
  again,
  begin,
  deliver,
  entriesOf,
  events,
  eventually,
  order,
  queue,
  read,
  sleep,
  stubOf,
  vault,
  verdictOn,
  viewIn,
} from './kit.ts'

const unknown = { kind: 'unknown', reason: 'timeout' } as const
const found = { kind: 'found', outcome: 'succeeded', amountMinor: '1550', currency: 'ZMW' } as const
const MINUTE = 60_000

const opened = async (over: Partial<BeginInput> = {}): Promise<BeginInput> => {
  const input = order(over)
  await begin(input)
  return input
}

const apply = (input: BeginInput, over: Parameters<typeof verdictOn>[1]) =>
  stubOf(input.paymentId).apply(verdictOn(input, over), 'qstash')

const poll = (input: BeginInput, aheadMs: number): Promise<number> =>
  stubOf(input.paymentId).runDueAlarms(Date.now() + aheadMs)

/** Ends the object in the middle of whatever it does. What is not on disk is lost; the next call makes a new one. */
const crash = async (input: BeginInput): Promise<void> => {
  const ended = runInDurableObject(stubOf(input.paymentId), (_, state) => state.abort('crash of the test'))
  await expect(ended).rejects.toThrow('crash of the test')
}

/** The plan's questions, each as soon as it is due. */
const pollOften = async (input: BeginInput, fromMs: number, times = 8): Promise<void> => {
  for (let i = 0; i < times; i++) await poll(input, fromMs + i * 30 * MINUTE)
}

const statusOf = async (input: BeginInput) => (await read(input.paymentId))?.status

afterEach(() => queue.down(false))

describe('no callback comes', () => {
  it('T17: unknown, then found by asking: succeeded, a nudge is published, one delivery fulfils it', async () => {
    const input = order()
    await vault.play(input.paymentId, { send: unknown, status: found })
    await begin(input)
    expect(await statusOf(input)).toBe('unknown')
    await poll(input, 11_000)
    expect(await statusOf(input)).toBe('succeeded')
    const [nudge, ...others] = await queue.about(input.paymentId)
    expect(others).toEqual([])
    expect(nudge).toMatchObject({ authorized: true, dedupId: expect.stringMatching(/^ff_pay_[0-9a-f]{26}_\d+$/) })
    expect(nudge?.target).toBe('/v2/publish/https://deliveries.example.com/deliveries/fulfilment')
    const message = JSON.parse(nudge?.body ?? '')
    expect(message).toEqual({ v: 1, kind: 'fulfilment', via: 'sweep', paymentId: input.paymentId })
    for (let i = 0; i < 2; i++) expect((await deliver(message, 'fulfilment')).status).toBe(200)
    expect((await read(input.paymentId))?.fulfilment).toMatchObject({ status: 'fulfilled', deliveredVia: 'sweep' })
    expect(await entriesOf(input.paymentId)).toHaveLength(2)
  })

  it('the alarm asks by itself', async () => {
    const input = await opened()
    await vault.play(input.paymentId, { status: found })
    const stub = stubOf(input.paymentId)
    const atMs = await runInDurableObject(stub, (_, { storage }) => storage.getAlarm())
    expect(atMs).toBeGreaterThan(Date.now() + 5_000)
    expect(atMs).toBeLessThanOrEqual(Date.now() + 10_000)
    await runInDurableObject(stub, (_, { storage }) => {
      storage.sql.exec("UPDATE payment SET record = json_set(record, '$.state.attempts[0].nextPollAtMs', 1)")
    })
    expect(await runDurableObjectAlarm(stub)).toBe(true)
    expect(await statusOf(input)).toBe('succeeded')
  })

  it('T22: a question that fails changes nothing and is asked again', async () => {
    const input = await opened()
    for (const status of [{ kind: 'unknown', reason: '5xx' } as const, 'throw' as const]) {
      await vault.play(input.paymentId, { status })
      await poll(input, 11_000)
      expect(await statusOf(input)).toBe('pending')
    }
    await vault.play(input.paymentId, { status: found })
    await poll(input, 10 * MINUTE)
    expect(await statusOf(input)).toBe('succeeded')
  })

  it('T21: not found is no conclusion before the settling time', async () => {
    const input = order()
    await vault.play(input.paymentId, { send: unknown, status: { kind: 'not_found' } })
    await begin(input)
    await poll(input, 11_000)
    expect(await statusOf(input)).toBe('unknown')
    await pollOften(input, 60 * MINUTE)
    expect(await read(input.paymentId)).toMatchObject({ status: 'failed', failure: { code: 'not_received' } })
  })

  it('T58: nor is it after it when the clock has jumped, however often hints cause a question', async () => {
    const input = order()
    await vault.play(input.paymentId, { send: unknown, status: { kind: 'not_found' } })
    await begin(input)
    await pollOften(input, 60 * MINUTE, 7)
    for (let i = 0; i < 10; i++) {
      await runInDurableObject(stubOf(input.paymentId), (_, { storage }) => {
        storage.sql.exec("UPDATE payment SET record = json_set(record, '$.askedAtMs', 1)")
      })
      await stubOf(input.paymentId).refresh()
    }
    expect((await vault.calls(input.paymentId)).statuses).toHaveLength(17)
    expect(await statusOf(input)).toBe('unknown')
    await poll(input, 24 * 60 * MINUTE)
    expect(await statusOf(input)).toBe('failed')
  })

  it('T21: not found counts for when it was asked, not for when the answer came', async () => {
    const input = order()
    await vault.play(input.paymentId, { send: unknown, status: { kind: 'not_found' }, statusDelayMs: 700 })
    await begin(input)
    const settledAtMs = Date.parse((await read(input.paymentId))?.createdAt ?? '') + 15 * MINUTE
    const asked = async () => (await vault.calls(input.paymentId)).statuses.length
    // Heard often enough but for one answer, as after a clock that went back.
    await runInDurableObject(stubOf(input.paymentId), (_, { storage }) => {
      storage.sql.exec(
        "UPDATE payment SET record = json_set(record, '$.state.attempts[0].notFounds', 7, '$.state.attempts[0].polls', 7)",
      )
    })
    await stubOf(input.paymentId).runDueAlarms(settledAtMs - 300)
    expect([await asked(), await statusOf(input)]).toEqual([1, 'unknown'])
    await poll(input, 60 * MINUTE)
    expect([await asked(), await statusOf(input)]).toEqual([2, 'failed'])
  })

  it('a nudge that nobody acts on is repeated, under another id', async () => {
    const input = await opened()
    await vault.play(input.paymentId, { status: found })
    await poll(input, 11_000)
    await poll(input, 3 * MINUTE)
    await poll(input, 10 * MINUTE)
    const ids = (await queue.about(input.paymentId)).map(({ dedupId }) => dedupId)
    expect(ids.length).toBeGreaterThanOrEqual(3)
    expect(new Set(ids).size).toBe(ids.length)
  })
})

describe('the customer does not come back', () => {
  const toRedirect = {
    kind: 'accepted',
    nextAction: { type: 'redirect', url: 'https://wallet.example.com/1' },
  } as const

  it('T31: a redirect that is left expires when the gateway says so, and another attempt may begin', async () => {
    const input = order()
    await vault.play(input.paymentId, { send: toRedirect, status: { kind: 'found', outcome: 'pending' } })
    const { nextAction, status } = viewIn(await begin(input))
    expect([status, nextAction]).toEqual(['needs_action', toRedirect.nextAction])
    // By our own clock nothing expires.
    await pollOften(input, 60 * MINUTE)
    expect(await statusOf(input)).toBe('needs_action')
    await vault.play(input.paymentId, { send: toRedirect, status: { kind: 'found', outcome: 'expired' } })
    await poll(input, 10 * 60 * MINUTE)
    const expired = await read(input.paymentId)
    expect(expired).toMatchObject({
      status: 'expired',
      failure: { code: 'expired' },
      attempts: [{ status: 'expired' }],
    })
    expect(expired).not.toHaveProperty('nextAction')
    expect(await begin(again(input))).toMatchObject({ kind: 'started', outcome: 'accepted' })
    expect((await vault.calls(input.paymentId)).sends).toHaveLength(2)
  })

  it('T23: and is paid late, should the customer have paid after all', async () => {
    const input = order()
    await vault.play(input.paymentId, { send: toRedirect, status: { kind: 'found', outcome: 'expired' } })
    await begin(input)
    await poll(input, 11_000)
    expect(await statusOf(input)).toBe('expired')
    await apply(input, { receivedAtMs: Date.now() + MINUTE })
    expect(await stubOf(input.paymentId).state()).toMatchObject({ status: 'succeeded', lateSuccess: true })
  })
})

describe('the object dies', () => {
  it('T06, T54: gone between send and outcome: unknown after the longest call, asked, never sent again', async () => {
    const input = order({ waitMs: 0 })
    await vault.play(input.paymentId, { sendDelayMs: 3_000, status: found })
    await begin(input)
    await eventually(
      async () => (await vault.calls(input.paymentId)).sends.length,
      (sends) => sends === 1,
    )
    await crash(input)
    expect(await statusOf(input)).toBe('pending')
    expect(await begin(again(input))).toMatchObject({ kind: 'existing' })
    await poll(input, 30_000)
    expect((await vault.calls(input.paymentId)).statuses).toHaveLength(0)
    await poll(input, 161_000)
    expect(await statusOf(input)).toBe('succeeded')
    expect((await vault.calls(input.paymentId)).sends).toHaveLength(1)
  })

  it('an alarm that was lost is set again', async () => {
    const input = await opened()
    await runInDurableObject(stubOf(input.paymentId), async (_, { storage }) => {
      await storage.deleteAlarm()
      await storage.sync()
    })
    await crash(input)
    const atMs = await runInDurableObject(stubOf(input.paymentId), (_, { storage }) => storage.getAlarm())
    expect(atMs).not.toBeNull()
  })

  it('I6: attempt, reference and key are on disk before the vault hears of them', async () => {
    const input = order({ waitMs: 0 })
    await vault.play(input.paymentId, { sendDelayMs: 500 })
    const answer = await begin(input)
    await crash(input)
    const view = await read(input.paymentId)
    expect(view?.attempts).toEqual(viewIn(answer).attempts)
    expect(parseGatewayReference(view?.attempts[0]?.reference ?? '')).toBeDefined()
    expect(await begin(input)).toMatchObject({ kind: 'existing' })
  })

  it('while a call is under way the object holds an alarm for it', async () => {
    const input = order({ waitMs: 0 })
    await vault.play(input.paymentId, { sendDelayMs: 4_000 })
    await begin(input)
    const stub = stubOf(input.paymentId)
    const atMs = await runInDurableObject(stub, (_, { storage }) => storage.getAlarm())
    expect(atMs).toBeLessThanOrEqual(Date.now() + 10_000)
    const from = Date.now()
    expect(await runDurableObjectAlarm(stub)).toBe(true)
    expect(Date.now() - from).toBeGreaterThan(500)
    expect(await events(input.paymentId)).toEqual(['begin', 'sent', 'accepted'])
  })
})

describe('the outbox', () => {
  it('T40: keeps a message once, publishes it when the queue is back, exactly as it was', async () => {
    const input = await opened()
    const stub = stubOf(input.paymentId)
    await queue.down(true)
    const message = {
      v: 1,
      kind: 'callback',
      body: JSON.stringify({ about: input.paymentId, spacing: ' kept ' }),
      dedupId: `cb_${input.paymentId}`,
    } as const
    expect(await stub.keep(message)).toBe(true)
    expect(await stub.keep(message)).toBe(true)
    expect(await poll(input, 2_000)).toBe(0)
    expect(await queue.about(input.paymentId)).toEqual([])
    await crash(input)
    await queue.down(false)
    const published = await eventually(
      () => queue.about(input.paymentId),
      (seen) => seen.length > 0,
    )
    expect(published).toHaveLength(1)
    expect(published[0]).toMatchObject({ dedupId: message.dedupId, body: message.body })
    expect(published[0]?.target).toMatch(/\/deliveries\/callback$/)
    await poll(input, 5_000)
    expect(await queue.about(input.paymentId)).toHaveLength(1)
  })

  it('holds one nudge at a time, however often it is time for one', async () => {
    const input = await opened()
    await vault.play(input.paymentId, { status: found })
    await queue.down(true)
    for (const aheadMs of [11_000, 3 * MINUTE, 10 * MINUTE, 60 * MINUTE]) await poll(input, aheadMs)
    await queue.down(false)
    await poll(input, 61 * MINUTE)
    expect(await queue.about(input.paymentId)).toHaveLength(1)
  })

  it('waits longer after each failure, a minute at most', async () => {
    const input = await opened()
    const stub = stubOf(input.paymentId)
    await queue.down(true)
    await stub.keep({ v: 1, kind: 'callback', body: `"${input.paymentId}"`, dedupId: `cb_${input.paymentId}` })
    for (const seconds of [1, 2, 4, 8, 16, 32, 60, 60]) {
      const from = Date.now()
      const { at } = await runInDurableObject(stub, async (object, { storage }) => {
        await object.runDueAlarms(Date.now() + 2 * MINUTE)
        // Its own alarm would be one try more.
        await storage.deleteAlarm()
        return storage.sql.exec<{ at: number }>('SELECT next_at_ms AS at FROM outbox').one()
      })
      expect(at - seconds * 1_000).toBeGreaterThanOrEqual(from)
      expect(at - seconds * 1_000).toBeLessThanOrEqual(Date.now())
    }
  })
})

describe('a hint', () => {
  it('T64: causes one question, whose answer is believed', async () => {
    const input = await opened()
    await vault.play(input.paymentId, { status: found })
    const answer = await stubOf(input.paymentId).refresh()
    expect(answer).toMatchObject({ kind: 'applied', due: { amountMinor: '1550', attempt: 1, currency: 'ZMW' } })
    expect(await statusOf(input)).toBe('succeeded')
  })

  it('T34: a hundred of them cause one question now and one later', async () => {
    const input = await opened()
    await vault.play(input.paymentId, { status: { kind: 'found', outcome: 'pending' } })
    await Promise.all(Array.from({ length: 100 }, () => stubOf(input.paymentId).refresh()))
    expect((await vault.calls(input.paymentId)).statuses).toHaveLength(1)
    await crash(input)
    await stubOf(input.paymentId).refresh()
    expect((await vault.calls(input.paymentId)).statuses).toHaveLength(1)
    await vault.play(input.paymentId, { status: found })
    await poll(input, 15_000)
    expect(await statusOf(input)).toBe('succeeded')
  })

  it('more hints do not push the waiting question away', async () => {
    const input = await opened()
    const waitingAtMs = async () => {
      await stubOf(input.paymentId).refresh()
      const [row] = await runInDurableObject(stubOf(input.paymentId), (_, { storage }) =>
        storage.sql
          .exec<{ at: number }>("SELECT json_extract(record, '$.questions[0].atMs') AS at FROM payment")
          .toArray(),
      )
      return row?.at
    }
    await stubOf(input.paymentId).refresh()
    const first = await waitingAtMs()
    expect(first).toBeGreaterThan(Date.now())
    await sleep(20)
    expect(await waitingAtMs()).toBe(first)
  })

  it('I2: stays until the gateway has answered, also about an attempt that nobody polls any more', async () => {
    const input = await opened()
    await apply(input, { outcome: 'failed', failureCode: 'PAYMENT_NOT_APPROVED' })
    await vault.play(input.paymentId, { status: { kind: 'unknown', reason: 'timeout' } })
    await stubOf(input.paymentId).refresh(1)
    await poll(input, 15_000)
    expect(await statusOf(input)).toBe('failed')
    await vault.play(input.paymentId, { status: found })
    await poll(input, 3_600_000)
    expect(await statusOf(input)).toBe('succeeded')
  })

  it('I1: about one attempt does not erase the hint about another', async () => {
    const input = await opened()
    await apply(input, { outcome: 'failed', failureCode: 'PAYMENT_NOT_APPROVED' })
    await vault.play(input.paymentId, { status: { kind: 'found', outcome: 'pending' } })
    await begin(again(input))
    await stubOf(input.paymentId).refresh(2)
    await stubOf(input.paymentId).refresh(1)
    await stubOf(input.paymentId).refresh(2)
    await vault.play(input.paymentId, { status: found })
    await poll(input, 30_000)
    expect((await read(input.paymentId))?.attempts.map(({ status }) => status)).toEqual(['succeeded', 'succeeded'])
  })

  it('T43: a success that the queue loses is asked about, and one that arrives is not', async () => {
    for (const lost of [true, false]) {
      const input = await opened()
      await apply(input, { outcome: 'failed', failureCode: 'PAYMENT_NOT_APPROVED' })
      await stubOf(input.paymentId).expectCallback(1)
      if (!lost) await apply(input, { outcome: 'succeeded' })
      const before = (await vault.calls(input.paymentId)).statuses.length
      await vault.play(input.paymentId, { status: found })
      await poll(input, 2 * 3_600_000)
      expect((await vault.calls(input.paymentId)).statuses.length - before).toBe(lost ? 1 : 0)
      expect(await statusOf(input)).toBe('succeeded')
    }
  })

  it('T43: a success that the queue loses is asked about, also when an older failure closes the attempt afterwards', async () => {
    const input = await opened()
    await stubOf(input.paymentId).expectCallback(1)
    await apply(input, { outcome: 'failed', failureCode: 'PAYMENT_NOT_APPROVED' })
    await vault.play(input.paymentId, { status: found })
    await poll(input, 2 * 3_600_000)
    expect(await statusOf(input)).toBe('succeeded')
  })

  it('T39: a failed that the queue delivers late does not take a success back', async () => {
    const input = await opened()
    const failed = {
      outcome: 'failed',
      failureCode: 'PAYMENT_NOT_APPROVED',
      receivedAtMs: Date.now() - 60_000,
    } as const
    await apply(input, failed)
    await apply(input, { outcome: 'succeeded', receivedAtMs: Date.now() })
    await apply(input, failed)
    expect(await statusOf(input)).toBe('succeeded')
  })

  describe('of a failed that comes after the success', () => {
    const failed = { outcome: 'failed', failureCode: 'PAYMENT_NOT_APPROVED' } as const
    const foundFailed = { kind: 'found', outcome: 'failed', failureCode: 'PAYMENT_NOT_APPROVED' } as const
    const asked = async (input: BeginInput) => (await vault.calls(input.paymentId)).statuses.length

    it('T39: takes nothing back when the gateway only repeats it: it is asked once, and not again', async () => {
      const input = await opened()
      await apply(input, failed)
      await apply(input, { outcome: 'succeeded' })
      await vault.play(input.paymentId, { status: found })
      for (let i = 1; i <= 3; i++) await apply(input, { ...failed, receivedAtMs: Date.now() + i * MINUTE })
      expect([await statusOf(input), await asked(input)]).toEqual(['succeeded', 1])
      // Those that came too soon after the first are one question more.
      for (const aheadMs of [MINUTE, 60 * MINUTE, 24 * 60 * MINUTE, 45 * 24 * 60 * MINUTE]) await poll(input, aheadMs)
      expect([await statusOf(input), await asked(input)]).toEqual(['succeeded', 2])
    })

    it('T39: goes to review when the gateway, asked since, says so, and is not due any more', async () => {
      const input = await opened()
      await apply(input, { outcome: 'succeeded' })
      await vault.play(input.paymentId, { status: foundFailed })
      expect(await apply(input, { ...failed, receivedAtMs: Date.now() + MINUTE })).toEqual({
        kind: 'applied',
        due: null,
      })
      expect(await statusOf(input)).toBe('review')
    })

    it('T39: takes nothing back as the answer to a query that another has overtaken', async () => {
      const input = await opened()
      await vault.play(input.paymentId, { status: found, statusDelayMs: 2_000 })
      const first = stubOf(input.paymentId).refresh(1)
      await expect.poll(() => asked(input)).toBe(1)
      await runInDurableObject(stubOf(input.paymentId), (_, { storage }) => {
        storage.sql.exec("UPDATE payment SET record = json_set(record, '$.askedAtMs', 1)")
      })
      // It reached the gateway before the first did, and the gateway had not taken the money yet.
      await vault.play(input.paymentId, { status: foundFailed, statusDelayMs: 3_000 })
      const second = stubOf(input.paymentId).refresh(1)
      await Promise.all([first, second])
      expect([await statusOf(input), await asked(input)]).toEqual(['succeeded', 2])
    })

    it('T39: is asked about until the gateway has said one or the other; an old success is no answer', async () => {
      const input = await opened()
      await apply(input, { outcome: 'succeeded' })
      await vault.play(input.paymentId, { status: { kind: 'unknown', reason: 'timeout' } })
      await apply(input, failed)
      await crash(input)
      await apply(input, { outcome: 'succeeded' })
      const answers = [
        { kind: 'not_found' },
        { kind: 'found', outcome: 'pending' },
        { kind: 'found', outcome: 'unrecognised' },
      ] as const
      for (const [i, status] of answers.entries()) {
        await vault.play(input.paymentId, { status })
        await poll(input, (i + 1) * 10 * MINUTE)
        expect([await statusOf(input), await asked(input)]).toEqual(['succeeded', i + 2])
      }
      await vault.play(input.paymentId, { status: foundFailed })
      await poll(input, 120 * MINUTE)
      expect(await statusOf(input)).toBe('review')
    })
  })

  it('I2: an answer that was under way when the news came is no answer to it, nor is not found', async () => {
    const input = await opened()
    await vault.play(input.paymentId, { status: { kind: 'found', outcome: 'failed' }, statusDelayMs: 300 })
    const polling = poll(input, 11_000)
    // The gateway changes its mind, says so, and the queue loses it.
    await stubOf(input.paymentId).expectCallback(1)
    await polling
    expect(await statusOf(input)).toBe('failed')
    await vault.play(input.paymentId, { status: { kind: 'not_found' } })
    await poll(input, 2 * 3_600_000)
    expect(await statusOf(input)).toBe('failed')
    await vault.play(input.paymentId, { status: found })
    await poll(input, 4 * 3_600_000)
    expect(await statusOf(input)).toBe('succeeded')
  })

  it('I2: nor is one that was asked for the question before, which another query has answered', async () => {
    const input = await opened()
    const failed = { kind: 'found', outcome: 'failed' } as const
    await vault.play(input.paymentId, { status: failed, statusDelayMs: 600 })
    const slow = stubOf(input.paymentId).refresh(1)
    await expect.poll(async () => (await vault.calls(input.paymentId)).statuses.length).toBe(1)
    await vault.play(input.paymentId, { status: failed })
    await poll(input, 11_000)
    expect(await statusOf(input)).toBe('failed')
    await stubOf(input.paymentId).expectCallback(1)
    await slow
    await vault.play(input.paymentId, { status: found })
    await poll(input, 2 * 3_600_000)
    expect(await statusOf(input)).toBe('succeeded')
  })

  it('about a payment or an attempt that is not there asks nothing', async () => {
    expect(await stubOf(order().paymentId).refresh()).toEqual({ kind: 'absent' })
    const input = await opened()
    expect(await stubOf(input.paymentId).refresh(7)).toEqual({ kind: 'absent' })
    expect((await vault.calls(input.paymentId)).statuses).toHaveLength(0)
  })
})

describe('what the gateway says twice, late or wrongly', () => {
  it('T37: the same verdict a hundred times is one transition', async () => {
    const input = await opened()
    const verdict = verdictOn(input)
    const answers = await Promise.all(
      Array.from({ length: 100 }, () => stubOf(input.paymentId).apply(verdict, 'qstash')),
    )
    expect(answers.every(({ kind }) => kind === 'applied')).toBe(true)
    expect((await read(input.paymentId))?.attempts).toMatchObject([{ status: 'succeeded' }])
  })

  it('T38: a callback that overtakes the answer to the send stands', async () => {
    const input = order({ waitMs: 0 })
    await vault.play(input.paymentId, { sendDelayMs: 400, send: unknown })
    await begin(input)
    await stubOf(input.paymentId).apply(verdictOn(input), 'qstash')
    await eventually(
      () => events(input.paymentId),
      (seen) => seen.includes('unknown'),
    )
    expect(await statusOf(input)).toBe('succeeded')
  })

  it('T28: another amount goes to review and is never due', async () => {
    const input = await opened()
    const answer = await stubOf(input.paymentId).apply(verdictOn(input, { amountMinor: '100' }), 'qstash')
    expect(answer).toEqual({ kind: 'applied', due: null })
    expect(await statusOf(input)).toBe('review')
  })

  it('T35: a reference that is not the one we wrote is another payment', async () => {
    const input = await opened()
    const other = await opened()
    for (const verdict of [
      verdictOn(input, { reference: verdictOn(other).reference }),
      verdictOn(input, { attempt: 2 }),
      verdictOn(other, { attempt: 1 }),
    ]) {
      expect(await stubOf(input.paymentId).apply(verdict, 'qstash')).toEqual({ kind: 'absent' })
    }
    expect(await statusOf(input)).toBe('pending')
  })

  it('I9: no gateway speaks for another, and each attempt is asked about where it was made', async () => {
    const input = await opened()
    const foreign = verdictOn(input, { gateway: 'toypay' })
    expect(await stubOf(input.paymentId).apply(foreign, 'qstash')).toEqual({ kind: 'absent' })
    expect(await statusOf(input)).toBe('pending')

    await apply(input, { outcome: 'failed', failureCode: 'PAYMENT_NOT_APPROVED' })
    await begin({ ...again(input), gateway: 'toypay' })
    await vault.play(input.paymentId, { status: found })
    await stubOf(input.paymentId).refresh(1)
    expect((await vault.calls(input.paymentId)).asked).toEqual(['pawapay'])
    expect((await read(input.paymentId))?.attempts).toMatchObject([
      { gateway: 'pawapay', status: 'succeeded' },
      { gateway: 'toypay', status: 'pending' },
    ])
  })

  it('a verdict that is only a hint is never applied', async () => {
    const input = await opened()
    await vault.play(input.paymentId, { status: { kind: 'found', outcome: 'pending' } })
    await stubOf(input.paymentId).apply(verdictOn(input, { authentic: 'hint' }), 'qstash')
    expect(await statusOf(input)).toBe('pending')
  })

  it('T23: a success after the failure of attempt 1 while attempt 2 is open: paid once, and the other is a double', async () => {
    const input = order()
    await vault.play(input.paymentId, { send: { kind: 'rejected', code: 'UNSPECIFIED_FAILURE' } })
    await begin(input)
    await vault.play(input.paymentId, {})
    await begin(again(input))
    await stubOf(input.paymentId).apply(verdictOn(input), 'qstash')
    const late = await stubOf(input.paymentId).apply(verdictOn(input, { attempt: 2 }), 'qstash')
    expect(late).toMatchObject({ kind: 'applied', due: { attempt: 1 } })
    expect(await events(input.paymentId)).toContain('alert')
  })

  it('what is due is the attempt that paid, not the double, whichever came first', async () => {
    const input = order()
    await vault.play(input.paymentId, { send: { kind: 'rejected', code: 'UNSPECIFIED_FAILURE' } })
    await begin(input)
    await vault.play(input.paymentId, {})
    await begin(again(input))
    await stubOf(input.paymentId).apply(verdictOn(input, { attempt: 2 }), 'qstash')
    const double = await stubOf(input.paymentId).apply(verdictOn(input), 'qstash')
    expect(double).toMatchObject({ kind: 'applied', due: { attempt: 2 } })
  })
})

it('runs no alarms on request outside of development', async () => {
  const input = await opened()
  const ran = runInDurableObject(stubOf(input.paymentId), (_, state) =>
    new PaymentObject(state, { ...env, LANGO_ENVIRONMENT: 'production' }).runDueAlarms(Date.now() + MINUTE),
  )
  await expect(ran).rejects.toThrow('only in development')
})

it('keeps the last 500 lines of its history', async () => {
  const input = await opened()
  await runInDurableObject(stubOf(input.paymentId), async (object) => {
    for (let i = 0; i < 600; i++) await object.apply(verdictOn(input, { outcome: 'pending' }), 'qstash')
  })
  expect(await events(input.paymentId)).toHaveLength(500)
})
