import { randomUUID } from 'node:crypto'
import { median, openLoop, percentile, timerPace } from '../load.ts'
import { readProcess } from '../process-stats.ts'
import { freshOrder, type Lango, openLango, openRig, REDIS_TOKEN, type Rig } from '../rig.ts'
import { type Service, startService } from '../service.ts'
import type { CallbackWorkerOptions, CallbackWorkerShape } from '../services/callback-worker.ts'
import type { SignedCallback } from '../services/gateway.ts'
import type { QueueShape } from '../services/queue.ts'
import type { Target } from '../targets.ts'

export interface CallbacksPlan {
  readonly ratePerSecond: number
  /** To the Worker that only publishes, while Lango has its callbacks: it has the same machine at the same moment. */
  readonly besidePerSecond: number
  readonly durationMs: number
  /** Of publisher and product, taking turns. */
  readonly rounds: number
  /** Of the edge alone, and for how long each. At the lower rate the process sleeps between two callbacks, and waking costs CPU. */
  readonly aloneRatesPerSecond: readonly [number, number]
  readonly aloneMs: number
}

export const STANDARD: CallbacksPlan = {
  ratePerSecond: 100,
  besidePerSecond: 20,
  durationMs: 10_000,
  rounds: 7,
  aloneRatesPerSecond: [100, 300],
  aloneMs: 20_000,
}
export const QUICK: CallbacksPlan = {
  ratePerSecond: 100,
  besidePerSecond: 20,
  durationMs: 3_000,
  rounds: 1,
  aloneRatesPerSecond: [100, 300],
  aloneMs: 5_000,
}

/** `publisher, in turn` has the machine for itself; `publisher, beside Lango` shares it with all that fulfils the orders. */
export type System = 'publisher, in turn' | 'publisher, beside Lango' | 'Lango'

export interface CallbackRound {
  readonly system: System
  readonly sent: number
  readonly failed: number
  readonly firstError?: string
  readonly p50: number
  readonly p99: number
}

export interface Alone {
  readonly ratePerSecond: number
  readonly sent: number
  readonly failed: number
  readonly cpuMsEach: number
  readonly p99: number
}

export interface CallbacksResult {
  readonly plan: CallbacksPlan
  /** Workerd with the edge and its stubs. */
  readonly edge: readonly Alone[]
  /** Workerd with the Worker that only publishes: what receiving and publishing cost on this machine at the least. */
  readonly publisher: readonly Alone[]
  readonly rounds: readonly CallbackRound[]
  /** Callbacks of Lango's rounds whose payment was fulfilled when the last of its round had been answered: the consumer keeps up. */
  readonly inTime: number
  /** Those whose payment was fulfilled in the end, exactly once. */
  readonly fulfilled: number
  readonly expected: number
}

const WARM = 100
/** Objects ask the gateway after 10, 20 and 40 s, and then not before 90: in between nothing but the callbacks is going on. */
const QUIET_AFTER_MS = 42_000
const FULFILLED_TIMEOUT_MS = 120_000
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Of one round, with those that warm up. */
const callbacksIn = ({ ratePerSecond, durationMs }: CallbacksPlan): number =>
  Math.floor((ratePerSecond * durationMs) / 1000) + WARM

/** A body as pawaPay's, for those who do not look at it. */
const madeUp = (): string =>
  JSON.stringify({
    depositId: randomUUID(),
    status: 'COMPLETED',
    amount: '15.50',
    currency: 'ZMW',
    country: 'ZMB',
    payer: { type: 'MMO', accountDetails: { phoneNumber: '260763456789', provider: 'MTN_MOMO_ZMB' } },
    customerMessage: 'Lango bench',
    created: '2026-11-21T08:00:00Z',
    providerTransactionId: 'T00000000-0000-4000-8000-000000000000',
  })

const post = async (rig: Rig, url: string, headers: Readonly<Record<string, string>>, body: string): Promise<void> => {
  const { status, text } = await rig.client.send('POST', url, headers, body)
  if (status !== 200) throw new Error(`${status} ${text.slice(0, 80)}`)
}

const JSON_ONLY = { 'content-type': 'application/json' }

