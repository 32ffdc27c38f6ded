import { runInDurableObject, SELF } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { createD1PersonalStores } from '../../../src/adapters/d1-personal-stores.ts'
import { parseEnv } from '../../../src/consumer/env.ts'
import { createEraser, erasePortsOf } from '../../../src/consumer/erase.ts'
import { personalDataTasks } from '../../../src/consumer/personal-retention.ts'
import type { ErasureReport } from '../../../src/contracts/erasure.ts'
import type { BeginInput, EraseAnswer } from '../../../src/contracts/payment-object.ts'
import type { Msisdn, PaymentId } from '../../../src/domain/ids.ts'
import { type EraseCustomerPorts, eraseCustomer } from '../../../src/flows/erase-customer.ts'
import {
  again,
  begin,
  callbackMessage,
  database,
  deliver,
  entriesOf,
  events,
  eventually,
  imbalance,
  MERCHANT,
  order,
  read,
  stubOf,
  vault,
  verdictOn,
} from './kit.ts'

const parsed = parseEnv(env)
if (!parsed.ok) throw new Error(parsed.error.variable)
const settings = parsed.value
const eraser = createEraser(settings, () => Date.now())
const ports = erasePortsOf(settings)

let numbers = 0
/** A customer that nobody else is: the last four digits are of all of them. */
const customer = (): Msisdn => `26077${String(++numbers).padStart(3, '0')}4321` as Msisdn
/** One whose masked number looks otherwise. */
const stranger = (): Msisdn => `26097${String(++numbers).padStart(3, '0')}4321` as Msisdn

beforeAll(async () => {
  await database
    .prepare('INSERT INTO merchants (id, name, created_at_ms) VALUES (?, ?, 0) ON CONFLICT DO NOTHING')
    .bind(MERCHANT, 'The shop of these tests')
    .run()
})

const personal = (phoneNumber: Msisdn): Partial<BeginInput> => ({
  phoneNumber,
  sessionId: 'session-of-Chipo',
  metadata: { name: 'Chipo Banda' },
  returnUrl: 'https://shop.example/orders?email=chipo@example.com',
})

const paid = async (phoneNumber: Msisdn, over: Partial<BeginInput> = {}): Promise<BeginInput> => {
  const input = order({ ...personal(phoneNumber), ...over })
  await begin(input)
  await deliver(callbackMessage(verdictOn(input)))
  return input
}
const failed = async (phoneNumber: Msisdn): Promise<BeginInput> => {
  const input = order(personal(phoneNumber))
  await vault.play(input.paymentId, { send: { kind: 'rejected', code: 'PAYER_NOT_FOUND' } })
  await begin(input)
  await tellDatabase(input.paymentId)
  return input
}
const tellDatabase = (id: PaymentId) => stubOf(id).runDueAlarms(Date.now() + 11_000)
const erase = async (id: PaymentId, dryRun = false): Promise<EraseAnswer> =>
  (await stubOf(id).erase({ v: 1, dryRun })) as EraseAnswer

/** Times and ids hold four digits by chance. No spelling of a number looks like one of them; its hash, behind a dot, stays. */
const BY_CHANCE =
  /\b1[789]\d{11}\b|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|(?<![.0-9a-f])[0-9a-f]{20,}/g
const TRACES = [/Chipo/i, /4321/, /example\.com/, /00000000\.[0-9a-f]{32}/]

/** Everything that this payment's object and D1 hold, but for the log of erasures. */
const everything = async ({ paymentId }: BeginInput): Promise<string> => {
  const tables = (
    await database
      .prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_cf%' ESCAPE '\\'")
      .all<{ name: string }>()
  ).results.filter(({ name }) => name !== 'erasures')
  const rows = await Promise.all(
    tables.map(async ({ name }) => (await database.prepare(`SELECT * FROM "${name}"`).all()).results),
  )
  const stem = paymentId.slice('pay_'.length)
  const inD1 = rows.flat().filter((row) => JSON.stringify(row).includes(stem))
  const inObject = await Promise.all(
    ['payment', 'idempotency_keys', 'outbox', 'history'].map((table) =>
      runInDurableObject(stubOf(paymentId), (_, { storage }) => storage.sql.exec(`SELECT * FROM ${table}`).toArray()),
    ),
  )
  return JSON.stringify([inD1, inObject])
}
const traces = async (input: BeginInput): Promise<string[]> => {
  const text = (await everything(input)).replaceAll(BY_CHANCE, '')
  return TRACES.filter((trace) => trace.test(text)).map(String)
}

