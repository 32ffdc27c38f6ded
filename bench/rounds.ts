import { closedLoop, openLoop, percentile, percentileOf, type Sample } from './load.ts'
import { readProcess } from './process-stats.ts'
import { freshOrder, type Order, type Paid, type Rig, type System } from './rig.ts'

export interface Percentiles {
  readonly p50: number
  readonly p90: number
  readonly p99: number
}

export interface Resources {
  /** CPU of the product's processes per answered payment. */
  readonly cpuMsEach: number
  readonly rssBytes: number
  readonly fds: number
}

export interface LatencyRound {
  readonly count: number
  readonly failed: number
  readonly firstError?: string
  /** As the caller sees it. */
  readonly total: Percentiles
  /** Total less what the gateway held that very payment for. Only of payments that the gateway answered. */
  readonly added: Percentiles
  /** Sorted, for charts. */
  readonly addedMs: readonly number[]
  readonly resources: Resources
}

export interface SaturationRound {
  readonly perSecond: number
  readonly failed: number
  readonly firstError?: string
  readonly total: Percentiles
  readonly resources: Resources
  /** Of the processes that are not the product, per payment: they share the machine's cores with it. */
  readonly cpuMsBeside: Readonly<Record<'redisRest' | 'gateway' | 'load', number>>
}

export const percentilesOf = (values: readonly number[]): Percentiles => ({
  p50: percentileOf(values, 50),
  p90: percentileOf(values, 90),
  p99: percentileOf(values, 99),
})

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)

const sample = (pids: readonly number[]) => {
  const all = pids.flatMap((pid) => readProcess(pid) ?? [])
  return {
    cpuMs: sum(all.map(({ cpuMs }) => cpuMs)),
    rssBytes: sum(all.map(({ rssBytes }) => rssBytes)),
    fds: sum(all.map(({ fds }) => fds)),
  }
}

const failures = (samples: readonly Sample[]) => {
  const bad = samples.filter(({ ok }) => !ok)
  const firstError = bad[0]?.error
  return { failed: bad.length, ...(firstError === undefined ? {} : { firstError }) }
}

/** Open loop at a fixed rate, after `warmMs` of the same. */
export const latencyRound = async (
  rig: Rig,
  system: System,
  options: {
    readonly ratePerSecond: number
    readonly warmMs: number
    readonly durationMs: number
    readonly order?: (i: number) => Order
  },
): Promise<LatencyRound> => {
  const { ratePerSecond, warmMs, durationMs, order = () => freshOrder() } = options
  await openLoop({ ratePerSecond, durationMs: warmMs, run: (i) => system.pay(order(i)) })
  const before = sample(system.pids())
  const samples = await openLoop({ ratePerSecond, durationMs, run: (i) => system.pay(order(i)) })
  const after = sample(system.pids())
  const held = new Map(
    (await rig.gateway.ask('initiations')).flatMap((one) =>
      one.answeredAtMs === 0 ? [] : [[one.reference, one.answeredAtMs - one.arrivedAtMs] as const],
    ),
  )
  const addedMs = samples
    .flatMap(({ latencyMs, value }) => {
      const heldMs = value && held.get(value.reference)
      return heldMs === undefined ? [] : [latencyMs - heldMs]
    })
    .toSorted((a, b) => a - b)
  return {
    count: samples.length,
    ...failures(samples),
    total: { p50: percentile(samples, 50), p90: percentile(samples, 90), p99: percentile(samples, 99) },
    added: percentilesOf(addedMs),
    addedMs,
    resources: { ...after, cpuMsEach: (after.cpuMs - before.cpuMs) / samples.length },
  }
}

/** As many as it can, with `concurrency` under way all the time. */
export const saturationRound = async (
  rig: Rig,
  system: System,
  options: { readonly concurrency: number; readonly warmMs: number; readonly durationMs: number },
): Promise<SaturationRound> => {
  const beside = { redisRest: rig.redis.pid, gateway: rig.gateway.pid, load: process.pid }
  const look = () => ({
    own: sample(system.pids()),
    redisRest: sample([beside.redisRest]).cpuMs,
    gateway: sample([beside.gateway]).cpuMs,
    load: sample([beside.load]).cpuMs,
  })
  let [before, after] = [look(), look()]
  const { samples, perSecond } = await closedLoop<Paid>({
    ...options,
    run: () => system.pay(freshOrder()),
    onMeasured: (edge) => {
      if (edge === 'begins') before = look()
      else after = look()
    },
  })
  const each = (of: 'redisRest' | 'gateway' | 'load') => (after[of] - before[of]) / samples.length
  return {
    perSecond,
    ...failures(samples),
    total: { p50: percentile(samples, 50), p90: percentile(samples, 90), p99: percentile(samples, 99) },
    resources: { ...after.own, cpuMsEach: (after.own.cpuMs - before.own.cpuMs) / samples.length },
    cpuMsBeside: { redisRest: each('redisRest'), gateway: each('gateway'), load: each('load') },
  }
}
