import { type Counts, countCosts, type Traced, traceHops } from './counts.ts'
import { median } from './load.ts'
import { openPeers } from './peers/peers.ts'
import { descendantsOf } from './process-stats.ts'
import { freshOrder, type Medium, openBaseline, openLango, openRig, type Rig, type System } from './rig.ts'
import { type LatencyRound, latencyRound, type SaturationRound, saturationRound } from './rounds.ts'
import { stepForward, whileAwake } from './scheduling.ts'
import type { Target } from './targets.ts'

export interface PaymentsPlan {
  readonly ratePerSecond: number
  readonly gatewayMs: number
  readonly concurrency: number
  readonly warmMs: number
  readonly latencyMs: number
  readonly saturationMs: number
  /** Rounds of product and baseline on tmpfs, alternating; on disk there is one of each. */
  readonly rounds: number
}

/** A measured stretch of saturation stays under 10 s, warm-up included: then the objects begin to poll for outcomes. */
export const STANDARD: PaymentsPlan = {
  ratePerSecond: 50,
  gatewayMs: 150,
  concurrency: 128,
  warmMs: 3_000,
  latencyMs: 15_000,
  saturationMs: 6_000,
  rounds: 3,
}
export const QUICK: PaymentsPlan = { ...STANDARD, latencyMs: 5_000, saturationMs: 3_000, rounds: 1 }

export interface Round {
  readonly system: string
  readonly medium: Medium | 'none'
  /** Whether no CPU slept while latencies were measured. */
  readonly awake: boolean
  readonly latency: LatencyRound
  readonly saturation: SaturationRound
  /** Of Lango only. */
  readonly duplicates?: LatencyRound
}

export interface PaymentsResult {
  readonly plan: PaymentsPlan
  readonly rounds: readonly Round[]
  readonly counts: Counts
  readonly traced: Traced
  readonly notes: readonly string[]
}

const NOT_FORWARD =
  'What a payment waits for cannot be made to run before all else (CAP_SYS_NICE): whatever else this machine does is in the latencies.'

const NOT_AWAKE =
  'CPUs could not be kept from going to sleep between two payments (taskset and chrt of util-linux, no limit of CPU time): how long a virtual machine takes to wake one is in the latencies.'

/** How long a settled payment's callback, queue message and ledger entry may take to be done with. */
const DRAIN_MS = 3_000
const DUPLICATES = 100
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

const duplicateRound = async (rig: Rig, system: System, plan: PaymentsPlan): Promise<LatencyRound> => {
  const orders = Array.from({ length: DUPLICATES }, () => freshOrder())
  await Promise.all(orders.map((order) => system.pay(order)))
  // All of them at once is a flood of callbacks and ledger entries, which is no part of answering a duplicate.
  await sleep(DRAIN_MS)
  const order = (i: number) => orders[i % DUPLICATES] as (typeof orders)[number]
  const { ratePerSecond, warmMs } = plan
  return latencyRound(
    rig,
    {
      ...system,
      pay: async (asked) => {
        const paid = await system.pay(asked)
        if (orders.includes(asked) && !paid.replayed) throw new Error('a duplicate that was not recognised')
        return paid
      },
    },
    { ratePerSecond, warmMs, durationMs: plan.latencyMs / 2, order },
  )
}

/**
 * One system, from a fresh start: first at a fixed rate (Lango with the whole life of each payment: callback, queue,
 * ledger), then a flood. What settles is waited out in between.
 */
const measure = async (
  rig: Rig,
  plan: PaymentsPlan,
  medium: Round['medium'],
  open: () => Promise<System>,
  forward: (pids: readonly number[]) => void,
): Promise<Round> => {
  await rig.gateway.ask('clear')
  const system = await open()
  try {
    forward(system.pids())
    const settles = system.name === 'Lango'
    await rig.gateway.ask('set', { latencyMs: plan.gatewayMs, settleMs: settles ? 500 : null })
    const { ratePerSecond, warmMs } = plan
    // While it is asked how long a payment waits. In a flood no CPU sleeps anyway.
    const { value, awake } = await whileAwake(async () => {
      const latency = await latencyRound(rig, system, { ratePerSecond, warmMs, durationMs: plan.latencyMs })
      return settles ? { latency, duplicates: await duplicateRound(rig, system, plan) } : { latency }
    })
    await sleep(settles ? DRAIN_MS : 500)
    await rig.gateway.ask('set', { settleMs: null })
    const saturation = await saturationRound(rig, system, {
      concurrency: plan.concurrency,
      warmMs,
      durationMs: plan.saturationMs,
    })
    return { system: system.name, medium, awake, saturation, ...value }
  } finally {
    await system.close()
  }
}