describe('T55: a customer is erased', () => {
  it('from the payment, its keys, the search index, the register and the events; and the books stay', async () => {
    const number = customer()
    const [one, two] = [await paid(number), await failed(number)]
    for (const input of [one, two]) expect(await traces(input)).toHaveLength(TRACES.length)
    const booked = await entriesOf(one.paymentId)

    const preview = await eraser.preview(number, false)
    expect(preview.payments.map(({ id, outcome }) => [id, outcome]).toSorted()).toEqual(
      [one.paymentId, two.paymentId].toSorted().map((id) => [id, 'erasable']),
    )
    expect(preview.rows).toEqual({ events: 2 })
    for (const input of [one, two]) expect(await traces(input)).toHaveLength(TRACES.length)

    const answer = await eraser.begin(number, false)
    expect(answer).toMatchObject({ finished: true, more: false, rows: { events: 2 } })
    for (const input of [one, two]) expect(await traces(input)).toEqual([])
    expect(await entriesOf(one.paymentId)).toEqual(booked)
    expect(await imbalance()).toEqual([])
    expect((await eraser.preview(number, true)).payments).toEqual([])
  })

  it('a payment still says what was charged, for which invoice, and that its customer is erased', async () => {
    const input = await paid(customer())
    const before = await read(input.paymentId)
    expect(await erase(input.paymentId)).toEqual({ kind: 'erased', told: true })
    const after = await read(input.paymentId)
    expect(after).toEqual({
      ...Object.fromEntries(
        Object.entries(before ?? {}).filter(([field]) => field !== 'metadata' && field !== 'returnUrl'),
      ),
      phoneNumber: 'erased',
      sessionId: 'erased',
      erasedAt: expect.any(String),
    })
    expect(after).toMatchObject({ status: 'succeeded', amount: '15.50', invoice: input.invoice })
    // Twice is once.
    expect(await erase(input.paymentId)).toEqual({ kind: 'erased', told: true })
    expect(await read(input.paymentId)).toEqual(after)
  })

  it('of another number nothing is touched', async () => {
    const [number, neighbour] = [customer(), customer()]
    await paid(number)
    const other = await paid(neighbour)
    await eraser.begin(number, false)
    expect((await read(other.paymentId))?.phoneNumber).toBe('2607••••4321')
    expect(await traces(other)).toHaveLength(TRACES.length)
  })

  it.each<[string, string, (number: Msisdn) => Promise<BeginInput>]>([
    [
      'open',
      'open',
      async (number) => {
        const input = order(personal(number))
        await begin(input)
        await tellDatabase(input.paymentId)
        return input
      },
    ],
    [
      'in review',
      'in_review',
      async (number) => {
        const input = order(personal(number))
        await begin(input)
        await deliver(callbackMessage(verdictOn(input, { amountMinor: '1' })))
        await tellDatabase(input.paymentId)
        return input
      },
    ],
    [
      'paid and not fulfilled',
      'not_fulfilled',
      async (number) => {
        const input = order(personal(number))
        await begin(input)
        await stubOf(input.paymentId).apply(verdictOn(input), 'qstash')
        await tellDatabase(input.paymentId)
        return input
      },
    ],
  ])('one that is %s is kept, with the reason, and so are its events', async (_, because, make) => {
    const number = customer()
    const input = await make(number)
    const before = await everything(input)
    const answer = await eraser.begin(number, false)
    expect(answer.finished).toBe(false)
    expect(answer.payments).toMatchObject([{ id: input.paymentId, outcome: 'kept', because }])
    expect(await everything(input)).toBe(before)
  })

  it('what was kept is erased by the clock once it is over, and then the log leads nowhere', async () => {
    const number = customer()
    const input = order(personal(number))
    await begin(input)
    await tellDatabase(input.paymentId)
    const { id } = await eraser.begin(number, false)
    await deliver(callbackMessage(verdictOn(input)))
    // Whoever pays after that has not asked to be forgotten.
    await new Promise((resolve) => setTimeout(resolve, 5))
    const later = await paid(number)

    for (let round = 0; round < 6; round += 1) await eraser.sweep()
    expect(await traces(input)).toEqual([])
    expect(await traces(later)).toHaveLength(TRACES.length)
    const row = await database.prepare('SELECT * FROM erasures WHERE id = ?').bind(id).first()
    expect(row).toMatchObject({ erased: 1, kept: 0, looking_for: null, finished_at_ms: expect.any(Number) })
    expect(await eraser.goOn(id ?? '')).toBeNull()
  })

  it('customers whose payments stay open for long keep no other waiting', async () => {
    const asked = async (): Promise<BeginInput> => {
      const number = customer()
      const input = order(personal(number))
      await begin(input)
      await tellDatabase(input.paymentId)
      await eraser.begin(number, false)
      return input
    }
    for (let i = 0; i < 6; i += 1) await asked()
    const last = await asked()
    await deliver(callbackMessage(verdictOn(last)))
    const { results: open } = await database.prepare('SELECT id FROM erasures WHERE finished_at_ms IS NULL').all()
    for (let swept = 0; swept <= open.length; swept += 5) await eraser.sweep()
    // Once more: a round ends with the run that finds the end.
    await eraser.sweep()
    expect(await traces(last)).toEqual([])
  })

  it('more kept payments than one pass looks at hide nothing behind them', async () => {
    const number = customer()
    const { current } = await settings.vault.phoneHashes(number)
    const inReview = Array.from({ length: 130 }, (_, i) => `pay_${String(i).padStart(26, '0')}`)
    await database
      .prepare("INSERT INTO payment_phones SELECT ?, ?, 'test', 1, value FROM json_each(?)")
      .bind(current, MERCHANT, JSON.stringify(inReview))
      .run()
    const kept = new Set(inReview)
    const among: typeof settings = {
      ...settings,
      payment: (id) =>
        kept.has(id)
          ? { ...stubOf(id), erase: async () => ({ kind: 'kept', status: 'review', because: 'in_review' }) as never }
          : settings.payment(id),
    }
    const many = createEraser(among, () => Date.now())
    const behind = await paid(number)
    const first = await many.begin(number, false)
    expect(first).toMatchObject({ more: true, finished: false })
    expect(first.payments).toHaveLength(100)
    const second = await many.goOn(first.id ?? '')
    expect(second).toMatchObject({ more: false, finished: false })
    expect(second?.payments.at(-1)).toEqual({ id: behind.paymentId, outcome: 'erased' })
    expect(await traces(behind)).toEqual([])
    const row = () => database.prepare('SELECT * FROM erasures WHERE id = ?').bind(first.id).first()
    expect(await row()).toMatchObject({ erased: 1, kept: 130, finished_at_ms: null })
    // Round again, and when nothing is kept any more it is over.
    kept.clear()
    expect(await many.goOn(first.id ?? '')).toMatchObject({ more: true, finished: false })
    expect(await many.goOn(first.id ?? '')).toMatchObject({ more: false, finished: true })
    expect(await row()).toMatchObject({ erased: 131, kept: 0, looking_for: null })
  })

  it('an earlier number of a payment leads to it as well, and goes with it', async () => {
    const [first, second] = [customer(), customer()]
    const input = await failed(first)
    await vault.play(input.paymentId, {})
    const next = again(input, { phoneNumber: second })
    await begin(next)
    await deliver(callbackMessage(verdictOn(next, { attempt: 2 })))
    expect((await eraser.begin(first, false)).payments).toMatchObject([{ id: input.paymentId, outcome: 'erased' }])
    expect(await traces(input)).toEqual([])
    expect((await eraser.preview(second, true)).payments).toEqual([])
  })

  it('whoever paid late, before another tried, is erased with everything that says so', async () => {
    const [first, second] = [customer(), customer()]
    const input = await failed(first)
    await vault.play(input.paymentId, {})
    await begin(again(input, { phoneNumber: second, provider: 'AIRTEL_OAPI_ZMB' }))
    await deliver(callbackMessage(verdictOn(input, { attempt: 2, outcome: 'failed', failureCode: 'X' })))
    await deliver(callbackMessage(verdictOn(input)))
    expect(await read(input.paymentId)).toMatchObject({ status: 'succeeded', provider: 'MTN_MOMO_ZMB' })
    expect(await traces(input)).toHaveLength(TRACES.length)
    await eraser.begin(second, false)
    expect(await traces(input)).toEqual([])
    // What is left still says through whom it was paid.
    expect(await read(input.paymentId)).toMatchObject({ phoneNumber: 'erased', provider: 'MTN_MOMO_ZMB' })
    expect(await begin(again(input))).toMatchObject({ kind: 'existing' })
  })

  it('one who pays late was erased before another tried: of both nothing is left when he is erased, too', async () => {
    const [first, second] = [customer(), customer()]
    const input = await failed(first)
    await eraser.begin(first, false)
    await vault.play(input.paymentId, {})
    await begin(again(input, { phoneNumber: second }))
    await deliver(callbackMessage(verdictOn(input)))
    expect(await read(input.paymentId)).toMatchObject({ phoneNumber: 'erased', sessionId: 'session-of-Chipo' })
    await deliver(callbackMessage(verdictOn(input, { attempt: 2, outcome: 'failed', failureCode: 'X' })))
    expect((await eraser.begin(second, false)).payments).toMatchObject([{ id: input.paymentId, outcome: 'erased' }])
    expect(await traces(input)).toEqual([])
  })

  it('a success heard between its events and the payment itself has told of the customer anew: both go next time', async () => {
    const number = customer()
    const input = await failed(number)
    let isLate = true
    const overtaken = createEraser(
      {
        ...settings,
        payment: (id) => {
          const stub = settings.payment(id)
          const erase: typeof stub.erase = async (request) => {
            if (!request.dryRun && isLate) {
              isLate = false
              await deliver(callbackMessage(verdictOn(input)))
            }
            return stub.erase(request)
          }
          return { ...stub, erase } as typeof stub
        },
      },
      () => Date.now(),
    )
    const first = await overtaken.begin(number, false)
    expect(first).toMatchObject({ finished: false, payments: [{ outcome: 'kept', because: 'too_young' }] })
    expect(await entriesOf(input.paymentId)).toHaveLength(2)
    expect(await overtaken.goOn(first.id ?? '')).toMatchObject({ finished: true, payments: [{ outcome: 'erased' }] })
    expect(await traces(input)).toEqual([])
  })

  it('without a hash, a payment is found by what it shows, if people say that it is theirs', async () => {
    const number = customer()
    const input = order(personal(number))
    await vault.play(input.paymentId, { noPhoneHash: true })
    await begin(input)
    await deliver(callbackMessage(verdictOn(input)))
    const registered = await database
      .prepare('SELECT phone_hash FROM payment_phones WHERE payment_id = ?')
      .bind(input.paymentId)
      .all()
    expect(registered.results).toEqual([{ phone_hash: `~${number.slice(-4)}` }])
    expect((await eraser.begin(number, false)).payments).toEqual([])
    const answer = await eraser.begin(number, true)
    expect(answer.payments).toContainEqual({ id: input.paymentId, outcome: 'erased' })
    expect(await traces(input)).toEqual([])
  })

  /** What the register holds of it, in the order of hashes. */
  const registeredBy = async ({ paymentId }: BeginInput): Promise<readonly string[]> => {
    await tellDatabase(paymentId)
    const { results } = await database
      .prepare('SELECT phone_hash FROM payment_phones WHERE payment_id = ? ORDER BY phone_hash')
      .bind(paymentId)
      .all<{ readonly phone_hash: string }>()
    return results.map(({ phone_hash }) => phone_hash)
  }

  it.each([
    ['the first', true],
    ['the second', false],
  ])('without a hash of %s of two numbers, the payment is found by what either shows', async (_, firstLacksIt) => {
    const [first, second] = [customer(), stranger()]
    const without = async (): Promise<BeginInput> => {
      const input = order(personal(first))
      const refused = { kind: 'rejected', code: 'X' } as const
      await vault.play(input.paymentId, { send: refused, noPhoneHash: firstLacksIt })
      await begin(input)
      await vault.play(input.paymentId, { send: refused, noPhoneHash: !firstLacksIt })
      await begin(again(input, { phoneNumber: second }))
      return input
    }
    const input = await without()
    const [hashed, unhashed] = firstLacksIt ? [second, first] : [first, second]
    const { current } = await settings.vault.phoneHashes(hashed)
    expect(await registeredBy(input)).toEqual([current, `~${unhashed.slice(-4)}`].toSorted())
    expect((await eraser.begin(unhashed, false)).payments).toEqual([])
    expect((await eraser.begin(unhashed, true)).payments).toContainEqual({ id: input.paymentId, outcome: 'erased' })
    expect(await traces(input)).toEqual([])
    expect(await registeredBy(input)).toEqual([])
    const other = await without()
    await tellDatabase(other.paymentId)
    expect((await eraser.begin(hashed, false)).payments).toContainEqual({ id: other.paymentId, outcome: 'erased' })
    expect(await registeredBy(other)).toEqual([])
  })

  it('a number that was tried and not sent is found by what it shows, until another is tried', async () => {
    const [first, second] = [customer(), stranger()]
    const input = await failed(first)
    await vault.play(input.paymentId, { send: { kind: 'not_sent', code: 'E1322' } })
    await begin(again(input, { phoneNumber: second }))
    const { current } = await settings.vault.phoneHashes(first)
    expect(await registeredBy(input)).toEqual([current, '~4321'])
    expect((await eraser.preview(second, true)).payments).toContainEqual(
      expect.objectContaining({ id: input.paymentId, outcome: 'erasable' }),
    )
    const third = `${second.slice(0, -4)}5678` as Msisdn
    await vault.play(input.paymentId, {})
    await begin(again(input, { phoneNumber: third }))
    const later = (await settings.vault.phoneHashes(third)).current
    expect(await registeredBy(input)).toEqual([current, later].toSorted())
    expect((await eraser.preview(second, true)).payments).not.toContainEqual(
      expect.objectContaining({ id: input.paymentId }),
    )
  })

  it('the same number again: its hash takes the place of its digits, also of those that D1 was told of before', async () => {
    const number = customer()
    const input = order(personal(number))
    const refused = { kind: 'rejected', code: 'X' } as const
    await vault.play(input.paymentId, { send: refused, noPhoneHash: true })
    await begin(input)
    expect(await registeredBy(input)).toEqual(['~4321'])
    await vault.play(input.paymentId, { send: refused })
    await begin(again(input))
    const { current } = await settings.vault.phoneHashes(number)
    expect(await registeredBy(input)).toEqual([current])
    // Once more, and this time it is not sent: it is known all the same whose it is.
    await vault.play(input.paymentId, { send: { kind: 'not_sent', code: 'E1322' } })
    await begin(again(input))
    expect(await registeredBy(input)).toEqual([current])
    expect(await recordOf(input)).toMatchObject({ unhashed: [], state: { attempts: [{}, {}, {}] } })
    await eraser.begin(number, false)
    expect(await registeredBy(input)).toEqual([])
    expect(await traces(input)).toEqual([])
  })

  it('one that an earlier version erased without knowing of numbers that lack a hash is erased again', async () => {
    const input = order(personal(customer()))
    await vault.play(input.paymentId, { send: { kind: 'rejected', code: 'X' }, noPhoneHash: true })
    await begin(input)
    await tellDatabase(input.paymentId)
    await change(input.paymentId, { erasedAtMs: 1_000, phoneMasked: 'erased', phoneHashes: [] })
    expect(await erase(input.paymentId)).toMatchObject({ kind: 'erased' })
    expect(await registeredBy(input)).toEqual([])
    expect(await recordOf(input)).toMatchObject({ unhashed: [], erasedAtMs: 1_000 })
  })

  it('a hash that comes after the callback: what only looks the same is not taken for it', async () => {
    const number = customer()
    const input = order(personal(number))
    await vault.play(input.paymentId, { sendDelayMs: 1_500 })
    await begin({ ...input, waitMs: 0 })
    await deliver(callbackMessage(verdictOn(input)))
    expect(await registeredBy(input)).toEqual([`~${number.slice(-4)}`])
    await eventually(
      () => events(input.paymentId),
      (all) => all.includes('accepted'),
    )
    const { current } = await settings.vault.phoneHashes(number)
    expect(await registeredBy(input)).toEqual([current])
    const alike = `${number.slice(0, 4)}${'9'.repeat(number.length - 8)}${number.slice(-4)}` as Msisdn
    expect((await eraser.begin(alike, true)).payments).not.toContainEqual(
      expect.objectContaining({ id: input.paymentId }),
    )
    expect((await eraser.begin(number, false)).payments).toContainEqual({ id: input.paymentId, outcome: 'erased' })
  })

  it('a row of a payment that does not exist goes, too', async () => {
    const number = customer()
    const ghost = order(personal(number))
    const { current } = await settings.vault.phoneHashes(number)
    await database
      .prepare('INSERT INTO payment_phones VALUES (?, ?, ?, ?, ?)')
      .bind(current, MERCHANT, 'test', 1, ghost.paymentId)
      .run()
    expect((await eraser.begin(number, false)).payments).toEqual([{ id: ghost.paymentId, outcome: 'gone' }])
    expect((await eraser.preview(number, false)).payments).toEqual([])
  })
})