/** Sends from `take`, open loop; a few first, to warm up. */
const roundOf = async (
  plan: Pick<CallbacksPlan, 'ratePerSecond' | 'durationMs'>,
  system: System,
  send: (i: number) => Promise<void>,
): Promise<CallbackRound> => {
  const samples = await openLoop({ ...plan, run: send, pace: timerPace })
  const failed = samples.filter(({ ok }) => !ok)
  const firstError = failed[0]?.error
  return {
    system,
    sent: samples.length,
    failed: failed.length,
    ...(firstError === undefined ? {} : { firstError }),
    p50: percentile(samples, 50),
    p99: percentile(samples, 99),
  }
}

const startWorker = (
  rig: Rig,
  queue: CallbackWorkerOptions['queue'],
  worker: CallbackWorkerOptions['worker'],
): Promise<Service<CallbackWorkerShape>> =>
  startService(new URL('../services/callback-worker.ts', import.meta.url), {
    worker,
    stateDir: rig.stateDir('tmpfs'),
    queue,
  } satisfies CallbackWorkerOptions)

const alone = async (
  rig: Rig,
  plan: CallbacksPlan,
  queue: CallbackWorkerOptions['queue'],
  worker: CallbackWorkerOptions['worker'],
  say: (line: string) => void,
): Promise<readonly Alone[]> => {
  const service = await startWorker(rig, queue, worker)
  try {
    const { url, workerdPid } = await service.ask('info')
    const run = () => post(rig, url, JSON_ONLY, madeUp())
    const cpuMs = () => readProcess(workerdPid)?.cpuMs ?? Number.NaN
    const done: Alone[] = []
    for (const ratePerSecond of plan.aloneRatesPerSecond) {
      await openLoop({ ratePerSecond, durationMs: 2_000, run, pace: timerPace })
      const before = cpuMs()
      const samples = await openLoop({ ratePerSecond, durationMs: plan.aloneMs, run, pace: timerPace })
      const cpuMsEach = (cpuMs() - before) / samples.length
      const p99 = percentile(samples, 99)
      say(`${worker} alone, ${ratePerSecond}/s: ${cpuMsEach.toFixed(2)} ms CPU each, p99 ${p99.toFixed(1)} ms`)
      done.push({
        ratePerSecond,
        sent: samples.length,
        failed: samples.filter(({ ok }) => !ok).length,
        cpuMsEach,
        p99,
      })
    }
    return done
  } finally {
    await service.close()
  }
}

/** Open payments, and the true callbacks that will complete them. */
const openPayments = async (lango: Lango, count: number): Promise<readonly string[]> => {
  const references: string[] = []
  let left = count
  const work = async (): Promise<void> => {
    while (left-- > 0) references.push((await lango.pay(freshOrder(10))).reference)
  }
  await Promise.all(Array.from({ length: 16 }, work))
  return references
}

interface LangoRound {
  readonly rounds: readonly CallbackRound[]
  readonly inTime: number
  readonly fulfilled: number
}

/** A stack for each round: Workers of two processes leave sockets open in Miniflare's registry, several for each payment. */
const langoRound = async (
  rig: Rig,
  queue: CallbackWorkerOptions['queue'],
  plan: CallbacksPlan,
  publish: () => Promise<void>,
): Promise<LangoRound> => {
  const qstash = { QSTASH_URL: queue.url, QSTASH_TOKEN: queue.token }
  const redis = { UPSTASH_REDIS_REST_URL: rig.redisUrl, UPSTASH_REDIS_REST_TOKEN: REDIS_TOKEN }
  const vars = { edge: qstash, consumer: { ...qstash, ...redis } }
  const lango = await openLango(rig, 'tmpfs', { consumerApart: true, vars })
  try {
    const rounds = await callbacksTo(rig, lango, plan, publish)
    const { orders: inTime = 0 } = await lango.service.ask('databaseRows')
    return { rounds, inTime, fulfilled: await untilFulfilled(lango, callbacksIn(plan)) }
  } finally {
    await lango.close()
  }
}

const callbacksTo = async (
  rig: Rig,
  lango: Lango,
  plan: CallbacksPlan,
  publish: () => Promise<void>,
): Promise<readonly CallbackRound[]> => {
  const references = await openPayments(lango, callbacksIn(plan))
  const count = references.length - WARM
  await sleep(QUIET_AFTER_MS)
  const callbacks = await rig.gateway.ask('callbacksOf', references)
  const send = ({ url, headers, body }: SignedCallback) => post(rig, url, headers, body)
  const { ratePerSecond, besidePerSecond } = plan
  await openLoop({
    ratePerSecond,
    durationMs: (WARM * 1000) / ratePerSecond,
    run: (i) => send(callbacks[count + i] as SignedCallback),
  })
  return Promise.all([
    roundOf({ ...plan, ratePerSecond: besidePerSecond }, 'publisher, beside Lango', publish),
    roundOf(plan, 'Lango', (i) => send(callbacks[i] as SignedCallback)),
  ])
}

