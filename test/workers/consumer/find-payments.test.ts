import { describe, expect, it } from 'vitest'
import { createD1Ledger } from '../../../src/adapters/d1-ledger.ts'
import { createD1IndexPayment, findStatement, indexStatements } from '../../../src/adapters/d1-payment-index.ts'
import type { PaymentIndexRow, PaymentQuery } from '../../../src/contracts/payment-index.ts'
import type { FulfilmentDue } from '../../../src/contracts/payment-object.ts'
import type { GatewayReference, MerchantId, PaymentId } from '../../../src/domain/ids.ts'
import { database, forEdge } from './kit.ts'

const MERCHANT = 'mer_find' as MerchantId
const OWNER = { merchantId: MERCHANT, mode: 'test' } as const
const T0 = Date.UTC(2026, 5, 1)

let counter = 0
const freshId = (): PaymentId => `pay_${(++counter).toString(16).padStart(26, 'f')}` as PaymentId

const row = (over: Partial<PaymentIndexRow> = {}): PaymentIndexRow => ({
  paymentId: freshId(),
  ...OWNER,
  invoice: `INV-${counter}`,
  phoneSuffix: '6789',
  status: 'pending',
  createdAtMs: T0 + counter,
  transactionIds: [],
  revision: 1,
  ...over,
})
const write = createD1IndexPayment(database)
const find = async (query: Partial<PaymentQuery>) => {
  const { positions, more } = await forEdge().findPayments({ ...OWNER, limit: 100, ...query })
  return { ids: positions.map(({ paymentId }) => paymentId), positions, more }
}
/** A merchant of its own for a test that counts. */
const alone = () => ({ merchantId: `mer_find_${++counter}` as MerchantId, mode: 'test' as const })

describe('findPayments', () => {
  it('finds by each thing, and by several at once', async () => {
    const owner = alone()
    const a = row({
      ...owner,
      invoice: 'A-1',
      phoneSuffix: '1111',
      status: 'succeeded',
      transactionIds: ['T-1', 'T-2'],
    })
    const b = row({ ...owner, invoice: 'B-1', phoneSuffix: '1111', status: 'failed', transactionIds: ['T-3'] })
    const c = row({ ...owner, invoice: 'A-1', phoneSuffix: '2222', status: 'unknown' })
    for (const each of [a, b, c]) await write(each)
    const ids = async (query: Partial<PaymentQuery>) => (await find({ ...owner, ...query })).ids
    expect(await ids({})).toEqual([c, b, a].map(({ paymentId }) => paymentId))
    expect(await ids({ invoice: 'A-1' })).toEqual([c.paymentId, a.paymentId])
    expect(await ids({ phoneSuffix: '1111' })).toEqual([b.paymentId, a.paymentId])
    expect(await ids({ status: 'failed' })).toEqual([b.paymentId])
    expect(await ids({ providerTransactionId: 'T-2' })).toEqual([a.paymentId])
    expect(await ids({ providerTransactionId: 'T-3', status: 'succeeded' })).toEqual([])
    expect(await ids({ phoneSuffix: '1111', status: 'succeeded' })).toEqual([a.paymentId])
    expect(await ids({ invoice: 'A-1', phoneSuffix: '2222' })).toEqual([c.paymentId])
    expect(await ids({ fromMs: b.createdAtMs })).toEqual([c.paymentId, b.paymentId])
    expect(await ids({ toMs: b.createdAtMs })).toEqual([a.paymentId])
    expect(await ids({ invoice: 'A-1', fromMs: a.createdAtMs, toMs: c.createdAtMs })).toEqual([a.paymentId])
  })

  it('is of one merchant and one mode, whatever is asked for', async () => {
    const mine = row({ invoice: 'SHARED', phoneSuffix: '3333', transactionIds: ['SHARED-T'] })
    await write(mine)
    await write(row({ invoice: 'SHARED', phoneSuffix: '3333', transactionIds: ['SHARED-T'], mode: 'live' }))
    const other = { merchantId: 'mer_find_else' as MerchantId }
    await write(row({ invoice: 'SHARED', phoneSuffix: '3333', transactionIds: ['SHARED-T'], ...other }))
    for (const query of [{ invoice: 'SHARED' }, { phoneSuffix: '3333' }, { providerTransactionId: 'SHARED-T' }])
      expect((await find(query)).ids).toEqual([mine.paymentId])
    expect((await find({ ...other })).ids).not.toContain(mine.paymentId)
  })

  it('pages through everything once, also through payments of the same millisecond', async () => {
    const owner = alone()
    const rows = Array.from({ length: 23 }, (_, i) => row({ ...owner, createdAtMs: T0 + Math.floor(i / 7) }))
    for (const each of rows) await write(each)
    const seen: PaymentId[] = []
    let after: PaymentQuery['after']
    for (let pages = 1; ; pages++) {
      const page = await find({ ...owner, limit: 5, ...(after ? { after } : {}) })
      seen.push(...page.ids)
      after = page.positions.at(-1)
      // What comes in the meantime is newer, and moves nothing.
      await write(row({ ...owner, createdAtMs: T0 + 1_000 + pages }))
      if (!page.more) break
      expect(page.ids).toHaveLength(5)
    }
    expect(new Set(seen).size).toBe(23)
    expect(seen.toSorted()).toEqual(rows.map(({ paymentId }) => paymentId).toSorted())
  })

  it('a cursor does not lead past `to`', async () => {
    const owner = alone()
    const rows = [row(owner), row(owner), row(owner)].map((each) => ({ ...each, ...owner }))
    for (const each of rows) await write(each)
    const [first, second, third] = rows as [PaymentIndexRow, PaymentIndexRow, PaymentIndexRow]
    const after = { createdAtMs: third.createdAtMs + 1, paymentId: third.paymentId }
    expect((await find({ ...owner, after, toMs: second.createdAtMs })).ids).toEqual([first.paymentId])
  })
})