/** Changes the record under the object, which reads it anew. */
const change = (id: PaymentId, fields: Readonly<Record<string, unknown>>): Promise<unknown> =>
  runInDurableObject(stubOf(id), (_, { storage }) =>
    storage.sql.exec('UPDATE payment SET record = json_patch(record, ?)', JSON.stringify(fields)).toArray(),
  )
const recordOf = ({ paymentId }: BeginInput): Promise<Record<string, unknown>> =>
  runInDurableObject(stubOf(paymentId), (_, { storage }) =>
    JSON.parse(String(storage.sql.exec('SELECT record FROM payment').one()['record'])),
  )
const submitOtp = ({ paymentId }: BeginInput) =>
  stubOf(paymentId).submitOtp({ v: 1, merchantId: MERCHANT, mode: 'test', otp: '481516', otpHash: 'of it', waitMs: 0 })

describe('I14: while the vault has not answered', () => {
  const SLOW_MS = 1_500
  const heard = ({ paymentId }: BeginInput, event: string) =>
    eventually(
      () => events(paymentId),
      (all) => all.includes(event),
    )

  it('a payment that a callback has already closed is kept, and erased with the hash that the answer brings', async () => {
    const number = customer()
    const input = await failed(number)
    await vault.play(input.paymentId, { sendDelayMs: SLOW_MS })
    const next = again(input)
    await begin({ ...next, waitMs: 0 })
    await deliver(callbackMessage(verdictOn(next, { attempt: 2, outcome: 'failed', failureCode: 'X' })))
    await tellDatabase(input.paymentId)
    expect((await eraser.begin(number, false)).payments).toMatchObject([
      { id: input.paymentId, outcome: 'kept', status: 'failed', because: 'open' },
    ])
    await heard(input, 'accepted')
    expect((await eraser.begin(number, false)).payments).toMatchObject([{ id: input.paymentId, outcome: 'erased' }])
    expect(await traces(input)).toEqual([])
    expect((await recordOf(input))['phoneHashes']).toEqual([])
  })

  /** A payment that waits for a code, with one on its way when a callback closes it. */
  const coded = async (number: Msisdn): Promise<BeginInput> => {
    const input = order(personal(number))
    const send = { kind: 'accepted', nextAction: { type: 'otp', message: 'Dial *110#' } } as const
    await vault.play(input.paymentId, {
      send,
      otpDelayMs: SLOW_MS,
      otps: { '481516': { kind: 'rejected', code: 'X' } },
    })
    await begin(input)
    await submitOtp(input)
    await deliver(callbackMessage(verdictOn(input, { outcome: 'failed', failureCode: 'X' })))
    await tellDatabase(input.paymentId)
    return input
  }

  it('one whose code is on its way is kept as well', async () => {
    const input = await coded(customer())
    expect(await erase(input.paymentId)).toMatchObject({ kind: 'kept', because: 'open' })
    await eventually(
      () => erase(input.paymentId),
      ({ kind }) => kind === 'erased',
    )
    expect((await recordOf(input))['otpTries']).toEqual([])
  })

  it('a record that is erased all the same takes in nothing of the answer', async () => {
    const sent = order(personal(customer()))
    await vault.play(sent.paymentId, { sendDelayMs: SLOW_MS })
    await begin({ ...sent, waitMs: 0 })
    const tried = await coded(customer())
    for (const { paymentId } of [sent, tried]) await change(paymentId, { erasedAtMs: 1, phoneHashes: [], otpTries: [] })
    await heard(sent, 'accepted')
    await heard(tried, 'otp_rejected')
    expect(await recordOf(sent)).toMatchObject({ state: { status: 'pending' }, phoneHashes: [], otpTries: [] })
    expect(await recordOf(tried)).toMatchObject({ phoneHashes: [], otpTries: [] })
  })

  it('one that an earlier version left erased with its hashes is erased again, and says when it first was', async () => {
    const number = customer()
    const input = await failed(number)
    await change(input.paymentId, { erasedAtMs: 1_000 })
    expect((await eraser.preview(number, false)).payments).toMatchObject([
      { id: input.paymentId, outcome: 'erasable', status: 'failed' },
    ])
    expect((await eraser.begin(number, false)).payments).toMatchObject([{ id: input.paymentId, outcome: 'erased' }])
    expect(await traces(input)).toEqual([])
    expect(await recordOf(input)).toMatchObject({ phoneHashes: [], erasedAtMs: 1_000 })
    expect((await eraser.preview(number, true)).payments).toEqual([])
  })
})

