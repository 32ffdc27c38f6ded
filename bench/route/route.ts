import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { createRouteCore } from '../../src/core/route.ts'
import { startWorker } from '../core/worker.ts'
import { type Percentiles, percentilesOf } from '../rounds.ts'
import { figure, isMet, type Target, wanted } from '../targets.ts'
import { textTable } from '../text-table.ts'
import { observations, policy, requestOf } from './question.ts'

/** Microseconds of a decision over ten gateways and fifty rules, with the JSON on both sides. */
export interface RouteResult {
  /** CPU of workerd; each value is the mean of a round of `DECISIONS`. */
  readonly workerdUs: Percentiles
  /** Wall time of single decisions, in Node: workerd's clock stands still while it computes. */
  readonly nodeUs: Percentiles
  readonly gzipBytes: number
}

const ROUNDS = 100
const DECISIONS = 500
const WARM_UP = 10
const SINGLES = 20_000
const FILE = 'src/core/generated/route.wasm'

const inWorkerd = async (): Promise<Percentiles> => {
  const worker = await startWorker('bench/workers/route.ts')
  const take = async (times: number): Promise<number> => {
    const { cpuUs, answer } = await worker.ask({ times })
    if (answer !== times) throw new Error(`${answer} of ${times} payments found a gateway`)
    return cpuUs
  }
  try {
    const us: number[] = []
    for (let round = -WARM_UP; round < ROUNDS; round++) {
      const few = await take(1)
      const each = ((await take(DECISIONS)) - few) / (DECISIONS - 1)
      if (round >= 0) us.push(each)
    }
    return percentilesOf(us)
  } finally {
    await worker.dispose()
  }
}

const inNode = (): Percentiles => {
  const router = createRouteCore(new WebAssembly.Module(readFileSync(FILE))).createRouter(policy)
  for (const observation of observations) router.observe(observation)
  const us: number[] = []
  for (let i = -SINGLES; i < SINGLES; i++) {
    const request = requestOf(i)
    const from = performance.now()
    router.route(request)
    if (i >= 0) us.push(1_000 * (performance.now() - from))
  }
  return percentilesOf(us)
}

export const runRoute = async (): Promise<RouteResult> => ({
  workerdUs: await inWorkerd(),
  nodeUs: inNode(),
  gzipBytes: gzipSync(readFileSync(FILE), { level: 9 }).length,
})

export const routeTargets = ({ workerdUs }: RouteResult): readonly Target[] => [
  { name: 'a decision in workerd, p99', measured: workerdUs.p99, unit: 'µs', bound: { atMost: 50 } },
]

export const routeText = (result: RouteResult): string =>
  [
    textTable(
      ['a decision over 10 gateways and 50 rules, µs', 'median', 'p99'],
      [
        [`workerd, CPU, rounds of ${DECISIONS}`, figure(result.workerdUs.p50), figure(result.workerdUs.p99)],
        ['Node, wall time of single ones', figure(result.nodeUs.p50), figure(result.nodeUs.p99)],
      ],
    ),
    '',
    ...routeTargets(result).map(
      (target) =>
        `${target.name}: ${figure(target.measured)} ${target.unit}, ${wanted(target)}: ${isMet(target) ? 'reached' : 'NOT REACHED'}`,
    ),
    `route.wasm: ${(result.gzipBytes / 1000).toFixed(1)} KB gzip`,
  ].join('\n')
