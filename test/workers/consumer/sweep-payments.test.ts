import { runInDurableObject } from 'cloudflare:test'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createD1OpenPayments } from '../../../src/adapters/d1-open-payments.ts'
import { createD1IndexPayment } from '../../../src/adapters/d1-payment-index.ts'
import { createD1Sweeps } from '../../../src/adapters/d1-sweeps.ts'
import { sweepPayments } from '../../../src/consumer/sweep-payments.ts'
import type { PaymentIndexRow } from '../../../src/contracts/payment-index.ts'
import type { BeginInput, PaymentObjectRpc } from '../../../src/contracts/payment-object.ts'
import type { StatusOutcome } from '../../../src/contracts/vault.ts'
import type { PaymentStatus } from '../../../src/domain/payment.ts'
import { begin, database, order, queue, stubOf, vault, verdictOn } from './kit.ts'

const MINUTE = 60_000
const LATER = () => Date.now() + 10 * MINUTE

const tasks = sweepPayments({
  open: createD1OpenPayments(database),
  sweeps: createD1Sweeps(database),
  payment: (id) => stubOf(id) as unknown as PaymentObjectRpc,
})
/** Each of its rounds, and what they found together. */
const sweep = {
  run: async (nowMs: number) => {
    const sum: Record<string, number> = {}
    for (const { run } of tasks)
      for (const [word, n] of Object.entries(await run(nowMs))) sum[word] = (sum[word] ?? 0) + n
    return sum
  },
}

const rowOf = (input: BeginInput, status: PaymentStatus, over: Partial<PaymentIndexRow> = {}): PaymentIndexRow => ({
  paymentId: input.paymentId,
  merchantId: input.merchantId,
  mode: 'test',
  invoice: input.invoice ?? null,
  phoneSuffix: '6789',
  status,
  createdAtMs: Date.now(),
  transactionIds: [],
  revision: Date.now(),
  ...over,
})

const opened = async (): Promise<BeginInput> => {
  const input = order()
  await begin(input)
  await createD1IndexPayment(database)(rowOf(input, 'pending'))
  return input
}

const alarmOf = (input: BeginInput) =>
  runInDurableObject(stubOf(input.paymentId), (_, { storage }) => storage.getAlarm())
const loseAlarm = (input: BeginInput) =>
  runInDurableObject(stubOf(input.paymentId), (_, { storage }) => storage.deleteAlarm())
const crash = async (input: BeginInput): Promise<void> => {
  const ended = runInDurableObject(stubOf(input.paymentId), (_, state) => state.abort('crash of the test'))
  await expect(ended).rejects.toThrow('crash of the test')
}

const lines: string[] = []
const lost = () => lines.filter((line) => line.includes('alarm_lost')).length

beforeEach(async () => {
  lines.length = 0
  vi.spyOn(console, 'log').mockImplementation((line: string) => void lines.push(line))
  await database.batch(
    ['payments', 'unfulfilled_payments', 'sweep_cursors'].map((table) => database.prepare(`DELETE FROM ${table}`)),
  )
})
afterEach(async () => {
  vi.restoreAllMocks()
  await queue.down(false)
})