describe('T55: a crash in the middle, and again: the same end', () => {
  /** Dies at the n-th call of a port, before it or after it was done, and stays dead. */
  const dying = (at: number, when: 'before' | 'after'): EraseCustomerPorts => {
    let calls = 0
    const step = async <Value>(work: () => Promise<Value>): Promise<Value> => {
      calls += 1
      if (calls > at || (calls === at && when === 'before')) throw new Error('killed')
      const value = await work()
      if (calls === at && when === 'after') throw new Error('killed')
      return value
    }
    return {
      payment: (id) => ({ erase: (request) => step(() => ports.payment(id).erase(request)) }),
      stores: ports.stores.map((store) => ({ ...store, erase: (id) => step(() => store.erase(id)) })),
      drop: (registered) => step(() => ports.drop(registered)),
      findHashed: (...asked) => step(() => ports.findHashed(...asked)),
      findUnhashed: ports.findUnhashed,
      unreachable: () => {},
    }
  }
  const steps = ['find', 'look', ...createD1PersonalStores(database).map(({ name }) => name), 'payment', 'look again']

  it.each(steps.flatMap((name, i) => (['before', 'after'] as const).map((when) => [when, name, i + 1] as const)))(
    'killed %s: %s',
    async (when, _, at) => {
      const number = customer()
      const inputs = [await paid(number), await paid(number)]
      const { current } = await settings.vault.phoneHashes(number)
      const run = async (given: EraseCustomerPorts): Promise<ErasureReport> =>
        (await eraseCustomer(given, { hashes: [current] }, Date.now(), false)).report
      // Only without the register nothing can be told; otherwise it is not taken for done.
      const died = run(dying(at, when))
      if (at === 1) await expect(died).rejects.toThrow('killed')
      else expect((await died).payments).toContainEqual(expect.objectContaining({ because: 'unreachable' }))
      const report = await run(ports)
      expect(report.payments.every(({ outcome }) => outcome === 'erased')).toBe(true)
      for (const input of inputs) expect(await traces(input)).toEqual([])
      expect(await imbalance()).toEqual([])
    },
  )

  it('D1 away while the payment is erased: it stays to be erased until D1 knows', async () => {
    const number = customer()
    const input = await paid(number)
    await database.exec('ALTER TABLE payments RENAME TO payments_away')
    try {
      expect(await erase(input.paymentId)).toEqual({ kind: 'erased', told: false })
    } finally {
      await database.exec('ALTER TABLE payments_away RENAME TO payments')
    }
    const answer = await eraser.begin(number, false)
    expect(answer.payments).toEqual([{ id: input.paymentId, outcome: 'erased' }])
    expect(await traces(input)).toEqual([])
  })

  it('an older row of the index that comes late brings nothing back', async () => {
    const number = customer()
    const input = order(personal(number))
    await begin(input)
    await stubOf(input.paymentId).apply(verdictOn(input), 'qstash')
    const due = await stubOf(input.paymentId).due()
    await deliver(callbackMessage(verdictOn(input)))
    await eraser.begin(number, false)
    const { createD1IndexPayment } = await import('../../../src/adapters/d1-payment-index.ts')
    if (!due?.index) throw new Error('nothing was due')
    await createD1IndexPayment(database)(due.index as never)
    expect(await traces(input)).toEqual([])
  })
})