const untilFulfilled = async (lango: Lango, expected: number): Promise<number> => {
  const untilMs = performance.now() + FULFILLED_TIMEOUT_MS
  for (;;) {
    const { orders = 0, ledger_entries: entries = 0 } = await lango.service.ask('databaseRows')
    if (orders >= expected || performance.now() > untilMs) return orders === entries ? orders : Number.NaN
    await sleep(500)
  }
}

/**
 * What a callback costs. The edge alone between stubs: CPU of its process. The whole of it, consumer in a workerd of its own,
 * at a fixed rate: how long a gateway waits for its 200, and how long for that of a Worker that does nothing but publish, both
 * in turns with Lango and at the same time.
 */
export const runCallbacks = async (plan: CallbacksPlan, say: (line: string) => void): Promise<CallbacksResult> => {
  const rig = await openRig()
  const queue = await startService<QueueShape>(new URL('../services/queue.ts', import.meta.url), {
    stateDir: rig.stateDir('tmpfs'),
  })
  const closers: (() => Promise<void>)[] = [() => rig.close(), () => queue.close()]
  try {
    const info = await queue.ask('info')
    const edge = await alone(rig, plan, info, 'edge', say)
    const onlyPublishing = await alone(rig, plan, info, 'publisher', say)

    const publisher = await startWorker(rig, info, 'publisher')
    closers.push(() => publisher.close())
    const { url: publisherUrl } = await publisher.ask('info')
    await rig.gateway.ask('set', { latencyMs: 0, settleMs: null })

    const rounds: CallbackRound[] = []
    const publish = () => post(rig, publisherUrl, JSON_ONLY, madeUp())
    await openLoop({ ratePerSecond: plan.ratePerSecond, durationMs: 1_000, run: publish })
    const note = (done: CallbackRound): void => {
      rounds.push(done)
      say(`${done.system}: p50 ${done.p50.toFixed(1)} ms, p99 ${done.p99.toFixed(1)} ms, ${done.failed} failed`)
    }
    let [inTime, fulfilled] = [0, 0]
    for (let i = 0; i < plan.rounds; i++) {
      note(await roundOf(plan, 'publisher, in turn', publish))
      const ours = await langoRound(rig, info, plan, publish)
      for (const round of ours.rounds) note(round)
      inTime += ours.inTime
      fulfilled += ours.fulfilled
    }
    const expected = plan.rounds * callbacksIn(plan)
    return { plan, edge, publisher: onlyPublishing, rounds, expected, inTime, fulfilled }
  } finally {
    for (const close of closers.toReversed()) await close()
  }
}

const p99sOf = (rounds: readonly CallbackRound[], system: System): readonly number[] =>
  rounds.flatMap((round) => (round.system === system ? [round.p99] : []))

export const callbackTargets = (result: CallbacksResult): readonly Target[] => {
  const [lango, beside] = [p99sOf(result.rounds, 'Lango'), p99sOf(result.rounds, 'publisher, beside Lango')]
  const ratios = lango.map((p99, i) => p99 / (beside[i] ?? Number.NaN))
  const failed = [...result.rounds, ...result.edge, ...result.publisher].reduce((sum, each) => sum + each.failed, 0)
  const busy = result.edge.at(-1)
  return [
    {
      name: `CPU per callback, edge alone, ${busy?.ratePerSecond}/s`,
      measured: busy?.cpuMsEach ?? Number.NaN,
      unit: 'ms',
      bound: { atMost: 2 },
    },
    { name: 'callback to 200, p99', measured: median(lango), unit: 'ms', bound: { atMost: 25 } },
    {
      name: 'of a Worker that only publishes, at the same time',
      measured: median(ratios),
      unit: '×',
      bound: { atMost: 1.5 },
    },
    { name: 'refused', measured: failed, unit: 'payments', bound: { exactly: 0 } },
    {
      name: 'not fulfilled exactly once',
      measured: result.expected - result.fulfilled,
      unit: 'payments',
      bound: { exactly: 0 },
    },
  ]
}