describe('the sweep of open payments', () => {
  it('sets an alarm again that was lost, tells people, and leaves the others alone', async () => {
    const [first, second, third] = [await opened(), await opened(), await opened()]
    await loseAlarm(first)
    await loseAlarm(third)
    await crash(third)
    expect(await sweep.run(LATER())).toMatchObject({ absent: 0, rearmed: 2, unreachable: 0 })
    for (const input of [first, second, third]) expect(await alarmOf(input)).not.toBeNull()
    expect(lost()).toBe(2)
    expect(await sweep.run(LATER())).toMatchObject({ rearmed: 0, unreachable: 0 })
  })

  it('is not held up by one that does not answer', { timeout: 20_000 }, async () => {
    const [stuck, behind] = [await opened(), await opened()]
    await loseAlarm(behind)
    await crash(behind)
    const [open] = sweepPayments({
      open: createD1OpenPayments(database),
      sweeps: createD1Sweeps(database),
      payment: (id) =>
        id === stuck.paymentId
          ? { poke: () => new Promise<never>(() => {}), unanswered: async () => [] }
          : (stubOf(id) as unknown as PaymentObjectRpc),
    })
    expect(await open?.run(LATER())).toMatchObject({ unreachable: 1, rearmed: 1 })
  })

  it('is not alarmed by an alarm that is going off', async () => {
    const input = await opened()
    await vault.play(input.paymentId, { status: { kind: 'unknown', reason: 'timeout' } })
    const stub = stubOf(input.paymentId)
    const [, poked] = await Promise.all([
      runInDurableObject(stub, (object) => (object as unknown as { alarm(): Promise<void> }).alarm()),
      stub.poke('pending'),
    ])
    expect(poked).toBe('armed')
  })

  it('leaves young payments alone', async () => {
    await opened()
    expect(await sweep.run(Date.now())).toMatchObject({ armed: 0, rearmed: 0 })
  })

  it('T40: a paid payment whose nudge was never published is found, and its outbox drained', async () => {
    const input = await opened()
    await queue.down(true)
    await vault.play(input.paymentId, {
      status: { kind: 'found', outcome: 'succeeded', amountMinor: '1550', currency: 'ZMW' },
    })
    await stubOf(input.paymentId).runDueAlarms(Date.now() + 11_000)
    // The index was told that it is paid; there is no order yet.
    const { results } = await database.prepare('SELECT payment_id FROM unfulfilled_payments').all()
    expect(results).toContainEqual({ payment_id: input.paymentId })
    await loseAlarm(input)
    await queue.down(false)
    expect(await sweep.run(LATER())).toMatchObject({ rearmed: 1 })
    await vi.waitFor(async () => expect(await queue.about(input.paymentId)).toHaveLength(1), 10_000)
  })

  it('one that was found reversed before it was fulfilled is not told to D1 in each round', async () => {
    const input = await opened()
    await queue.down(true)
    const found = { kind: 'found', amountMinor: '1550', currency: 'ZMW' } as const
    await vault.play(input.paymentId, { status: { ...found, outcome: 'succeeded' } })
    const stub = stubOf(input.paymentId)
    await stub.runDueAlarms(Date.now() + 11_000)
    // The gateway takes it back before the queue lets the nudge through.
    await vault.play(input.paymentId, { status: { kind: 'found', outcome: 'failed' } })
    await stub.apply(
      verdictOn(input, { outcome: 'failed', failureCode: 'NO', receivedAtMs: Date.now() + 12_000 }),
      'outbox',
    )
    await stub.runDueAlarms(Date.now() + 40_000)
    await queue.down(false)
    await stub.runDueAlarms(Date.now() + 5 * MINUTE)
    const inD1 = await database
      .prepare('SELECT status FROM payments WHERE payment_id = ?')
      .bind(input.paymentId)
      .first()
    expect(inD1).toEqual({ status: 'review' })
    // In the list of those in review, and in that of those without an order; D1 has it as it is.
    for (let round = 0; round < 2; round++)
      expect(await sweep.run(LATER())).toMatchObject({ at_rest: 2, armed: 0, rearmed: 0 })
  })

  it('one of which nothing ever left is not asked in each round', async () => {
    const input = order()
    await createD1IndexPayment(database)(rowOf(input, 'created', { createdAtMs: 1_000 }))
    expect(await sweep.run(LATER())).toMatchObject({ absent: 0 })
  })

  const PENDING: StatusOutcome = { kind: 'found', outcome: 'pending' }
  const NONE: StatusOutcome = { kind: 'unknown', reason: 'http_500' }
  const HOUR = 60 * MINUTE
  const told = () =>
    lines.filter((line) => line.includes('open_too_long')).map((line) => JSON.parse(line) as Record<string, unknown>)
  /** The plan's questions until so long from now, each with that answer. */
  const askedUntil = async (input: BeginInput, status: StatusOutcome | 'throw', minutes: readonly number[]) => {
    await vault.play(input.paymentId, { status })
    for (const minute of minutes) await stubOf(input.paymentId).runDueAlarms(Date.now() + minute * MINUTE)
  }

  it('T22: a gateway that answers no question for two hours is told of once, with how many payments wait for it', async () => {
    const inputs = [await opened(), await opened()]
    for (const input of inputs) await askedUntil(input, NONE, [1, 10, 40, 100])
    expect(await sweep.run(Date.now() + 100 * MINUTE)).toMatchObject({ armed: 2, unanswered: 0 })
    for (const input of inputs) await askedUntil(input, 'throw', [220])
    const nowMs = Date.now() + 4 * HOUR
    expect(await sweep.run(nowMs)).toMatchObject({ armed: 0, unanswered: 2 })
    expect(told()).toEqual([
      {
        worker: 'consumer',
        event: 'alert',
        code: 'open_too_long',
        gateway: 'pawapay',
        attempts: 2,
        payment: inputs[0]?.paymentId,
        hours: 3,
      },
    ])
    // Neither the next minutes nor the next hours say anything new.
    for (let minute = 1; minute < 24 * 60; minute += 90) await sweep.run(nowMs + minute * MINUTE)
    expect(told()).toHaveLength(1)
    await sweep.run(nowMs + 24 * HOUR)
    expect(told()).toHaveLength(2)
    const third = await opened()
    await askedUntil(third, NONE, [28 * 60 + 5, 31 * 60])
    await sweep.run(nowMs + 28 * HOUR)
    await sweep.run(nowMs + 29 * HOUR)
    expect(told()).toHaveLength(3)
    expect(told().at(-1)).toMatchObject({ attempts: 3 })
    // One is answered, another ends by its callback, the third waits on.
    const [first, second] = inputs as [BeginInput, BeginInput]
    await askedUntil(first, PENDING, [12 * 60])
    await stubOf(second.paymentId).apply(verdictOn(second, { outcome: 'failed', failureCode: 'NO' }), 'qstash')
    expect(await sweep.run(nowMs + 60 * HOUR)).toMatchObject({ unanswered: 1 })
    expect(told().at(-1)).toMatchObject({ attempts: 1 })
  })

  it('T22: nobody is told of single questions that fail, nor of a customer who takes days', async () => {
    const patient = await opened()
    await askedUntil(patient, PENDING, [1, 60, 240, 600, 2_000, 4_000])
    const hiccup = await opened()
    await askedUntil(hiccup, PENDING, [1, 10, 100])
    await askedUntil(hiccup, NONE, [240])
    await askedUntil(hiccup, PENDING, [600])
    await askedUntil(hiccup, NONE, [1_200])
    expect(await sweep.run(Date.now() + 72 * HOUR)).toMatchObject({ unanswered: 0 })
    expect(told()).toEqual([])
  })

  it('a payment that is fulfilled the usual way writes nothing to the sweep’s list', async () => {
    const input = order()
    await begin(input)
    await stubOf(input.paymentId).apply(verdictOn(input), 'qstash')
    const due = await stubOf(input.paymentId).due()
    await database.batch([
      database
        .prepare(
          `INSERT INTO orders (payment_id, merchant_id, mode, invoice, amount_minor, currency, status, fulfilled_via, fulfilled_at_ms)
           VALUES (?, 'm', 'test', NULL, 1, 'ZMW', 'fulfilled', 'qstash', 1)`,
        )
        .bind(input.paymentId),
    ])
    await createD1IndexPayment(database)(due?.index ?? rowOf(input, 'succeeded'))
    // Payments of other tests tell D1 of themselves when their alarms come.
    const listed = database.prepare('SELECT * FROM unfulfilled_payments WHERE payment_id = ?').bind(input.paymentId)
    expect((await listed.all()).results).toEqual([])
  })

  it('goes on where it stopped when there are more than one run takes', async () => {
    const rows = Array.from({ length: 130 }, (_, i) => rowOf(order(), 'pending', { createdAtMs: 1_000 + i }))
    await Promise.all(rows.map((row) => createD1IndexPayment(database)(row)))
    expect(await sweep.run(LATER())).toMatchObject({ absent: 100 })
    expect(await sweep.run(LATER())).toMatchObject({ absent: 30 })
    expect(await sweep.run(LATER())).toMatchObject({ absent: 100 })
  })

  it('finds one in review, whose open attempt nobody would ask about any more', async () => {
    const input = order()
    await begin(input)
    await vault.play(input.paymentId, { status: { kind: 'not_found' } })
    const status = async () => JSON.parse((await stubOf(input.paymentId).get())?.text ?? '{}').status
    for (let minutes = 1; (await status()) !== 'review' && minutes < 60; minutes++)
      await stubOf(input.paymentId).runDueAlarms(Date.now() + minutes * MINUTE)
    expect(await status()).toBe('review')
    await createD1IndexPayment(database)(rowOf(input, 'review', { revision: Date.now() + 60 * MINUTE }))
    expect(await alarmOf(input)).not.toBeNull()
    await loseAlarm(input)
    expect(await sweep.run(LATER())).toMatchObject({ rearmed: 1 })
    expect(await alarmOf(input)).not.toBeNull()
  })

  it('many in review take no turn of an open one, nor does it take theirs', async () => {
    const reviews = Array.from({ length: 60 }, (_, i) => rowOf(order(), 'review', { createdAtMs: 1_000 + i }))
    const open = Array.from({ length: 100 }, (_, i) => rowOf(order(), 'pending', { createdAtMs: 2_000 + i }))
    await Promise.all([...reviews, ...open].map((row) => createD1IndexPayment(database)(row)))
    expect(await sweep.run(LATER())).toMatchObject({ absent: 125 })
    expect(await sweep.run(LATER())).toMatchObject({ absent: 25 })
    expect(await sweep.run(LATER())).toMatchObject({ absent: 110 })
  })

  it('walks its own indexes and its own table, and sorts none', async () => {
    const plans: string[] = []
    const explained = createD1OpenPayments({
      prepare: (sql: string) => ({
        bind: (...values: unknown[]) => ({
          all: async () => {
            const { results } = await database
              .prepare(`EXPLAIN QUERY PLAN ${sql}`)
              .bind(...values)
              .all<{ detail: string }>()
            plans.push(...results.map(({ detail }) => detail))
            return { results: [] }
          },
        }),
      }),
    } as unknown as D1Database)
    await explained.page('5_pay', 10, 10)
    expect(plans.some((plan) => /SEARCH payments USING INDEX payments_open/.test(plan))).toBe(true)
    const open = plans.length
    await explained.inReview('5_pay', 10, 10)
    expect(plans.slice(open)).toEqual([
      expect.stringMatching(/SEARCH payments USING COVERING INDEX payments_in_review/),
    ])
    expect(plans.some((plan) => /SCAN payments/.test(plan))).toBe(false)
  })

  it('an index that says open of a payment that is over is told again', async () => {
    const input = await opened()
    await stubOf(input.paymentId).apply(verdictOn(input, { outcome: 'failed', failureCode: 'NO' }), 'qstash')
    await stubOf(input.paymentId).runDueAlarms(Date.now() + 60_000)
    await createD1IndexPayment(database)(rowOf(input, 'pending', { revision: Date.now() + 10 }))
    await sweep.run(LATER())
    // Its revision grows with each change; a restored database has older ones.
    await database.prepare('UPDATE payments SET revision = 1').run()
    await stubOf(input.paymentId).runDueAlarms(Date.now() + 60_000)
    const row = await database.prepare('SELECT status FROM payments WHERE payment_id = ?').bind(input.paymentId).first()
    expect(row).toEqual({ status: 'failed' })
  })
})