describe('after it', () => {
  it('the same request again is still the same payment, under its key and under another', async () => {
    const number = customer()
    const input = await paid(number)
    await eraser.begin(number, false)
    expect(await begin(input)).toMatchObject({ kind: 'existing', refused: false })
    expect(await begin(again(input))).toMatchObject({ kind: 'existing' })
    expect(await begin(again(input, { amountMinor: '1' }))).toEqual({ kind: 'conflict', field: 'amount' })
    expect((await vault.calls(input.paymentId)).sends).toHaveLength(1)
    expect(await traces(input)).toEqual([])
  })

  it('and so it is under a key alone, though the key is no longer known', async () => {
    const number = customer()
    const input = await paid(number, { natural: { kind: 'idempotency_key', value: 'key-of-Chipo' } })
    await eraser.begin(number, false)
    expect(await begin(input)).toMatchObject({ kind: 'existing' })
    expect(await traces(input)).toEqual([])
  })

  it('a new attempt at a failed one is somebody who pays, and is erased anew', async () => {
    const number = customer()
    const input = await failed(number)
    await eraser.begin(number, false)
    await vault.play(input.paymentId, {})
    const next = again(input)
    expect(await begin(next)).toMatchObject({ kind: 'started' })
    await deliver(callbackMessage(verdictOn(next, { attempt: 2 })))
    expect(await read(input.paymentId)).toMatchObject({ status: 'succeeded', phoneNumber: '2607••••4321' })
    expect((await eraser.begin(number, false)).payments).toMatchObject([{ outcome: 'erased' }])
    expect(await traces(input)).toEqual([])
  })

  it('a late success is found, posted and told without a customer', async () => {
    const number = customer()
    const input = await failed(number)
    await eraser.begin(number, false)
    await deliver(callbackMessage(verdictOn(input)))
    expect(await read(input.paymentId)).toMatchObject({ status: 'succeeded', fulfilment: { status: 'fulfilled' } })
    expect(await entriesOf(input.paymentId)).toHaveLength(2)
    expect(await traces(input)).toEqual([])
  })
})