export const runPayments = async (plan: PaymentsPlan, say: (line: string) => void): Promise<PaymentsResult> => {
  const rig = await openRig()
  const rounds: Round[] = []
  const notes: string[] = []
  const once = (note: string): void => {
    if (notes.includes(note)) return
    notes.push(note)
    say(note)
  }
  const forward = (pids: readonly number[]): void => {
    if (!pids.map(stepForward).every(Boolean)) once(NOT_FORWARD)
  }
  const round = async (medium: Round['medium'], open: () => Promise<System>) => {
    const done = await measure(rig, plan, medium, open, forward)
    rounds.push(done)
    if (!done.awake) once(NOT_AWAKE)
    const { added } = done.latency
    say(
      `${done.system} on ${medium}: +${added.p50.toFixed(1)} ms p50, +${added.p99.toFixed(1)} ms p99, ${done.saturation.perSecond.toFixed(0)}/s`,
    )
  }
  try {
    forward([process.pid, rig.redis.pid, ...descendantsOf(rig.redis.pid, 'redis-server'), rig.gateway.pid])
    for (let i = 0; i < plan.rounds; i++) {
      await round('tmpfs', () => openBaseline(rig, 'tmpfs'))
      await round('tmpfs', () => openLango(rig, 'tmpfs'))
    }
    await round('disk', () => openBaseline(rig, 'disk'))
    await round('disk', () => openLango(rig, 'disk'))
    const peers = await openPeers(rig, say)
    if (peers.kind === 'missing') notes.push(peers.why)
    else for (const peer of peers.systems) await round('none', peer.open)
    say('hops before the send, with Redis 60 ms, object 40 ms and gateway 150 ms away')
    const traced = await traceHops(rig, 20, { redis: 60, object: 40, gateway: 150 })
    say('what one payment costs')
    const counts = await countCosts(rig, 40)
    return { plan, rounds, counts, traced, notes }
  } finally {
    await rig.close()
  }
}

export const of = (result: PaymentsResult, system: string, medium: Round['medium']): Round[] =>
  result.rounds.filter((round) => round.system === system && round.medium === medium)

/** Pair by pair, as they alternated, so that what the machine does meanwhile weighs on both. */
export const throughputRatio = (result: PaymentsResult, medium: Medium): number => {
  const baseline = of(result, 'baseline (a)', medium)
  return median(
    of(result, 'Lango', medium).map(
      ({ saturation }, i) => saturation.perSecond / (baseline[i]?.saturation.perSecond ?? Number.NaN),
    ),
  )
}

const middle = (rounds: readonly Round[], pick: (round: Round) => number | undefined): number =>
  median(rounds.map((round) => pick(round) ?? Number.NaN))

export const targetsOf = (result: PaymentsResult): readonly Target[] => {
  const rounds = of(result, 'Lango', 'tmpfs')
  const failed = result.rounds
    .filter(({ system }) => system === 'Lango')
    .reduce(
      (sum, { latency, saturation, duplicates }) =>
        sum + latency.failed + saturation.failed + (duplicates?.failed ?? 0),
      0,
    )
  const rate = `${result.plan.ratePerSecond}/s, tmpfs`
  return [
    {
      name: `added latency p50 (${rate})`,
      measured: middle(rounds, (one) => one.latency.added.p50),
      unit: 'ms',
      bound: { atMost: 5 },
    },
    {
      name: `added latency p99 (${rate})`,
      measured: middle(rounds, (one) => one.latency.added.p99),
      unit: 'ms',
      bound: { atMost: 25 },
    },
    {
      name: 'saturation throughput to baseline (a), tmpfs',
      measured: throughputRatio(result, 'tmpfs'),
      unit: '×',
      bound: { atLeast: 0.6 },
    },
    {
      name: `a duplicate answered p99 (${rate})`,
      measured: middle(rounds, (one) => one.duplicates?.total.p99),
      unit: 'ms',
      bound: { atMost: 10 },
    },
    {
      name: 'sequential remote hops before the send',
      measured: result.traced.hopsBeforeSend,
      unit: 'hops',
      bound: { atMost: 2 },
    },
    { name: 'requests failed', measured: failed, unit: 'payments', bound: { exactly: 0 } },
  ]
}