describe('the index', () => {
  const stored = (id: PaymentId) =>
    database.prepare('SELECT status, phone_suffix, revision FROM payments WHERE payment_id = ?').bind(id).first()

  it('keeps the newer row in whatever order they arrive', async () => {
    const paid = row({ status: 'succeeded', revision: 5 })
    await write(paid)
    await write({ ...paid, status: 'pending', revision: 4 })
    expect(await stored(paid.paymentId)).toMatchObject({ status: 'succeeded', revision: 5 })
    await write({ ...paid, status: 'review', phoneSuffix: '0000', revision: 6 })
    expect(await stored(paid.paymentId)).toEqual({ status: 'review', phone_suffix: '0000', revision: 6 })
  })

  it('writes the same rows whatever is stored already, and none for a repetition', async () => {
    const rowsWritten = async (each: PaymentIndexRow) => {
      const results = await database.batch(indexStatements(database, each))
      return results.map(({ meta }) => meta.rows_written)
    }
    const first = row({ transactionIds: ['W-1'] })
    const cost = await rowsWritten(first)
    // The row, an entry in each of its four indexes and, while it is open, in the sweep's; the transaction's table is its own index.
    expect(cost).toEqual([6, 1])
    expect(await rowsWritten(first)).toEqual([0, 0])
    for (let i = 0; i < 50; i++) await write(row({ transactionIds: [`W-more-${i}`] }))
    expect(await rowsWritten(row({ transactionIds: ['W-2'] }))).toEqual(cost)
    // Paid after it was told as open: the row again, its entry by status taken out and put in elsewhere, the sweep's taken out.
    expect(await rowsWritten({ ...first, status: 'succeeded', revision: 2 })).toEqual([4, 0])
  })

  it('never stops a fulfilment: it takes any status and any suffix', async () => {
    const index = { ...row(), status: 'status_of_tomorrow' as PaymentIndexRow['status'], phoneSuffix: '' }
    const due: FulfilmentDue = {
      paymentId: index.paymentId,
      ...OWNER,
      invoice: 'F-1',
      gateway: 'pawapay',
      reference: '00000000-0000-4000-8000-0000000000f1' as GatewayReference,
      attempt: 1,
      amountMinor: '100',
      currency: 'ZMW',
      succeededAtMs: T0,
      index,
    }
    await createD1Ledger(database)(due, 'qstash', T0)
    expect(await stored(index.paymentId)).toMatchObject({ status: 'status_of_tomorrow' })
  })
})

