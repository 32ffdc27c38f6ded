import { randomUUID } from 'node:crypto'
import { deliveryPath } from '../../src/contracts/queue.ts'
import { median, openLoop, percentile, timerPace } from '../load.ts'
import { readProcess } from '../process-stats.ts'
import { freshOrder, type Lango, openLango, openRig, REDIS_TOKEN, type Rig } from '../rig.ts'
import { stepForward, whileAwake } from '../scheduling.ts'
import { type Service, startService } from '../service.ts'
import type { CallbackWorkerOptions, CallbackWorkerShape } from '../services/callback-worker.ts'
import type { SignedCallback } from '../services/gateway.ts'
import type { QueueShape } from '../services/queue.ts'
import type { Target } from '../targets.ts'

export interface CallbacksPlan {
  readonly ratePerSecond: number
  readonly durationMs: number
  /** Of publisher and product, taking turns. */
  readonly stacks: number
  /** One after the other on each of them: an isolate lives for hours, and collects its garbage now and then. */
  readonly rounds: number
  /** Callbacks that come before: the code of nobody is to be compiled, nor what opening the payments left be collected, while it is timed. */
  readonly warmUps: number
  /** Of the edge alone, and for how long each. At the lower rate the process sleeps between two callbacks, and waking costs CPU. */
  readonly aloneRatesPerSecond: readonly [number, number]
  readonly aloneMs: number
}

export const STANDARD: CallbacksPlan = {
  ratePerSecond: 100,
  durationMs: 10_000,
  stacks: 3,
  rounds: 2,
  warmUps: 1_000,
  aloneRatesPerSecond: [100, 300],
  aloneMs: 20_000,
}
export const QUICK: CallbacksPlan = {
  ratePerSecond: 100,
  durationMs: 3_000,
  stacks: 1,
  rounds: 1,
  warmUps: 100,
  aloneRatesPerSecond: [100, 300],
  aloneMs: 5_000,
}

/** `publisher, alone` has the machine for itself; `publisher, as the edge` has Lango's consumer behind it, which fulfils the same orders. */
export type System = 'publisher, alone' | 'publisher, as the edge' | 'Lango'

export interface CallbackRound {
  readonly system: System
  readonly sent: number
  readonly failed: number
  readonly firstError?: string
  readonly p50: number
  readonly p99: number
  /** Whether no CPU slept meanwhile. */
  readonly awake: boolean
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
  /** Callbacks whose payment was fulfilled when the last of its stack had been answered: the consumer keeps up. */
  readonly inTime: number
  /** Those whose payment was fulfilled in the end, exactly once. */
  readonly fulfilled: number
  readonly expected: number
  /** Whether load generator, edge, publisher and queue ran before all else. */
  readonly atOnce: boolean
}

/** Objects ask the gateway when they are 10, 30 and 70 s old: between the last two nothing but the callbacks is going on. */
const QUIET_AFTER_MS = 32_000
/** Until the CPUs are awake again. */
const PAUSE_MS = 500
const FULFILLED_TIMEOUT_MS = 120_000
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

const perRound = ({ ratePerSecond, durationMs }: CallbacksPlan): number =>
  Math.floor((ratePerSecond * durationMs) / 1000)

/** Of one stack, with those that warm up. */
const callbacksIn = (plan: CallbacksPlan): number => plan.rounds * perRound(plan) + plan.warmUps

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

