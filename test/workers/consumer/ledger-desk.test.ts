import { SELF } from 'cloudflare:test'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { entryStatements } from '../../../src/adapters/d1-ledger-entry.ts'
import { createD1LedgerSeals } from '../../../src/adapters/d1-ledger-seals.ts'
import { createD1Statements } from '../../../src/adapters/d1-statements.ts'
import { sha256Hex } from '../../../src/adapters/sha256.ts'
import { statementRoutes } from '../../../src/consumer/routes/statements.ts'
import { sealLedger } from '../../../src/flows/seal-ledger.ts'
import { database, imbalance } from './kit.ts'

const KEY = 'op_test_of_the_consumers_own_tests'
const unique = Math.random().toString(36).slice(2, 8)
const GATEWAY = `desk${unique}`
const MERCHANT = `mer_desk_${unique}`
const T0 = Date.UTC(2025, 6, 1)
const DAY_MS = 86_400_000

// biome-ignore lint/suspicious/noExplicitAny: answers are looked into field by field, whatever their shape
type Json = any
const call = async (method: string, path: string, body?: unknown): Promise<{ status: number; body: Json }> => {
  const response = await SELF.fetch(`https://deliveries.example.com/operator${path}`, {
    method,
    headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return { status: response.status, body: await response.json() }
}
const seal = () => sealLedger({ ...createD1LedgerSeals(database), sha256: sha256Hex }, T0 + 10 * DAY_MS)
afterAll(async () => void (await seal()))

let counter = 0
const deposit = async (occurredAtMs: number, amountMinor = '1550'): Promise<string> => {
  const reference = `${GATEWAY}-${++counter}`
  const money = { amountMinor, currency: 'ZMW' }
  await database.batch([
    ...(await entryStatements(database, {
      id: `dep_${reference}`,
      kind: 'deposit',
      paymentId: `pay_${reference}`,
      attempt: 1,
      merchantId: MERCHANT,
      mode: 'test',
      gateway: GATEWAY,
      reference,
      occurredAtMs,
      createdAtMs: occurredAtMs,
      note: null,
      postings: [
        { direction: 'debit', account: `gateway:${GATEWAY}:clearing`, ...money },
        { direction: 'credit', account: `merchant:${MERCHANT}:payable`, ...money },
      ],
    })),
  ])
  return reference
}
const settlement = (over: Record<string, unknown> = {}, amount = '15.50') => ({
  kind: 'settlement',
  mode: 'test',
  gateway: GATEWAY,
  reference: `bank-${++counter}`,
  occurredAt: new Date(T0).toISOString(),
  note: 'as the bank says',
  postings: [
    { direction: 'debit', account: 'bank:main:cash', amount, currency: 'ZMW' },
    { direction: 'credit', account: `gateway:${GATEWAY}:clearing`, amount, currency: 'ZMW' },
  ],
  ...over,
})
const balanceOf = async (account: string) => {
  const { body } = await call('GET', '/ledger/balances?mode=test')
  return body.accounts.find((each: Json) => each.account === account)
}

describe('/operator/ledger', () => {
  it('books what people know, once, and shows it in the balances', async () => {
    await deposit(T0)
    const wish = settlement()
    expect(await call('POST', '/ledger/entries', wish)).toMatchObject({ status: 201, body: { outcome: 'posted' } })
    expect(await call('POST', '/ledger/entries', wish)).toMatchObject({ status: 200, body: { outcome: 'known' } })
    expect(await balanceOf(`gateway:${GATEWAY}:clearing`)).toMatchObject({ debit: '15.50', credit: '15.50' })
    expect(await imbalance()).toEqual([])
  })

  it.each([
    ['of another amount', (wish: Json) => ({ ...wish, postings: settlement({}, '155.00').postings })],
    ['in another mode', (wish: Json) => ({ ...wish, mode: 'live' })],
    ['of another merchant', (wish: Json) => ({ ...wish, merchant: 'mer_other' })],
  ])('one %s under a reference that is taken is refused, and says so', async (_, altered) => {
    const wish = settlement()
    await call('POST', '/ledger/entries', wish)
    const before = await balanceOf('bank:main:cash')
    const { status, body } = await call('POST', '/ledger/entries', altered(wish))
    expect({ status, code: body.code }).toEqual({ status: 409, code: 'reference_taken' })
    expect(body.errors[0]).toContain(`settlement_${GATEWAY}_${wish.reference} is booked already`)
    expect(await balanceOf('bank:main:cash')).toEqual(before)
    // Another time is no other booking.
    const later = { ...wish, occurredAt: new Date(T0 + 1_000).toISOString() }
    expect(await call('POST', '/ledger/entries', later)).toMatchObject({ status: 200, body: { outcome: 'known' } })
  })

  it.each([
    ['half a character in the note', { note: 'as the bank says \ud83d' }, 400],
    ['half a character in the reference', { reference: 'bank-\udc00' }, 400],
    ['a kind of its own', { kind: 'deposit' }, 400],
    ['accounts of another gateway', { gateway: 'another' }, 422],
    ['accounts that the kind does not have', { kind: 'remittance' }, 422],
    ['a phone number in the note', { note: 'for 260 763 456 789' }, 400],
    ['a field that nobody knows', { extra: 1 }, 400],
    ['sides that differ', { postings: settlement().postings.map((each, i) => ({ ...each, amount: `${i + 1}` })) }, 422],
    ['more decimals than the currency has', { postings: settlement({}, '1.555').postings }, 422],
  ])('refuses %s', async (_, over, status) => {
    const before = await balanceOf('bank:main:cash')
    expect((await call('POST', '/ledger/entries', settlement(over))).status).toBe(status)
    expect(await balanceOf('bank:main:cash')).toEqual(before)
  })

  it('corrects by another entry, once', async () => {
    const wish = settlement()
    const { body } = await call('POST', '/ledger/entries', wish)
    const before = await balanceOf('bank:main:cash')
    const undo = { id: body.id, note: 'typed twice' }
    expect(await call('POST', '/ledger/corrections', undo)).toMatchObject({ status: 201 })
    expect(await call('POST', '/ledger/corrections', undo)).toMatchObject({ status: 200, body: { outcome: 'known' } })
    const after = await balanceOf('bank:main:cash')
    expect(Number(after.credit) - Number(before?.credit ?? 0)).toBe(15.5)
    expect(after.debit).toBe(before.debit)
    expect((await call('POST', '/ledger/corrections', { id: 'dep_nobody', note: 'why' })).status).toBe(404)
    expect(await imbalance()).toEqual([])
  })

  it('corrects whatever it has booked, however long its reference, and the correction in turn', async () => {
    const gateway = `${GATEWAY}-`.padEnd(64, 'g')
    const account = `gateway:${gateway}:clearing`
    const postings = settlement().postings.map((each, i) => (i === 0 ? each : { ...each, account }))
    const wish = settlement({ gateway, reference: `bank-${++counter}-`.padEnd(200, 'r'), postings })
    const booked = await call('POST', '/ledger/entries', wish)
    expect(booked).toMatchObject({ status: 201, body: { outcome: 'posted' } })
    let { id } = booked.body
    const reverse = () => call('POST', '/ledger/corrections', { id, note: 'typed twice' })
    for (let i = 0; i < 5; i += 1) {
      const { status, body } = await reverse()
      expect({ status, id: body.id }).toEqual({ status: 201, id: `cor_${id}` })
      id = body.id
    }
    expect(await balanceOf(account)).toMatchObject({ debit: '46.50', credit: '46.50' })
    // As long as an id may be; the next would be longer, and nobody could name it.
    id = `fee_${'x'.repeat(996)}`
    await database.batch([
      ...(await entryStatements(database, {
        id,
        kind: 'fee',
        paymentId: null,
        attempt: null,
        merchantId: null,
        mode: 'test',
        gateway,
        reference: 'x',
        occurredAtMs: T0,
        createdAtMs: T0,
        note: null,
        postings: [
          { direction: 'debit', account: `gateway:${gateway}:fees`, amountMinor: '1', currency: 'ZMW' },
          { direction: 'credit', account, amountMinor: '1', currency: 'ZMW' },
        ],
      })),
    ])
    expect(await reverse()).toMatchObject({ status: 422, body: { errors: ['an id has at most 1000 characters'] } })
    expect((await call('POST', '/ledger/corrections', { id: 'x'.repeat(1_001), note: 'why' })).status).toBe(400)
  })

  it('pages through what happened in a time, each entry once, however long ago it was sealed', async () => {
    const from = T0 + 100 * DAY_MS
    const references: string[] = []
    for (let i = 0; i < 3; i += 1) references.push(await deposit(from + i))
    await sealLedger({ ...createD1LedgerSeals(database), sha256: sha256Hex }, from + 10)
    references.push(await deposit(from + 3))
    await deposit(from + DAY_MS)
    const query = (after?: number) =>
      `/ledger/entries?mode=test&from=${new Date(from).toISOString()}&to=${new Date(from + DAY_MS).toISOString()}${after === undefined ? '' : `&after=${after}`}`
    const { body } = await call('GET', query())
    expect(body.next).toBeNull()
    expect(body.entries.map((each: Json) => each.reference)).toEqual(references)
    expect(body.entries[0]).toMatchObject({
      kind: 'deposit',
      occurredAt: new Date(from).toISOString(),
      postings: expect.arrayContaining([
        { direction: 'credit', account: `merchant:${MERCHANT}:payable`, amount: '15.50', currency: 'ZMW' },
      ]),
    })
    const second = await call('GET', query(body.entries[1].number))
    expect(second.body.entries.map((each: Json) => each.reference)).toEqual(references.slice(2))
    expect((await call('GET', '/ledger/entries?mode=test')).status).toBe(400)
  })

  it('books nothing that is yet to happen: by its day nobody would find it', async () => {
    const at = (ms: number) => settlement({ occurredAt: new Date(ms).toISOString() })
    expect(await call('POST', '/ledger/entries', at(Date.now() + 2 * DAY_MS))).toMatchObject({
      status: 422,
      body: { code: 'entry_refused', errors: [expect.stringContaining('no date in the future')] },
    })
    expect((await call('POST', '/ledger/entries', at(Date.now() - 2 * DAY_MS))).status).toBe(201)
  })

  it('tells the root at the end of each day', async () => {
    await deposit(T0)
    await seal()
    const { body } = await call('GET', '/ledger/roots')
    const { root, sequence } = await createD1LedgerSeals(database).head()
    expect(body.roots[0]).toMatchObject({ root, sequence, day: expect.stringMatching(/^\d{4}-\d\d-\d\d$/) })
  })
})

describe('/operator/statements', () => {
  it('T52: keeps what did not match until a person closes it, and the same statement once', async () => {
    const from = T0 + 200 * DAY_MS
    const [good, fee, missing, reversed] = [
      await deposit(from),
      await deposit(from + 1),
      await deposit(from + 2),
      await deposit(from + 3),
    ]
    await call('POST', '/ledger/corrections', { id: `dep_${reversed}`, note: 'never was' })
    const booked = await call('POST', '/ledger/entries', {
      ...settlement({ kind: 'fee', reference: fee }),
      postings: [
        { direction: 'debit', account: `gateway:${GATEWAY}:fees`, amount: '0.31', currency: 'ZMW' },
        { direction: 'credit', account: `gateway:${GATEWAY}:clearing`, amount: '0.31', currency: 'ZMW' },
      ],
    })
    expect(booked.status).toBe(201)
    const line = (reference: string, over: Record<string, unknown> = {}) => ({
      reference,
      amount: '15.50',
      fee: null,
      currency: 'ZMW',
      ...over,
    })
    const statement = {
      gateway: GATEWAY,
      mode: 'test',
      from: new Date(from).toISOString(),
      to: new Date(from + DAY_MS).toISOString(),
      lines: [line(good), line(good), line(fee, { fee: '0.32' }), line('nobody-knows')],
    }
    const first = await call('POST', '/statements', statement)
    expect(first).toMatchObject({ status: 201, body: { matched: 1, stored: true, lines: 4 } })
    expect(first.body.exceptions).toEqual([
      { kind: 'repeated_line', reference: good, line: 2, first: 1 },
      { kind: 'differs', reference: fee, line: 3, field: 'fee', stated: '32', ours: '31' },
      { kind: 'unknown_line', reference: 'nobody-knows', line: 4 },
      { kind: 'missing_line', reference: missing, line: null },
    ])
    expect(await call('POST', '/statements', statement)).toMatchObject({ status: 200, body: { stored: false } })

    const listed = async (state: string) =>
      (await call('GET', `/statements/exceptions?state=${state}`)).body.exceptions.filter(
        (each: Json) => each.gateway === GATEWAY,
      )
    const open = await listed('open')
    expect(open.map((each: Json) => each.kind)).toEqual(['repeated_line', 'differs', 'unknown_line', 'missing_line'])
    const { statementId, position } = open[1]
    const close = () =>
      call('POST', `/statements/exceptions/${statementId}/${position}/close`, { because: 'rounded by them' })
    expect(await close()).toMatchObject({ status: 200 })
    expect((await close()).status).toBe(404)
    expect(await listed('open')).toHaveLength(3)
    expect(await listed('closed')).toMatchObject([{ reference: fee, closedBecause: 'rounded by them' }])
    // Nothing was posted or corrected by any of it.
    expect(await imbalance()).toEqual([])
  })

  describe('in two statements', () => {
    const day = (dayOffset: number, references: readonly string[], gateway = GATEWAY) => ({
      gateway,
      mode: 'test',
      from: new Date(T0 + dayOffset * DAY_MS).toISOString(),
      to: new Date(T0 + (dayOffset + 1) * DAY_MS).toISOString(),
      lines: references.map((reference) => ({ reference, amount: '15.50', fee: null, currency: 'ZMW' })),
    })
    const importing = async (statement: unknown) => {
      const { status, body } = await call('POST', '/statements', statement)
      return { status, ...body }
    }

    it('T52: what one has stated, another that states it repeats; the same statement again does not', async () => {
      const [one, two] = [await deposit(T0 + 430 * DAY_MS), await deposit(T0 + 431 * DAY_MS)]
      const first = await importing(day(430, [one, 'not-ours-yet']))
      expect(first).toMatchObject({ status: 201, matched: 1 })
      const repeated = (reference: string, line: number) => ({
        kind: 'repeated_line',
        reference,
        line,
        statement: first.id,
      })
      const second = await importing(day(431, [one, two, 'not-ours-yet']))
      expect(second).toMatchObject({ status: 201, matched: 1 })
      expect(second.exceptions).toEqual([repeated(one, 1), repeated('not-ours-yet', 3)])
      expect(await importing(day(430, [one, 'not-ours-yet']))).toEqual({ ...first, status: 200, stored: false })
      expect(await importing(day(431, [one, two, 'not-ours-yet']))).toEqual({ ...second, status: 200, stored: false })
      // Another gateway has references of its own.
      const another = await importing(day(430, [one], `${GATEWAY}x`))
      expect(another.exceptions).toEqual([{ kind: 'unknown_line', reference: one, line: 1 }])
    })

    it('T52: what was stated the day before is not missing, though we heard of it after midnight', async () => {
      const [heardLate, lacking] = [await deposit(T0 + 441 * DAY_MS), await deposit(T0 + 441 * DAY_MS + 1)]
      expect(await importing(day(440, [heardLate]))).toMatchObject({ matched: 1, exceptions: [] })
      expect((await importing(day(441, []))).exceptions).toEqual([
        { kind: 'missing_line', reference: lacking, line: null },
      ])
    })

    it('T52: two at the same time: one of them is told that the other was first', async () => {
      const one = await deposit(T0 + 450 * DAY_MS)
      const real = createD1Statements(database)
      let other: Json
      const routes = statementRoutes({
        statements: {
          ...real,
          // Between this one's look at what others stated and its own word.
          expectedLines: async (...args) => {
            other ??= await importing(day(451, [one]))
            return real.expectedLines(...args)
          },
        },
        nowMs: () => T0,
      })
      const answer = await routes.request('/', { method: 'POST', body: JSON.stringify(day(450, [one])) })
      expect(other).toMatchObject({ status: 201, matched: 1, exceptions: [] })
      expect({ status: answer.status, ...(await answer.json<object>()) }).toMatchObject({
        status: 201,
        matched: 0,
        exceptions: [{ kind: 'repeated_line', reference: one, line: 1, statement: other.id }],
      })
    })
  })

  describe('what was corrected', () => {
    const correct = async (id: string): Promise<string> => {
      const { status, body } = await call('POST', '/ledger/corrections', { id, note: 'by mistake' })
      expect(status).toBe(201)
      return body.id
    }
    /** Reverses the entry, its correction, the correction's correction: so many steps. */
    const reversed = async (id: string, steps: number): Promise<void> => {
      for (let last = id, i = 0; i < steps; i += 1) last = await correct(last)
    }
    const book = (reference: string, postings: readonly (readonly [string, string, string])[], over = {}) =>
      call('POST', '/ledger/entries', {
        ...settlement({ kind: 'fee', reference, ...over }),
        postings: postings.map(([direction, account, amount]) => ({ direction, account, amount, currency: 'ZMW' })),
      })
    const fee = (reference: string, amount: string) =>
      book(reference, [
        ['debit', `gateway:${GATEWAY}:fees`, amount],
        ['credit', `gateway:${GATEWAY}:clearing`, amount],
      ])
    const imported = (dayOffset: number, lines: readonly (readonly [string, string | null])[]) => {
      const from = T0 + dayOffset * DAY_MS
      return call('POST', '/statements', {
        gateway: GATEWAY,
        mode: 'test',
        from: new Date(from).toISOString(),
        to: new Date(from + DAY_MS).toISOString(),
        lines: lines.map(([reference, stated]) => ({ reference, amount: '15.50', fee: stated, currency: 'ZMW' })),
      })
    }

    it('a deposit stands again when its correction is reversed, and falls again with the next', async () => {
      const at = T0 + 400 * DAY_MS
      const [once, twice, thrice, missing] = [
        await deposit(at),
        await deposit(at + 1),
        await deposit(at + 2),
        await deposit(at + 3),
      ]
      await reversed(`dep_${once}`, 1)
      await reversed(`dep_${twice}`, 2)
      await reversed(`dep_${thrice}`, 3)
      await reversed(`dep_${missing}`, 4)
      const { status, body } = await imported(400, [
        [once, null],
        [twice, null],
        [thrice, null],
      ])
      expect(status).toBe(201)
      expect(body).toMatchObject({ matched: 1 })
      expect(body.exceptions).toEqual([
        { kind: 'unknown_line', reference: once, line: 1 },
        { kind: 'unknown_line', reference: thrice, line: 3 },
        { kind: 'missing_line', reference: missing, line: null },
      ])
    })

    it('a fee that was reversed is held no longer, and is again when that is reversed', async () => {
      const at = T0 + 410 * DAY_MS
      const [gone, back] = [await deposit(at), await deposit(at + 1)]
      expect((await fee(gone, '0.99')).status).toBe(201)
      expect((await fee(back, '0.99')).status).toBe(201)
      await reversed(`fee_${GATEWAY}_${gone}`, 1)
      await reversed(`fee_${GATEWAY}_${back}`, 2)
      const first = await imported(410, [
        [gone, '0.31'],
        [back, '0.31'],
      ])
      expect(first.body).toMatchObject({ matched: 1, feesUnbooked: 1 })
      expect(first.body.exceptions).toEqual([
        { kind: 'differs', reference: back, line: 2, field: 'fee', stated: '31', ours: '99' },
      ])
      // The same reference takes no second fee; one of its own does, and is the fee of no line.
      expect(await fee(gone, '0.31')).toMatchObject({ status: 409, body: { code: 'reference_taken' } })
      expect((await fee(`${gone} again`, '0.31')).status).toBe(201)
      const again = await imported(410, [
        [gone, '0.31'],
        [back, '0.31'],
      ])
      expect(again).toMatchObject({ status: 200, body: { ...first.body, stored: false } })
    })

    it('a fee is what clearing lost, also when the same entry passes it on to the merchant', async () => {
      const at = T0 + 420 * DAY_MS
      const [borne, passedOn] = [await deposit(at), await deposit(at + 1)]
      const sides = [
        ['debit', `gateway:${GATEWAY}:fees`, '0.31'],
        ['credit', `gateway:${GATEWAY}:clearing`, '0.31'],
        ['debit', `merchant:${MERCHANT}:payable`, '0.31'],
        ['credit', `gateway:${GATEWAY}:fees`, '0.31'],
      ] as const
      expect((await book(borne, sides, { merchant: MERCHANT })).status).toBe(201)
      expect((await book(passedOn, sides.slice(2), { merchant: MERCHANT })).status).toBe(201)
      const { body } = await imported(420, [
        [borne, '0.31'],
        [passedOn, '0.31'],
      ])
      expect(body).toMatchObject({ matched: 2, feesUnbooked: 1, exceptions: [] })
    })
  })

  describe('with more exceptions than one answer lists', () => {
    const gateway = `${GATEWAY}many`
    const from = T0 + 500 * DAY_MS
    const COUNT = 1_003
    const line = (n: number) => ({ reference: `${gateway}-${n}`, amount: '15.50', fee: null, currency: 'ZMW' })
    const statement = (lines: readonly unknown[], over: Record<string, unknown> = {}) => ({
      gateway,
      mode: 'test',
      from: new Date(from).toISOString(),
      to: new Date(from + DAY_MS).toISOString(),
      lines,
      ...over,
    })
    const list = async (query: string) => (await call('GET', `/statements/exceptions?${query}`)).body
    const all = async (query: string): Promise<Json[]> => {
      const found: Json[] = []
      for (let cursor = ''; ; ) {
        const page = await list(`${query}${cursor}`)
        expect(page.exceptions.length).toBeLessThanOrEqual(1_000)
        found.push(...page.exceptions)
        expect(page.more).toBe('cursor' in page)
        if (!page.more) return found
        cursor = `&cursor=${page.cursor}`
      }
    }
    beforeAll(async () => {
      const numbers = `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${COUNT})`
      const posting = (direction: string, account: string) =>
        database.prepare(
          `INSERT INTO ledger_postings ${numbers} SELECT 'dep_${gateway}-' || i, '${direction}', '${account}', 1550, 'ZMW' FROM n`,
        )
      await database.batch([
        database.prepare(
          `INSERT INTO ledger_entries (id, kind, payment_id, attempt, merchant_id, mode, gateway, reference, occurred_at_ms, created_at_ms)
           ${numbers} SELECT 'dep_${gateway}-' || i, 'deposit', 'pay_${gateway}-' || i, 1, '${MERCHANT}', 'test', '${gateway}',
             '${gateway}-' || i, ${from} + i, ${from} + i FROM n`,
        ),
        posting('debit', `gateway:${gateway}:clearing`),
        posting('credit', `merchant:${MERCHANT}:payable`),
      ])
    })

    it('refuses a time of which the statement cannot be, and keeps nothing of it', async () => {
      const { status, body } = await call('POST', '/statements', statement([line(1)]))
      expect({ status, code: body.code }).toEqual({ status: 422, code: 'period_too_long' })
      expect(body.errors).toEqual([expect.stringMatching(/more than 1002 deposits.*1 line/)])
      expect(await all(`gateway=${gateway}`)).toEqual([])
    })

    it('T52: lists each of them, page by page, of one statement or gateway; and closes all of a statement', async () => {
      const first = await call('POST', '/statements', statement([line(1), line(2)]))
      expect(first).toMatchObject({ status: 201, body: { matched: 2 } })
      const second = await call('POST', '/statements', statement([line(2), line(3), line(3)]))
      expect(second.status).toBe(201)
      const [lacking, repeating] = [first.body.id, second.body.id]
      const counts = async (query: string) => {
        const found = await all(query)
        expect(new Set(found.map(({ statementId, position }) => `${statementId} ${position}`)).size).toBe(found.length)
        return [lacking, repeating].map((id) => found.filter(({ statementId }) => statementId === id).length)
      }
      // 1,003 but two; and 1,003 but three, with a line that the first has and one that comes twice.
      for (const query of ['', `gateway=${gateway}`]) expect(await counts(query)).toEqual([1_001, 1_002])
      expect(await counts(`statement=${lacking}`)).toEqual([1_001, 0])
      expect(await counts(`gateway=${GATEWAY}`)).toEqual([0, 0])
      expect((await list('cursor=1')).code).toBe('invalid_request')

      const close = (id: string, body: unknown) => call('POST', `/statements/${id}/close`, body)
      expect((await close('f'.repeat(64), { because: 'a test' })).status).toBe(404)
      expect((await close(repeating, {})).status).toBe(400)
      const some = await close(repeating, { because: 'overlaps', kind: 'repeated_line' })
      expect(some).toMatchObject({ status: 200, body: { closed: 2 } })
      expect(await counts('state=closed')).toEqual([0, 2])
      expect((await close(lacking, { because: 'in the next' })).body).toEqual({ closed: 1_001 })
      expect((await close(lacking, { because: 'again' })).body).toEqual({ closed: 0 })
      expect(await counts('')).toEqual([0, 1_000])
      const [one] = await all(`statement=${lacking}&state=closed`)
      expect(one.closedBecause).toBe('in the next')
    })
  })

  // Local D1 takes longer values than the real one, so what shows here is only that no part overwrites another.
  it('numbers the exceptions of a long statement through, over all the parts in which they are written', async () => {
    const lines = Array.from({ length: 12_500 }, (_, i) => ({
      reference: `of-another-shop-${i}-`.padEnd(190, 'x'),
      amount: '15.50',
      fee: null,
      currency: 'ZMW',
    }))
    const from = T0 + 300 * DAY_MS
    const answer = await call('POST', '/statements', {
      gateway: GATEWAY,
      mode: 'test',
      from: new Date(from).toISOString(),
      to: new Date(from + DAY_MS).toISOString(),
      lines,
    })
    expect(answer).toMatchObject({ status: 201, body: { matched: 0, stored: true } })
    const row = await database
      .prepare('SELECT count(*) AS n, max(position) AS last FROM statement_exceptions WHERE statement_id = ?')
      .bind(answer.body.id)
      .first()
    expect(row).toEqual({ n: lines.length, last: lines.length })
  })

  it('refuses amounts that the currency does not have, by line', async () => {
    const { status, body } = await call('POST', '/statements', {
      gateway: GATEWAY,
      mode: 'test',
      from: '2026-01-01T00:00:00Z',
      to: '2026-01-02T00:00:00Z',
      lines: [{ reference: 'r', amount: '1.234', fee: null, currency: 'ZMW' }],
    })
    expect(status).toBe(400)
    expect(body.errors).toMatchObject([{ field: 'lines.0' }])
  })
})