describe('the plan of every query', () => {
  const FILTERS: Readonly<Record<string, Partial<PaymentQuery>>> = {
    time: {},
    invoice: { invoice: 'A' },
    phone: { phoneSuffix: '6789' },
    status: { status: 'failed' },
    transaction: { providerTransactionId: 'T' },
    'invoice, phone and status': { invoice: 'A', phoneSuffix: '6789', status: 'failed' },
    'phone and status': { phoneSuffix: '6789', status: 'failed' },
    'transaction and all others': { providerTransactionId: 'T', invoice: 'A', phoneSuffix: '6789', status: 'failed' },
  }
  const INDEX: Readonly<Record<string, RegExp>> = {
    time: /USING (COVERING )?INDEX payments_by_time \(merchant_id=\? AND mode=\?/,
    invoice: /USING (COVERING )?INDEX payments_by_invoice \(merchant_id=\? AND mode=\? AND invoice=\?/,
    phone: /USING (COVERING )?INDEX payments_by_phone \(merchant_id=\? AND mode=\? AND phone_suffix=\?/,
    status: /USING (COVERING )?INDEX payments_by_status \(merchant_id=\? AND mode=\? AND status=\?/,
    transaction: /^SEARCH t USING PRIMARY KEY \(merchant_id=\? AND mode=\? AND provider_transaction_id=\?/,
    'invoice, phone and status': /INDEX payments_by_invoice \(merchant_id=\? AND mode=\? AND invoice=\?/,
    'phone and status': /INDEX payments_by_phone \(merchant_id=\? AND mode=\? AND phone_suffix=\?/,
    'transaction and all others':
      /^SEARCH t USING PRIMARY KEY \(merchant_id=\? AND mode=\? AND provider_transaction_id=\?/,
  }
  const BOUNDS: Readonly<Record<string, Partial<PaymentQuery>>> = {
    'no bounds': {},
    from: { fromMs: T0 },
    to: { toMs: T0 },
    'from and to': { fromMs: T0, toMs: T0 + 1 },
    cursor: { after: { createdAtMs: T0, paymentId: freshId() } },
    'cursor and from': { fromMs: T0 - 1, after: { createdAtMs: T0, paymentId: freshId() } },
  }
  const shapes = Object.keys(FILTERS).flatMap((filter) => Object.keys(BOUNDS).map((bound) => [filter, bound] as const))

  it.each(shapes)('by %s, with %s: walks its index in its order', async (filter, bound) => {
    const { sql, values } = findStatement({ ...OWNER, limit: 20, ...FILTERS[filter], ...BOUNDS[bound] })
    const { results } = await database
      .prepare(`EXPLAIN QUERY PLAN ${sql}`)
      .bind(...values)
      .all<{ detail: string }>()
    const plan = results.map(({ detail }) => detail)
    expect(plan[0]).toMatch(INDEX[filter] as RegExp)
    // The bounds are part of the walk, not a filter over all that it passes.
    if (bound !== 'no bounds') expect(plan[0]).toMatch(/created_at_ms/)
    for (const step of plan) {
      expect(step).not.toMatch(/SCAN|TEMP B-TREE|AUTOMATIC/)
      expect(step).toMatch(/^SEARCH /)
    }
  })

  it('one filter alone is answered by its index without looking at a row', async () => {
    for (const name of ['time', 'invoice', 'phone', 'status']) {
      const { sql, values } = findStatement({ ...OWNER, limit: 20, ...FILTERS[name] })
      const { results } = await database
        .prepare(`EXPLAIN QUERY PLAN ${sql}`)
        .bind(...values)
        .all<{ detail: string }>()
      expect(results[0]?.detail).toMatch(/COVERING INDEX/)
    }
  })

  it('a page reads as many rows as it has, however many there are', async () => {
    const owner = alone()
    for (let i = 0; i < 60; i++) await write(row({ ...owner, phoneSuffix: i % 2 ? '0001' : '0002' }))
    const { sql, values } = findStatement({ ...owner, limit: 10, phoneSuffix: '0001' })
    const { meta, results } = await database
      .prepare(sql)
      .bind(...values)
      .all()
    expect(results).toHaveLength(11)
    expect(meta.rows_read).toBeLessThanOrEqual(11)
  })
})