describe('by the clock', () => {
  const DAY = 86_400_000
  const task = (name: string, retentionDays: number) => {
    const found = personalDataTasks({ ...settings, retentionMs: retentionDays * DAY }).find(
      (each) => each.name === name,
    )
    if (!found) throw new Error(name)
    return found
  }

  it('a payment that has been at rest for long enough is erased, and a younger or open one is not', async () => {
    const old = await paid(customer())
    const open = order(personal(customer()))
    await begin(open)
    await tellDatabase(open.paymentId)
    expect(await traces(old)).toHaveLength(TRACES.length)
    const { run } = task('personal_data', 400)
    await run(Date.now() + 399 * DAY)
    expect(await traces(old)).toHaveLength(TRACES.length)
    // It goes round: more payments than one run takes are in the register.
    for (let i = 0; i < 30 && (await traces(old)).length > 0; i += 1) await run(Date.now() + 401 * DAY)
    expect(await traces(old)).toEqual([])
    expect((await read(old.paymentId))?.status).toBe('succeeded')
    expect((await read(open.paymentId))?.phoneNumber).toBe('2607••••4321')
  })

  it('old checkouts, callbacks and finished erasures go', async () => {
    const nowMs = Date.now()
    const insert = (id: string, atMs: number) =>
      database.batch([
        database
          .prepare(`INSERT INTO checkouts VALUES (?, '${MERCHANT}', 'n', 'test', ?, 1, 'ZMW', 'for Chipo', NULL, ?, ?)`)
          .bind(id, id, atMs - 1, atMs),
        database
          .prepare("INSERT INTO unmatched_callbacks VALUES (?, 'r', 'g', 'o', 'a', 'r', 'o', NULL, NULL, ?, ?)")
          .bind(id, atMs, atMs),
        database
          .prepare('INSERT INTO erasures (id, erased_hash, requested_at_ms, finished_at_ms) VALUES (?, ?, ?, ?)')
          .bind(id, id, atMs, atMs),
      ])
    await insert('young-one', nowMs - 399 * DAY)
    await insert('old-one', nowMs - 401 * DAY)
    // More than one statement removes.
    await database
      .prepare(
        `INSERT INTO unmatched_callbacks
         WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1200)
         SELECT 'old-' || i || '-one', 'r', 'g', 'o', 'a', 'r', 'o', NULL, NULL, ?1, ?1 FROM n`,
      )
      .bind(nowMs - 402 * DAY)
      .run()
    await task('old_rows', 400).run(nowMs)
    for (const [table, column] of [
      ['checkouts', 'id'],
      ['unmatched_callbacks', 'body_sha256'],
      ['erasures', 'id'],
    ]) {
      const left = await database
        .prepare(`SELECT ${column} AS id FROM ${table} WHERE ${column} LIKE '%-one'`)
        .all<{ id: string }>()
      expect(left.results, table).toEqual([{ id: 'young-one' }])
    }
  })
})