describe('a payment that is read', () => {
  const asked = async (input: BeginInput) => (await vault.calls(input.paymentId)).statuses

  const old = async (status: StatusOutcome): Promise<BeginInput> => {
    const input = order()
    await begin(input)
    await vault.play(input.paymentId, { status })
    // As if the gateway's answer had been heard a minute ago.
    await runInDurableObject(stubOf(input.paymentId), (_, { storage }) => {
      const [row] = storage.sql.exec<{ record: string }>('SELECT record FROM payment').toArray()
      const record = JSON.parse(row?.record ?? '')
      record.state.updatedAtMs -= MINUTE
      record.state.createdAtMs -= MINUTE
      storage.sql.exec('UPDATE payment SET record = ?', JSON.stringify(record))
    })
    await crash(input)
    return input
  }

  it('asks the gateway once, whoever reads, and hands over what it learns', async () => {
    const input = await old({ kind: 'found', outcome: 'succeeded', amountMinor: '1550', currency: 'ZMW' })
    const read = async () => JSON.parse((await stubOf(input.paymentId).get(5_000))?.text ?? '{}').status
    expect(await Promise.all(Array.from({ length: 20 }, read))).toEqual(Array(20).fill('succeeded'))
    expect(await asked(input)).toHaveLength(1)
    await vi.waitFor(async () => expect(await queue.about(input.paymentId)).toHaveLength(1), 10_000)
  })

  it('asks no more than once in ten seconds', async () => {
    const input = await old({ kind: 'unknown', reason: 'timeout' })
    for (let i = 0; i < 10; i++) await stubOf(input.paymentId).get(5_000)
    expect(await asked(input)).toHaveLength(1)
  })

  it('asks nobody when it has just heard, when it is over, and when the reader will not wait', async () => {
    const fresh = order()
    await begin(fresh)
    await stubOf(fresh.paymentId).get(5_000)
    const over = await old({ kind: 'found', outcome: 'succeeded' })
    await stubOf(over.paymentId).apply(verdictOn(over), 'qstash')
    await stubOf(over.paymentId).get(5_000)
    const impatient = await old({ kind: 'found', outcome: 'succeeded' })
    await stubOf(impatient.paymentId).get()
    expect([await asked(fresh), await asked(over), await asked(impatient)]).toEqual([[], [], []])
  })

  it('is told in time what is known, when the gateway takes long', async () => {
    const found = { kind: 'found', outcome: 'succeeded', amountMinor: '1550', currency: 'ZMW' } as const
    const input = await old(found)
    await vault.play(input.paymentId, { status: found, statusDelayMs: 1_000 })
    const snapshot = await stubOf(input.paymentId).get(100)
    expect(JSON.parse(snapshot?.text ?? '{}').status).toBe('pending')
    await vi.waitFor(
      async () => expect(JSON.parse((await stubOf(input.paymentId).get())?.text ?? '{}').status).toBe('succeeded'),
      10_000,
    )
  })
})
