import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { createDecideCore } from '../../src/core/decide.ts'
import { createRouteCore } from '../../src/core/route.ts'
import { startWorker } from '../core/worker.ts'
import { type Percentiles, percentilesOf } from '../rounds.ts'
import { figure, isMet, type Target, wanted } from '../targets.ts'
import { textTable } from '../text-table.ts'
import { observations, policy, requestOf } from './question.ts'

/**
 * Microseconds of a decision over ten gateways and fifty rules, from what the payment's object has in its hand to the record that it
 * stores.
 */
export interface RouteResult {
  /** CPU of workerd; each value is the mean of a round of `DECISIONS`. */
  readonly workerdUs: Percentiles
  /** The same of calls into the router that decide nothing: below this nothing can be measured here. */
  readonly emptyUs: Percentiles
  /** Wall time of single decisions, in Node: workerd's clock stands still while it computes. */
  readonly nodeUs: Percentiles
  readonly gzipBytes: number
}

const ROUNDS = 100
const DECISIONS = 500
const WARM_UP = 10
const SINGLES = 20_000
const FILES = { route: 'src/core/generated/route.wasm', decide: 'src/core/generated/decide.wasm' }

const moduleOf = (file: string) => new WebAssembly.Module(readFileSync(file))

const inWorkerd = async (): Promise<Pick<RouteResult, 'workerdUs' | 'emptyUs'>> => {
  const worker = await startWorker('bench/workers/route.ts')
  const take = async (times: number, empty: boolean): Promise<number> => {
    const { cpuUs, answer } = await worker.ask({ times, empty })
    if (answer !== times) throw new Error(`${answer} of ${times} calls were answered, or found a gateway`)
    return cpuUs
  }
  const eachOf = async (empty: boolean): Promise<number> => {
    const few = await take(1, empty)
    return ((await take(DECISIONS, empty)) - few) / (DECISIONS - 1)
  }
  try {
    const decided: number[] = []
    const empty: number[] = []
    for (let round = -WARM_UP; round < ROUNDS; round++) {
      const each = { decided: await eachOf(false), empty: await eachOf(true) }
      if (round < 0) continue
      decided.push(each.decided)
      empty.push(each.empty)
    }
    return { workerdUs: percentilesOf(decided), emptyUs: percentilesOf(empty) }
  } finally {
    await worker.dispose()
  }
}

const inNode = (): Percentiles => {
  const router = createRouteCore(moduleOf(FILES.route)).createRouter(policy)
  const { providersOf } = createDecideCore(moduleOf(FILES.decide))
  for (const observation of observations) router.observe(observation)
  const us: number[] = []
  for (let i = -SINGLES; i < SINGLES; i++) {
    const from = performance.now()
    router.route(requestOf(i, providersOf))
    if (i >= 0) us.push(1_000 * (performance.now() - from))
  }
  return percentilesOf(us)
}

export const runRoute = async (): Promise<RouteResult> => ({
  ...(await inWorkerd()),
  nodeUs: inNode(),
  gzipBytes: gzipSync(readFileSync(FILES.route), { level: 9 }).length,
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
        ['workerd, the same of empty calls', figure(result.emptyUs.p50), figure(result.emptyUs.p99)],
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
