import { percentileOf } from '../load.ts'
import { type Block, KINDS, type Kind } from './measure.ts'
import type { TableSize } from './seed.ts'
import type { Use } from './stand.ts'

/**
 * What one payment costs, as it usually is: the figure that most blocks (or payments) agree on. On a machine that stalls, some
 * repeat a request, poll, or go without Redis, and that is no cost of a bigger database. What is, would be in all of them.
 */
export interface Cost {
  readonly redisRequests: number
  readonly objectRowsWritten: number
  readonly d1RowsWritten: number
  readonly d1RowsRead: number
  /** By statement, rows written. */
  readonly d1: Readonly<Record<string, number>>
  /** D1 rows read by one look-up. */
  readonly lookups: Readonly<Record<keyof Block['lookups'], number>>
}

export interface Latency {
  readonly p50: number
  readonly p90: number
}

export interface Summary {
  readonly cost: Cost
  readonly latencyMs: Readonly<Record<Kind, Latency>>
}

const total = (uses: Readonly<Record<string, Use>>, field: 'rowsRead' | 'rowsWritten', name?: RegExp): number =>
  Object.entries(uses)
    .filter(([statement]) => !name || name.test(statement))
    .reduce((sum, [, use]) => sum + use[field], 0)

/** The most frequent; of two as frequent, the greater. */
export const usual = (values: readonly number[]): number => {
  const counts = [...Map.groupBy(values, (value) => value)].map(([value, { length }]) => ({ value, length }))
  return counts.toSorted((a, b) => b.length - a.length || b.value - a.value)[0]?.value ?? Number.NaN
}

/** `count` payments a block. A key that is looked up once a minute is no cost of a payment, and left out. */
export const summarise = (blocks: readonly Block[], count: number): Summary => {
  const each = (of: (block: Block) => number): number => usual(blocks.map((block) => of(block) / count))
  const statements = [...new Set(blocks.flatMap(({ payments }) => Object.keys(payments.d1)))].filter((name) =>
    name.startsWith('INSERT'),
  )
  const lookup = (kind: keyof Block['lookups']) =>
    usual(blocks.map((block) => total(block.lookups[kind].d1, 'rowsRead', /payment/) / block.latencyMs[kind].length))
  return {
    cost: {
      redisRequests: usual(blocks.flatMap(({ redisRequests }) => redisRequests)),
      objectRowsWritten: usual(
        blocks.flatMap(({ payments }) => Object.values(payments.objects).map(({ rowsWritten }) => rowsWritten)),
      ),
      d1RowsWritten: each(({ payments }) => total(payments.d1, 'rowsWritten')),
      d1RowsRead: each(({ payments }) => total(payments.d1, 'rowsRead', /^INSERT/)),
      d1: Object.fromEntries(
        statements.map((name) => [name, each(({ payments }) => payments.d1[name]?.rowsWritten ?? 0)]),
      ),
      lookups: {
        invoice: lookup('invoice'),
        'phone suffix': lookup('phone suffix'),
        'transaction id': lookup('transaction id'),
      },
    },
    latencyMs: Object.fromEntries(
      KINDS.map((kind) => {
        const all = blocks.flatMap(({ latencyMs }) => latencyMs[kind])
        return [kind, { p50: percentileOf(all, 50), p90: percentileOf(all, 90) }]
      }),
    ) as unknown as Record<Kind, Latency>,
  }
}

/** What is stored for one payment, by what it is for. */
export interface Stored {
  readonly search: number
  readonly order: number
  readonly ledger: number
}

const GROUPS: Readonly<Record<keyof Stored, RegExp>> = {
  search: /^payment/,
  order: /order/,
  ledger: /ledger/,
}

/** Bytes in D1 for each of `rows` payments, indexes and half-filled pages included. */
export const storedBytes = (sizes: readonly TableSize[], rows: number): Stored => {
  const bytes = (group: keyof Stored) =>
    sizes.filter(({ name }) => GROUPS[group].test(name)).reduce((sum, size) => sum + size.bytes, 0) / rows
  return { search: bytes('search'), order: bytes('order'), ledger: bytes('ledger') }
}
