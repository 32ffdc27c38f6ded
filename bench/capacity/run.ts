import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { textTable } from '../text-table.ts'
import { type Block, KINDS, measureBlock } from './measure.ts'
import { openStand, type Stand, sizesOf } from './stand.ts'
import { type Stored, type Summary, storedBytes, summarise } from './summary.ts'

const OUT = '.lango/bench'
const BLOCK = 50
const RATIO_MAX = 1.3
const SIZED_ROWS = 100_000
/** D1's limit for one database, on the paid plan. */
const D1_BYTES_MAX = 10e9
const RATES = [10_000, 100_000, 1_000_000]

interface Check {
  readonly name: string
  readonly empty: number
  readonly full: number
  readonly holds: boolean
}

const round = (value: number): string => String(Math.round(value * 100) / 100)

const costChecks = ({ cost: empty }: Summary, { cost: full }: Summary): Check[] => {
  const same = (name: string, a: number, b: number): Check => ({ name, empty: a, full: b, holds: a === b && a > 0 })
  /** Of one statement. That for deliveries rightly writes nothing: nobody is told of these payments. */
  const sameOf = (name: string): Check => {
    const check = same(`  ${name}`, empty.d1[name] ?? 0, full.d1[name] ?? 0)
    return name === 'INSERT webhook_deliveries' ? { ...check, holds: check.empty === check.full } : check
  }
  return [
    same('Redis requests', empty.redisRequests, full.redisRequests),
    same('object rows written', empty.objectRowsWritten, full.objectRowsWritten),
    same('D1 rows written', empty.d1RowsWritten, full.d1RowsWritten),
    ...Object.keys({ ...empty.d1, ...full.d1 }).map(sameOf),
    same('D1 rows read', empty.d1RowsRead, full.d1RowsRead),
    same('D1 rows read, look-up by invoice', empty.lookups.invoice, full.lookups.invoice),
    same('D1 rows read, by phone suffix', empty.lookups['phone suffix'], full.lookups['phone suffix']),
    same('D1 rows read, by transaction id', empty.lookups['transaction id'], full.lookups['transaction id']),
  ]
}

const latencyChecks = ({ latencyMs: empty }: Summary, { latencyMs: full }: Summary): Check[] =>
  KINDS.map((kind) => ({
    name: `${kind} (ms, median)`,
    empty: empty[kind].p50,
    full: full[kind].p50,
    holds: full[kind].p50 / empty[kind].p50 <= RATIO_MAX,
  }))

const text = (rows: number, checks: readonly Check[], stored: Stored): string => {
  const table = textTable(
    ['for one payment', 'D1 empty', `${rows} in D1`, 'ratio', ''],
    checks.map(({ name, empty, full, holds }) => [
      name,
      round(empty),
      round(full),
      full === empty ? '1' : round(full / empty),
      holds ? '' : 'MISSED',
    ]),
  )
  const bytes = stored.search + stored.order + stored.ledger
  const months = textTable(
    ['payments a month', 'months until 10 GB'],
    RATES.map((rate) => [String(rate), round(D1_BYTES_MAX / (bytes * rate))]),
  )
  const parts = `search ${Math.round(stored.search)}, order ${Math.round(stored.order)}, ledger ${Math.round(stored.ledger)}`
  return `${table}\n\nBytes in D1 for one paid payment: ${Math.round(bytes)} (${parts})\n\n${months}`
}

/**
 * `npm run bench -- capacity`: the same payments and look-ups over an empty D1 and over a
 * full one. Both stacks run at once and take turns, so that whatever else this machine does is done to both. Answers with
 * the exit code.
 */
export const run = async (rows: number, payments: number): Promise<number> => {
  const say = (line: string): void => console.log(`  ${line}`)
  const stands: Stand[] = []
  try {
    stands.push(await openStand('empty', 0, say), await openStand('full', rows, say))
    const [empty, full] = stands as [Stand, Stand]
    const blocks = new Map<Stand, Block[]>(stands.map((stand) => [stand, []]))
    // The first block fills a page of each look-up and every cache.
    for (const stand of stands) await measureBlock(stand, BLOCK)
    const turns = Math.ceil(payments / BLOCK)
    for (let turn = 0; turn < turns; turn++) {
      // Who goes first, goes second in the next turn.
      for (const stand of turn % 2 === 0 ? [empty, full] : [full, empty])
        blocks.get(stand)?.push(await measureBlock(stand, BLOCK))
      if ((turn + 1) % 5 === 0) say(`${(turn + 1) * BLOCK} payments at each size`)
    }
    const summaries = stands.map((stand) => summarise(blocks.get(stand) ?? [], BLOCK)) as [Summary, Summary]
    const sizes = await sizesOf(SIZED_ROWS)
    const stored = storedBytes(sizes, SIZED_ROWS)
    const checks = [...costChecks(...summaries), ...latencyChecks(...summaries)]
    console.log(`\n${text(rows, checks, stored)}`)
    mkdirSync(OUT, { recursive: true })
    const result = {
      rows,
      payments: turns * BLOCK,
      empty: summaries[0],
      full: summaries[1],
      stored,
      sizes,
      sizedRows: SIZED_ROWS,
    }
    writeFileSync(path.join(OUT, 'capacity.json'), `${JSON.stringify(result, null, 1)}\n`)
    return checks.every(({ holds }) => holds) ? 0 : 1
  } finally {
    for (const stand of stands) await stand.close()
  }
}
