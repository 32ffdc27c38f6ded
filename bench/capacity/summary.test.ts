import { describe, expect, it } from 'vitest'
import type { Block } from './measure.ts'
import { storedBytes, summarise, usual } from './summary.ts'

const use = (rowsRead: number, rowsWritten: number) => ({ calls: 1, rowsRead, rowsWritten })
const tally = (d1: Record<string, ReturnType<typeof use>>) => ({ d1, objects: {}, ended: 0, paid: [] })

const block = (over: { written?: number; redis?: readonly number[] } = {}): Block => ({
  latencyMs: {
    payment: [10, 20],
    paid: [30],
    invoice: [1, 2],
    'phone suffix': [5, 5],
    'transaction id': [1],
  },
  redisRequests: over.redis ?? [2, 2],
  payments: {
    ...tally({ 'INSERT orders': use(2, over.written ?? 4), 'SELECT api_keys': use(2, 0) }),
    objects: { a: use(40, 19), b: use(44, 19) },
  },
  lookups: {
    invoice: tally({ 'SELECT payments': use(4, 0), 'SELECT api_keys': use(2, 0) }),
    'phone suffix': tally({ 'SELECT payments': use(42, 0) }),
    'transaction id': tally({ 'SELECT payment_transactions': use(3, 0) }),
  },
})

describe('what a payment costs', () => {
  it('is what most blocks agree on, and leaves out looking up whose key it is', () => {
    const { cost } = summarise([block(), block({ written: 400, redis: [1, 7] }), block()], 2)
    expect(cost).toMatchObject({ redisRequests: 2, objectRowsWritten: 19, d1RowsWritten: 2, d1RowsRead: 1 })
    expect(cost.d1).toEqual({ 'INSERT orders': 2 })
    expect(cost.lookups).toEqual({ invoice: 2, 'phone suffix': 21, 'transaction id': 3 })
  })

  it('a cost that grows everywhere is seen', () => {
    expect(summarise([block({ written: 6 }), block({ written: 6 })], 2).cost.d1RowsWritten).toBe(3)
  })

  it('latency is over all blocks', () => {
    expect(summarise([block()], 2).latencyMs.payment).toEqual({ p50: 10, p90: 20 })
  })
})

it('usual: the most frequent, of two the greater, of none nothing', () => {
  expect(usual([1, 2, 2, 3])).toBe(2)
  expect(usual([1, 2])).toBe(2)
  expect(usual([])).toBeNaN()
})

it('bytes go to what they are for', () => {
  const sizes = [
    { name: 'payments', bytes: 100 },
    { name: 'payment_transactions', bytes: 50 },
    { name: 'sqlite_autoindex_orders_1', bytes: 20 },
    { name: 'ledger_postings_by_account', bytes: 30 },
    { name: 'merchants', bytes: 4096 },
  ]
  expect(storedBytes(sizes, 10)).toEqual({ search: 15, order: 2, ledger: 3 })
})
