import { runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { PaymentObject } from '../../../src/consumer/payment-object.ts'
import type { BeginInput } from '../../../src/contracts/payment-object.ts'
import { again, begin, order, queue, read, stubOf, vault, verdictOn, viewIn } from './kit.ts'

const DAY = 24 * 3_600_000
const MINUTE = 60_000

const poll = (input: BeginInput, aheadMs: number) => stubOf(input.paymentId).runDueAlarms(Date.now() + aheadMs)
const apply = (input: BeginInput, over: Parameters<typeof verdictOn>[1] = {}) =>
  stubOf(input.paymentId).apply(verdictOn(input, over), 'qstash')

const sql = (input: BeginInput, query: string): Promise<Record<string, SqlStorageValue>[]> =>
  runInDurableObject(stubOf(input.paymentId), (_, { storage }) => storage.sql.exec(query).toArray())
const rowsOf = async (input: BeginInput, table: string): Promise<number> =>
  Number((await sql(input, `SELECT count(*) AS n FROM ${table}`))[0]?.['n'])
const alarmOf = (input: BeginInput) =>
  runInDurableObject(stubOf(input.paymentId), (_, { storage }) => storage.getAlarm())

const crash = async (input: BeginInput): Promise<void> => {
  const ended = runInDurableObject(stubOf(input.paymentId), (_, state) => state.abort('crash of the test'))
  await expect(ended).rejects.toThrow('crash of the test')
}

const fulfilled = async (): Promise<BeginInput> => {
  const input = order()
  await begin(input)
  await apply(input)
  await stubOf(input.paymentId).markFulfilled('qstash')
  return input
}

/** Puts meters over the storage of this instance; the storage itself answers. */
const counted = ({ storage }: DurableObjectState) => {
  const written = { rows: 0, alarms: 0, syncs: 0 }
  const { sql } = storage
  const exec = sql.exec.bind(sql)
  Object.defineProperty(storage, 'sql', {
    configurable: true,
    value: {
      exec: (query: string, ...values: SqlStorageValue[]) => {
        const cursor = exec(query, ...values)
        const rows = cursor.toArray()
        // Tables are made once and for all; what counts is what each payment writes.
        if (!query.includes('CREATE TABLE')) written.rows += cursor.rowsWritten
        return { toArray: () => rows }
      },
    },
  })
  for (const [name, meter] of [
    ['setAlarm', 'alarms'],
    ['deleteAlarm', 'alarms'],
    ['sync', 'syncs'],
  ] as const) {
    const call = storage[name].bind(storage) as (...args: unknown[]) => Promise<void>
    Object.defineProperty(storage, name, {
      configurable: true,
      value: (...args: unknown[]) => {
        written[meter] += 1
        return call(...args)
      },
    })
  }
  return written
}

describe('what a payment writes', () => {
  it('a plain success: nine rows and two alarms', async () => {
    const input = order()
    const total = await runInDurableObject(stubOf(input.paymentId), async (_, state) => {
      const written = counted(state)
      const object = new PaymentObject(state, env)
      await object.begin(input)
      expect(written).toMatchObject({ rows: 5, syncs: 1 })
      const answer = await object.apply(verdictOn(input), 'qstash')
      const due = answer.kind === 'applied' ? answer.due : null
      await object.markFulfilled('qstash', due?.index?.revision)
      expect((await object.history()).map(({ event }) => event)).toEqual([
        'begin',
        'sent',
        'accepted',
        'callback',
        'fulfilled',
      ])
      return written
    })
    // The key; and with each of begin, outcome, verdict and fulfilment: the record and a line of history.
    expect(total).toEqual({ rows: 9, alarms: 2, syncs: 1 })
  })

  it('a failure: its event costs one record more, in which the search index is told as well, and no alarm of its own', async () => {
    const input = order()
    const { before, after } = await runInDurableObject(stubOf(input.paymentId), async (_, state) => {
      const written = counted(state)
      const object = new PaymentObject(state, env)
      await object.begin(input)
      await object.apply(verdictOn(input, { outcome: 'failed', failureCode: 'PAYMENT_NOT_APPROVED' }), 'qstash')
      const before = { ...written }
      for (let i = 0; i < 100 && written.rows === before.rows; i++)
        await new Promise((resolve) => setTimeout(resolve, 20))
      return { before, after: written }
    })
    expect([before.rows, after.rows]).toEqual([7, 8])
    expect(after.alarms).toBeLessThanOrEqual(3)
    const events = (env as unknown as { DB: D1Database }).DB.prepare('SELECT type FROM events WHERE subject = ?')
    expect(await events.bind(input.paymentId).first('type')).toBe('payment.failed')
  })

  it('T37: a hundred repetitions of a verdict write the record once', async () => {
    const input = order()
    await begin(input)
    const verdict = verdictOn(input)
    const { before, after } = await runInDurableObject(stubOf(input.paymentId), async (_, state) => {
      const written = counted(state)
      const object = new PaymentObject(state, env)
      await object.apply(verdict, 'qstash')
      const before = written.rows
      for (let i = 0; i < 100; i++) await object.apply(verdict, 'qstash')
      return { before, after: written.rows }
    })
    expect([before, after]).toEqual([2, 102])
  })

  it('a question writes the record before it is asked and after it is answered, and one line', async () => {
    const input = order()
    await begin(input)
    await vault.play(input.paymentId, { status: { kind: 'found', outcome: 'pending' } })
    const rows = await runInDurableObject(stubOf(input.paymentId), async (_, state) => {
      const written = counted(state)
      await new PaymentObject(state, env).runDueAlarms(Date.now() + 9_900 + 200)
      return written.rows
    })
    expect((await vault.calls(input.paymentId)).statuses).toHaveLength(1)
    expect(rows).toBeLessThanOrEqual(3)
  })
})

describe('retention', () => {
  it('T12: after 30 days at rest the object is made small, and its key replayed charges nobody', async () => {
    const input = await fulfilled()
    const joined = again(input, { sessionId: 'session-2' })
    await begin(joined)
    const view = await read(input.paymentId)
    await poll(input, 29 * DAY)
    expect([await rowsOf(input, 'idempotency_keys'), await rowsOf(input, 'history')]).toEqual([2, 4])
    await poll(input, 31 * DAY)
    expect([await rowsOf(input, 'idempotency_keys'), await rowsOf(input, 'history')]).toEqual([0, 1])
    expect(await read(input.paymentId)).toEqual(view)
    expect((await stubOf(input.paymentId).history()).map(({ event }) => event)).toEqual(['begin'])
    expect(await alarmOf(input)).toBeNull()
    for (const replayed of [input, joined, again(input, { sessionId: 'session-3' }), input]) {
      const answer = await begin(replayed)
      expect(answer).toMatchObject({ kind: 'existing', refused: false })
      expect(viewIn(answer)).toEqual(view)
    }
    expect(await begin(again(input, { amountMinor: '1551' }))).toEqual({ kind: 'conflict', field: 'amount' })
    expect((await vault.calls(input.paymentId)).sends).toHaveLength(1)
    // The keys that came since are forgotten like those before.
    await poll(input, 62 * DAY)
    expect(await rowsOf(input, 'idempotency_keys')).toBe(0)
  })

  const alarmDate = async (input: BeginInput) => (await alarmOf(input)) ?? 0

  it('a key that comes to a payment that is small is kept for its own 30 days', async () => {
    const input = await fulfilled()
    await poll(input, 31 * DAY)
    // As if all that had been a hundred days ago.
    const ago = Date.now() - 100 * DAY
    await sql(
      input,
      `UPDATE payment SET record = json_set(record, '$.state.updatedAtMs', ${ago}, '$.compactedAtMs', ${ago + 30 * DAY})`,
    )
    for (let i = 1; i <= 2; i++) {
      const from = Date.now()
      expect(await begin(again(input))).toMatchObject({ kind: 'existing', refused: false })
      await poll(input, MINUTE)
      expect(await rowsOf(input, 'idempotency_keys')).toBe(i)
      expect(await alarmDate(input)).toBeGreaterThanOrEqual(i === 1 ? from + 30 * DAY : from)
    }
    await poll(input, 29 * DAY)
    expect(await rowsOf(input, 'idempotency_keys')).toBe(2)
    await poll(input, 31 * DAY)
    expect(await rowsOf(input, 'idempotency_keys')).toBe(0)
    expect(await alarmOf(input)).toBeNull()
  })

  it('and so is one that comes some days before: the alarm that finds it is put off', async () => {
    const input = await fulfilled()
    await begin(again(input))
    await sql(
      input,
      `UPDATE idempotency_keys SET at_ms = at_ms + ${20 * DAY} WHERE at_ms = (SELECT max(at_ms) FROM idempotency_keys)`,
    )
    const [key] = await sql(input, 'SELECT max(at_ms) AS at_ms FROM idempotency_keys')
    await poll(input, 31 * DAY)
    expect(await rowsOf(input, 'idempotency_keys')).toBe(2)
    expect(await alarmOf(input)).toBe(Number(key?.['at_ms']) + 30 * DAY)
    await poll(input, 51 * DAY)
    expect(await rowsOf(input, 'idempotency_keys')).toBe(0)
  })

  it('an alarm is kept for it', async () => {
    const input = await fulfilled()
    await poll(input, MINUTE)
    const { updatedAt } = (await read(input.paymentId)) ?? {}
    expect(await alarmOf(input)).toBe(Date.parse(updatedAt ?? '') + 30 * DAY)
  })

  it('I2: a success that comes after it is a late success', async () => {
    const input = order()
    await begin(input)
    await apply(input, { outcome: 'failed', failureCode: 'PAYMENT_NOT_APPROVED' })
    await poll(input, MINUTE)
    await poll(input, 31 * DAY)
    expect(await rowsOf(input, 'idempotency_keys')).toBe(0)
    await apply(input)
    expect(await stubOf(input.paymentId).state()).toMatchObject({ status: 'succeeded', lateSuccess: true })
  })

  it('with something left to hand to the queue it waits for the queue, and for nothing else', async () => {
    const input = await fulfilled()
    const ago = Date.now() - 100 * DAY
    await sql(input, `UPDATE payment SET record = json_set(record, '$.state.updatedAtMs', ${ago})`)
    await queue.down(true)
    await stubOf(input.paymentId).keep({ v: 1, kind: 'callback', body: '{}', dedupId: `cb_${input.paymentId}` })
    await poll(input, MINUTE)
    // An alarm of before would come at once, find the same, and be set again.
    expect(await alarmDate(input)).toBeGreaterThan(Date.now())
    expect(await rowsOf(input, 'idempotency_keys')).toBe(1)
    await queue.down(false)
    await poll(input, 31 * DAY)
    await poll(input, 31 * DAY)
    expect([await rowsOf(input, 'outbox'), await rowsOf(input, 'idempotency_keys')]).toEqual([0, 0])
    expect(await alarmOf(input)).toBeNull()
  })

  it('what is open, in review or owed stays whole', async () => {
    const open = order()
    await begin(open)
    const review = order()
    await begin(review)
    await apply(review, { amountMinor: '1' })
    const unfulfilled = order()
    await begin(unfulfilled)
    await apply(unfulfilled)
    await queue.down(true)
    for (const input of [open, review, unfulfilled]) {
      await poll(input, 31 * DAY)
      await poll(input, 90 * DAY)
      expect(await rowsOf(input, 'idempotency_keys')).toBe(1)
    }
    await queue.down(false)
  })
})

describe('a deployment that lacks a secret', () => {
  it('I2: drops no alarm: the object looks again until it has what it needs, and keeps what it is given', async () => {
    const input = order()
    await begin(input)
    await apply(input, { outcome: 'failed', failureCode: 'PAYMENT_NOT_APPROVED' })
    await poll(input, MINUTE)
    const [alarmAtMs, kept] = await runInDurableObject(stubOf(input.paymentId), async (_, state) => {
      const bare = new PaymentObject(state, { ...env, QSTASH_TOKEN: undefined })
      await state.storage.deleteAlarm()
      await bare.alarm()
      expect((await bare.state())?.status).toBe('failed')
      await expect(bare.begin(again(input))).rejects.toThrow('environment')
      return [
        await state.storage.getAlarm(),
        await bare.keep({ v: 1, kind: 'callback', body: '{}', dedupId: `cb_${input.paymentId}` }),
      ]
    })
    expect(alarmAtMs).toBeGreaterThan(Date.now())
    expect(kept).toBe(true)
    // With its secret again.
    await runInDurableObject(stubOf(input.paymentId), async (_, state) => {
      await new PaymentObject(state, env).runDueAlarms(Date.now() + MINUTE)
    })
    expect(await rowsOf(input, 'outbox')).toBe(0)
  })
})

describe('T53: versions', () => {
  it('a record of an unknown version is refused, not guessed at, until the right code is back', async () => {
    for (const [newer, back] of [
      ["json_set(record, '$.state.v', 9)", "json_set(record, '$.state.v', 1)"],
      ['record, version = 9', 'record, version = 1'],
    ]) {
      const input = order()
      await begin(input)
      await sql(input, `UPDATE payment SET record = ${newer}`)
      const stored = await sql(input, 'SELECT record FROM payment')
      for (const asked of [
        () => read(input.paymentId),
        () => begin(input),
        () => begin(again(input)),
        async () => await apply(input),
        async () => await poll(input, MINUTE),
        async () => await stubOf(input.paymentId).due(),
      ])
        await expect(asked()).rejects.toThrow(/version/)
      await crash(input)
      await expect(read(input.paymentId)).rejects.toThrow(/version/)
      expect(await sql(input, 'SELECT record FROM payment')).toEqual(stored)
      expect((await vault.calls(input.paymentId)).sends).toHaveLength(1)
      // Its alarm goes on, so that nothing is forgotten when it can be read again.
      expect(await alarmOf(input)).toBeGreaterThan(Date.now())
      await sql(input, `UPDATE payment SET record = ${back}`)
      await apply(input)
      expect((await read(input.paymentId))?.status).toBe('succeeded')
    }
  })

  it('what a newer version wrote beside what we know survives all that we do', async () => {
    const input = order()
    await vault.play(input.paymentId, { send: { kind: 'rejected', code: 'X' } })
    await begin(input)
    await sql(
      input,
      "UPDATE payment SET record = json_set(record, '$.tomorrow', 1, '$.state.tomorrow', json('{\"a\":[2]}'), '$.state.attempts[0].tomorrow', 3)",
    )
    await vault.play(input.paymentId, {})
    await begin(again(input))
    await apply(input, { attempt: 2 })
    await stubOf(input.paymentId).markFulfilled('qstash')
    const [row] = await sql(
      input,
      "SELECT json_extract(record, '$.tomorrow') AS a, json_extract(record, '$.state.tomorrow.a[0]') AS b, json_extract(record, '$.state.attempts[0].tomorrow') AS c FROM payment",
    )
    expect(row).toEqual({ a: 1, b: 2, c: 3 })
  })

  it('a record of before there were questions: its hint is one, and its id counts as given away', async () => {
    const input = order()
    await begin(input)
    await sql(
      input,
      `UPDATE payment SET record = json_set(json_remove(record, '$.questions', '$.told', '$.index', '$.state.refunds', '$.state.attempts[0].notFounds'), '$.askAgain', json('{"atMs":${Date.now()},"n":1}'))`,
    )
    await vault.play(input.paymentId, {
      status: { kind: 'found', outcome: 'succeeded', amountMinor: '1550', currency: 'ZMW' },
    })
    await poll(input, 5_000)
    expect((await read(input.paymentId))?.status).toBe('succeeded')
    const [row] = await sql(input, 'SELECT record FROM payment')
    const record = JSON.parse(String(row?.['record']))
    expect(record).toMatchObject({ questions: [], told: true })
    expect(record).not.toHaveProperty('askAgain')
  })
})

describe('T05: the object ends after the attempt was written and before it was sent', () => {
  /** The vault's answers to this object, whose reference the gateway has never seen. */
  const through = <Value>(input: BeginInput, vault: object, work: (object: PaymentObject) => Promise<Value>) =>
    runInDurableObject(stubOf(input.paymentId), (_, state) =>
      work(new PaymentObject(state, { ...env, VAULT: { sealSnapshot: () => Promise.reject(new Error()), ...vault } })),
    )
  const found = { kind: 'found', outcome: 'succeeded', amountMinor: '1550', currency: 'ZMW' }

  const lost = async (): Promise<BeginInput> => {
    const input = order({ waitMs: 0 })
    // The attempt is durable, and the call never leaves.
    await through(input, { send: () => new Promise(() => {}) }, (object) => object.begin(input))
    await runInDurableObject(stubOf(input.paymentId), (_, { storage }) => storage.sync())
    await crash(input)
    return input
  }

  it('it is not sent again, whoever asks; the gateway is asked, and it expires when it was never received', async () => {
    const input = await lost()
    const [attempt] = (await read(input.paymentId))?.attempts ?? []
    expect(attempt?.status).toBe('created')
    for (let i = 0; i < 3; i++) expect(await begin(i === 0 ? input : again(input))).toMatchObject({ kind: 'existing' })
    for (let i = 0; i < 8; i++) {
      expect((await read(input.paymentId))?.status).not.toBe('expired')
      await through(input, { status: async () => ({ kind: 'not_found' }) }, (object) =>
        object.runDueAlarms(Date.now() + (3 + 30 * i) * MINUTE),
      )
    }
    expect(await read(input.paymentId)).toMatchObject({ status: 'expired', failure: { code: 'not_received' } })
    expect((await vault.calls(input.paymentId)).sends).toEqual([])

    // The customer is back: another attempt, under another reference.
    const answer = await begin(again(input))
    expect(answer).toMatchObject({ kind: 'started', outcome: 'accepted' })
    const { sends } = await vault.calls(input.paymentId)
    expect(sends).toHaveLength(1)
    expect(sends[0]?.reference).not.toBe(attempt?.reference)
  })

  it('and is paid, should it have left after all', async () => {
    const input = await lost()
    await through(input, { status: async () => found }, (object) => object.runDueAlarms(Date.now() + 3 * MINUTE))
    expect((await read(input.paymentId))?.status).toBe('succeeded')
    expect((await vault.calls(input.paymentId)).sends).toEqual([])
  })
})