describe('by the clock, behind what stays', () => {
  it('old checkouts and erasures go, however many before them are not old yet', async () => {
    const nowMs = Date.now()
    const oldMs = nowMs - 401 * 86_400_000
    const series = 'WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 600)'
    const fill = (name: string, expiresAtMs: number) =>
      database
        .prepare(
          `INSERT INTO checkouts ${series}
           SELECT '${name}-' || i, '${MERCHANT}', 'n', 'test', 'x', 1, 'ZMW', 'for Chipo', NULL, ?1 - 1, ?1 FROM n`,
        )
        .bind(expiresAtMs)
    await database.batch([
      fill('behind-stays', Date.parse('2099-01-01T00:00:00Z')),
      fill('behind-goes', oldMs),
      database
        .prepare(
          `INSERT INTO erasures (id, erased_hash, looking_for, requested_at_ms)
           ${series} SELECT 'behind-stays-' || i, 'h', '{}', ?1 FROM n`,
        )
        .bind(oldMs),
      database
        .prepare(
          `INSERT INTO erasures (id, erased_hash, requested_at_ms, finished_at_ms)
           ${series} SELECT 'behind-goes-' || i, 'h', ?1, ?1 FROM n`,
        )
        .bind(oldMs),
    ])
    const purge = personalDataTasks({ ...settings, retentionMs: 400 * 86_400_000 }).find(
      ({ name }) => name === 'old_rows',
    )
    await purge?.run(nowMs)
    for (const table of ['checkouts', 'erasures']) {
      const counted = (what: string) =>
        database.prepare(`SELECT count(*) AS n FROM ${table} WHERE id LIKE '${what}%'`).first<number>('n')
      expect([table, await counted('behind-goes-'), await counted('behind-stays-')]).toEqual([table, 0, 600])
      await database.prepare(`DELETE FROM ${table} WHERE id LIKE 'behind-%'`).run()
    }
  })
})