/** `warmUp` comes first, and no CPU sleeps from there on. */
const roundOf = async (
  plan: Pick<CallbacksPlan, 'ratePerSecond' | 'durationMs'>,
  system: System,
  send: (i: number) => Promise<void>,
  warmUp: () => Promise<unknown>,
): Promise<CallbackRound> => {
  const { value: samples, awake } = await whileAwake(async () => {
    await warmUp()
    return openLoop({ ...plan, run: send, pace: timerPace })
  })
  const failed = samples.filter(({ ok }) => !ok)
  const firstError = failed[0]?.error
  return {
    system,
    sent: samples.length,
    failed: failed.length,
    ...(firstError === undefined ? {} : { firstError }),
    p50: percentile(samples, 50),
    p99: percentile(samples, 99),
    awake,
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

/** Has a process on the way from a callback to its 200 run before all that is not. */
type Forward = (pid: number) => void

const alone = async (
  rig: Rig,
  plan: CallbacksPlan,
  queue: CallbackWorkerOptions['queue'],
  worker: CallbackWorkerOptions['worker'],
  forward: Forward,
  say: (line: string) => void,
): Promise<readonly Alone[]> => {
  const service = await startWorker(rig, queue, worker)
  try {
    const { url, workerdPid } = await service.ask('info')
    forward(workerdPid)
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

interface OfStack {
  readonly inTime: number
  readonly fulfilled: number
}

type Send = (i: number) => Promise<void>

type AQueue = Pick<CallbackWorkerOptions['queue'], 'url' | 'token'>

/** What is under test, between a gateway that has settled its payments and the consumer that is to fulfil them. */
interface Entrance {
  readonly system: System
  /** Where the edge publishes. */
  readonly queue: AQueue
  open(lango: Lango, callbacks: readonly SignedCallback[]): Promise<Send>
}

/**
 * 3,000 payments are what a stack stands: Workers of two processes leave sockets open in Miniflare's registry, several for each, and
 * with a thousand more no connection is to be had.
 */
const stackRounds = async (
  rig: Rig,
  plan: CallbacksPlan,
  queue: AQueue,
  entrance: Entrance,
  forward: Forward,
  note: (round: CallbackRound) => void,
): Promise<OfStack> => {
  const varsOf = ({ url, token }: AQueue) => ({ QSTASH_URL: url, QSTASH_TOKEN: token })
  const redis = { UPSTASH_REDIS_REST_URL: rig.redisUrl, UPSTASH_REDIS_REST_TOKEN: REDIS_TOKEN }
  const vars = { edge: varsOf(entrance.queue), consumer: { ...varsOf(queue), ...redis } }
  const lango = await openLango(rig, 'tmpfs', { consumerApart: true, vars })
  try {
    const references = await openPayments(lango, callbacksIn(plan))
    forward((await lango.service.ask('info')).workerdPid)
    await sleep(QUIET_AFTER_MS)
    const callbacks = await rig.gateway.ask('callbacksOf', references)
    const send = await entrance.open(lango, callbacks)
    for (let n = 0; n < plan.rounds; n++) {
      const warm = n === 0 ? () => warmUp(plan, references.length, send) : () => sleep(PAUSE_MS)
      note(await roundOf(plan, entrance.system, (i) => send(n * perRound(plan) + i), warm))
    }
    const { orders: inTime = 0 } = await lango.service.ask('databaseRows')
    return { inTime, fulfilled: await untilFulfilled(lango, callbacksIn(plan)) }
  } finally {
    await lango.close()
  }
}

/** With the last of them, which no round sends. */
const warmUp = ({ ratePerSecond, warmUps }: CallbacksPlan, total: number, send: Send) =>
  openLoop({
    ratePerSecond,
    durationMs: (warmUps * 1000) / ratePerSecond,
    run: (i) => send(total - warmUps + i),
    pace: timerPace,
  })

const postTo =
  (rig: Rig, callbacks: readonly SignedCallback[]): Send =>
  (i) => {
    const { url, headers, body } = callbacks[i] as SignedCallback
    return post(rig, url, headers, body)
  }

/** The edge has made its messages before, for a queue that delivers nothing; all that is left to do is to publish them. */
const byPublisher =
  (rig: Rig, queue: Service<QueueShape>, publisherUrl: string): Entrance['open'] =>
  async (lango, callbacks) => {
    await queue.ask('taken')
    const toEdge = postTo(rig, callbacks)
    for (let i = 0; i < callbacks.length; i++) await toEdge(i)
    const messages = await queue.ask('taken')
    if (messages.length !== callbacks.length)
      throw new Error(`${messages.length} messages of ${callbacks.length} callbacks`)
    const headers = { ...JSON_ONLY, 'x-destination': `${lango.consumerUrl}${deliveryPath('callback')}` }
    return (i) => post(rig, publisherUrl, headers, messages[i] as string)
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
 * at a fixed rate: how long a gateway waits for its 200, and how long for that of a Worker that does nothing but publish, with
 * the machine to itself and with the same consumer behind it.
 */
export const runCallbacks = async (plan: CallbacksPlan, say: (line: string) => void): Promise<CallbacksResult> => {
  const rig = await openRig()
  const queue = await startService<QueueShape>(new URL('../services/queue.ts', import.meta.url), {
    stateDir: rig.stateDir('tmpfs'),
  })
  const closers: (() => Promise<void>)[] = [() => rig.close(), () => queue.close()]
  try {
    let atOnce = true
    const forward: Forward = (pid) => {
      if (stepForward(pid)) return
      if (atOnce)
        say('the edge cannot be made to run before all else (CAP_SYS_NICE): the consumer takes some of its time')
      atOnce = false
    }
    for (const pid of [process.pid, queue.pid]) forward(pid)
    const info = await queue.ask('info')
    const edge = await alone(rig, plan, info, 'edge', forward, say)
    const onlyPublishing = await alone(rig, plan, info, 'publisher', forward, say)

    const publisher = await startWorker(rig, info, 'publisher')
    closers.push(() => publisher.close())
    const { url: publisherUrl, workerdPid } = await publisher.ask('info')
    forward(workerdPid)
    await rig.gateway.ask('set', { latencyMs: 0, settleMs: null })

    const rounds: CallbackRound[] = []
    const publish = () => post(rig, publisherUrl, JSON_ONLY, madeUp())
    const warm = () => openLoop({ ratePerSecond: plan.ratePerSecond, durationMs: 1_000, run: publish })
    const note = (done: CallbackRound): void => {
      rounds.push(done)
      say(`${done.system}: p50 ${done.p50.toFixed(1)} ms, p99 ${done.p99.toFixed(1)} ms, ${done.failed} failed`)
    }
    const still = { ...info, url: info.stillUrl }
    const entrances: readonly Entrance[] = [
      { system: 'publisher, as the edge', queue: still, open: byPublisher(rig, queue, publisherUrl) },
      { system: 'Lango', queue: info, open: async (_, callbacks) => postTo(rig, callbacks) },
    ]
    let [inTime, fulfilled] = [0, 0]
    for (let i = 0; i < plan.stacks; i++) {
      note(await roundOf(plan, 'publisher, alone', publish, warm))
      for (const entrance of i % 2 === 0 ? entrances : entrances.toReversed()) {
        const done = await stackRounds(rig, plan, info, entrance, forward, note)
        inTime += done.inTime
        fulfilled += done.fulfilled
      }
    }
    const expected = plan.stacks * entrances.length * callbacksIn(plan)
    return { plan, edge, publisher: onlyPublishing, rounds, expected, inTime, fulfilled, atOnce }
  } finally {
    for (const close of closers.toReversed()) await close()
  }
}

const p99sOf = (rounds: readonly CallbackRound[], system: System): readonly number[] =>
  rounds.flatMap((round) => (round.system === system ? [round.p99] : []))

export const callbackTargets = (result: CallbacksResult): readonly Target[] => {
  const langoMs = median(p99sOf(result.rounds, 'Lango'))
  const publisherMs = median(p99sOf(result.rounds, 'publisher, as the edge'))
  const failed = [...result.rounds, ...result.edge, ...result.publisher].reduce((sum, each) => sum + each.failed, 0)
  const busy = result.edge.at(-1)
  return [
    {
      name: `CPU per callback, edge alone, ${busy?.ratePerSecond}/s`,
      measured: busy?.cpuMsEach ?? Number.NaN,
      unit: 'ms',
      bound: { atMost: 2 },
    },
    { name: 'callback to 200, p99', measured: langoMs, unit: 'ms', bound: { atMost: 25 } },
    {
      name: 'of a Worker that only publishes, in its place',
      measured: langoMs / publisherMs,
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