describe('POST /operator/erasures', () => {
  const call = (method: string, path: string, body?: string) =>
    SELF.fetch(`https://deliveries.example.com/operator/erasures${path}`, {
      method,
      headers: { authorization: 'Bearer op_test_of_the_consumers_own_tests' },
      ...(body === undefined ? {} : { body }),
    })

  it('shows, erases, and lists without saying whom', async () => {
    const phoneNumber = customer()
    const input = await paid(phoneNumber)
    const shown = await (await call('POST', '', JSON.stringify({ phoneNumber, dryRun: true }))).json()
    expect(shown).toMatchObject({
      id: null,
      payments: [{ id: input.paymentId, outcome: 'erasable', status: 'succeeded' }],
    })
    const done = (await (await call('POST', '', JSON.stringify({ phoneNumber }))).json()) as { id: string }
    expect(done).toMatchObject({ finished: true, payments: [{ id: input.paymentId, outcome: 'erased' }] })
    const listed = await (await call('GET', '')).text()
    expect(listed).toContain(done.id)
    expect(listed.replaceAll(BY_CHANCE, '')).not.toMatch(/4321|00000000\./)
    expect((await call('POST', `/${done.id}`)).status).toBe(404)
  })

  it.each([
    '',
    '{}',
    '{"phoneNumber":"+260763456789"}',
    '{"phoneNumber":"260763456789","force":true}',
    '[',
    'x'.repeat(2_000),
  ])('refuses what it does not understand: %.40s', async (body) => {
    const answer = await call('POST', '', body)
    expect(answer.status).toBe(400)
    expect(await answer.text()).not.toContain('260763456789')
  })

  it('is for the operator alone', async () => {
    const answer = await SELF.fetch('https://deliveries.example.com/operator/erasures', { method: 'POST', body: '{}' })
    expect(answer.status).toBe(401)
  })
})
