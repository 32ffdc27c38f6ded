import { setTimeout as sleep } from 'node:timers/promises'
import { openLoop, type Sample } from '../../bench/load.ts'
import { resolvePorts } from '../../scripts/stack/ports.ts'
import { type Stack, type StackOptions, startStack } from '../../scripts/stack/stack.ts'
import { startFailPoints } from '../crash/fail-points.ts'
import { type FaultProxy, startFaultProxy } from '../crash/fault-proxy.ts'
import type { History } from '../history/history.ts'
import { createRecorder, type Recorder } from '../history/recorder.ts'
import { SYSTEM_FAULTS, type SystemFault, type World } from './faults.ts'
import { mannersShown } from './gateway-log.ts'
import { MANNERS, type Manner } from './gateway-manners.ts'
import { type Choice, type GatewayName, orderFor, startBeside } from './gateways.ts'
import { type Span, strike } from './lanes.ts'
import { MANNERS_BESIDE } from './manners-beside.ts'
import { createRandom, type Random } from './random.ts'
import { callbacksBelieved, comeToRest, liftFaults } from './rest.ts'
import { type Planned, schedule } from './schedule.ts'
import { HABITS } from './shops.ts'
import { type Seen, watched } from './watched.ts'

export interface ChaosOptions {
  readonly seed: string
  readonly durationMs: number
  /** Customers a second; each asks once or several times. */
  readonly ratePerSecond: number
  readonly stateDir: string
  /** pawaPay alone, or MTN, Wave and Flutterwave beside it; these if not said. */
  readonly gateways?: Choice
  /** Of the faults of the surroundings; all by default. */
  readonly faults?: readonly SystemFault[]
  /** How often at most the load goes on for kinds of fault that have met nobody. */
  readonly encores?: number
  /** Workers with a bug in them, to see whether it is noticed. */
  readonly entries?: StackOptions['entries']
  readonly onLog?: (line: string) => void
  /** About once a second. */
  readonly onProgress?: (progress: Progress) => void
}

export interface Progress {
  readonly phase: 'load' | 'rest'
  readonly atMs: number
  readonly seen: Seen
  readonly hits: number
  /** What is going wrong at the moment. */
  readonly now: readonly string[]
  readonly open?: number
  readonly aheadMs?: number
}

export interface ChaosRun {
  readonly options: Required<Pick<ChaosOptions, 'seed' | 'durationMs' | 'ratePerSecond' | 'gateways'>>
  readonly redis: string
  readonly startedAt: Date
  /** When the load began, by the wall clock; spans and samples count from there. */
  readonly beganMs: number
  /** Every payment that was asked for, whether or not it came to be. */
  readonly known: readonly string[]
  readonly history: History
  /** By the first answer of each customer; `value` is its HTTP status, 0 when it was lost. */
  readonly samples: readonly Sample<number>[]
  readonly spans: readonly Span[]
  readonly scheduled: ReadonlyMap<string, number>
  readonly mannersPlanned: ReadonlyMap<string, number>
  readonly mannersShown: ReadonlyMap<string, number>
  readonly habits: ReadonlyMap<string, number>
  readonly earlyAlarms: number
  /** How often a gateway was asked to call an attempt off. */
  readonly cancelsAsked: number
  /** Payments that did not come to rest. */
  readonly open: readonly string[]
  readonly restMs: number
}

const ALARM_EVERY_MS = 250
/** Less than a send may take, far less than the settling time: an alarm that fires early proves nothing about a deposit. */
const ALARM_AHEAD_MS = 12_000
const RECENT = 60
/** A kind of fault that has met nobody by the end of the load gets more time, but not for ever. */
const ENCORES = 5
const ENCORE_MS = 12_000
const WARM_UP: Readonly<Record<GatewayName, object>> = {
  pawapay: { amount: '1.00', currency: 'ZMW', phoneNumber: '260763456789' },
  mtn: { amount: '1000.00', currency: 'ZMW', phoneNumber: '260763456789' },
  wave: { amount: '1000', currency: 'XOF', phoneNumber: '221771234567', provider: 'WAVE_SEN' },
  flutterwave: { amount: '2000.00', currency: 'ZMW', phoneNumber: '260763456789' },
}
/** pawaPay knows no customer of Wave's but on Wave's page: this one goes there and pays. */
const PAYS_ON_THE_PAGE = { lateSuccess: { afterMs: 500, first: 'STUCK' } } as const
const WARM_UP_LOOKS = 150

const count = (counts: Map<string, number>, name: string): void => void counts.set(name, (counts.get(name) ?? 0) + 1)

/** With more of it among several the breakers of all would be open all the time, and nobody would get through to meet anything. */
const ONE_IN: Readonly<Record<Choice, number>> = { one: 2, several: 4 }

/** One customer in `oneIn` meets one of `once`, until each has had its turn, and meanwhile the others are ordinary; then by weight. */
const deck = (random: Random, oneIn: number, all: readonly Manner[], once: readonly Manner[]): (() => Manner) => {
  const waiting = random.shuffled(once)
  const ordinary = all.filter(({ shows }) => !shows)
  let i = 0
  return () => {
    const isNext = i++ % oneIn === 0
    return (isNext && waiting.pop()) || random.weighted(waiting.length > 0 ? ordinary : all)
  }
}

/** Alarms that fire before their time, of payments that were begun lately. */
const fireAlarms = async (stack: Stack, seen: Seen, random: Random, stop: AbortSignal): Promise<number> => {
  let fired = 0
  while (!stop.aborted) {
    await sleep(ALARM_EVERY_MS)
    const recent = [...seen.statuses.keys()].slice(-RECENT)
    if (recent.length === 0) continue
    try {
      const payment = await stack.payment(random.pick(recent))
      fired += (await payment.runDueAlarms(Date.now() + ALARM_AHEAD_MS)) > 0 ? 1 : 0
    } catch {
      // workerd is being killed.
    }
  }
  return fired
}

/** One payment through everything, so that nothing is met cold. Returns its reference. */
const warmUp = async (recorder: Recorder, seed: string, gateway: GatewayName): Promise<string> => {
  const invoice = `CHAOS-${seed}-first-${gateway}`
  let answer = await recorder.pay({ sessionId: 'first', invoice, ...WARM_UP[gateway] })
  for (let i = 0; i < WARM_UP_LOOKS && answer.body?.fulfilment?.status !== 'fulfilled'; i++) {
    await sleep(200)
    answer = await recorder.get(answer.body?.id)
  }
  if (answer.body?.fulfilment?.status !== 'fulfilled')
    throw new Error(`without any fault, the first payment at ${gateway} is not fulfilled`)
  if (answer.body.gateway !== gateway) throw new Error(`the first payment at ${gateway} went to ${answer.body.gateway}`)
  return answer.body.attempts[0].reference
}

/** Load under faults, then rest without, then the whole history. */
export const runChaos = async (options: ChaosOptions): Promise<ChaosRun> => {
  const { seed, durationMs, ratePerSecond } = options
  const startedAt = new Date()
  const choice = options.gateways ?? 'several'
  const failPoints = await startFailPoints()
  const ports = await resolvePorts({ edge: 0, consumer: 0, redis: 0, qstash: 0, pawapay: 0 })
  const beside = choice === 'several' ? await startBeside(`http://127.0.0.1:${ports.edge}`) : undefined
  const between = Promise.withResolvers<FaultProxy>()
  const stack = await startStack({
    ports,
    stateDir: options.stateDir,
    redis: 'auto',
    via: {
      pawapay: async (target) => {
        const proxy = await startFaultProxy({ target })
        between.resolve(proxy)
        return proxy.url
      },
    },
    failPoints: failPoints.url,
    ...beside?.options,
    ...(options.entries ? { entries: options.entries } : {}),
    ...(options.onLog ? { onLog: options.onLog } : {}),
  })
  const proxy = await between.promise
  const over = new AbortController()
  try {
    const random = createRandom(seed)
    const { recorder, seen } = watched(createRecorder(stack, beside?.logs))
    const proxies = new Map<GatewayName, FaultProxy>([['pawapay', proxy], ...(beside?.proxies ?? [])])
    const world: World = {
      stack,
      proxies,
      failPoints,
      random: random.fork('strikes'),
      ...(beside ? { beside } : {}),
    }
    const manners = beside ? [...MANNERS, ...MANNERS_BESIDE] : MANNERS
    const faulty = manners.filter(({ shows }) => shows)
    const possible = (options.faults ?? SYSTEM_FAULTS).filter((fault) => fault.possible?.(world) ?? true)
    const planned = schedule(random.fork('schedule'), durationMs, possible)

    let nextManner = deck(random.fork('manners'), ONE_IN[choice], manners, faulty)
    let customers = 0
    const mannerOf = new Map<string, Manner>()
    const mannersPlanned = new Map<string, number>()
    const habits = new Map<string, number>()
    const forGood: { msisdn: string; amnesia: { afterMs: number } }[] = []
    const shops = new Set<Promise<void>>()
    const firstSeen = new Set<string>()

    const forge = async (reference: string, tamper: string): Promise<void> => {
      const body = JSON.stringify({ depositId: reference, tamper, status: 'COMPLETED' })
      await fetch(`${stack.pawapay.url}/_sim/callback`, { method: 'POST', body }).then((answer) => answer.text())
    }

    const customer = (): Promise<number> => {
      const i = customers++
      const manner = nextManner()
      const draw = random.fork(`customer ${i}`)
      const habit = manner.habit ?? draw.weighted(HABITS)
      const order = orderFor(manner.at ?? 'pawapay', draw, i)
      const msisdn = manner.msisdn ?? order.phoneNumber
      count(mannersPlanned, manner.name)
      count(habits, habit.name)
      mannerOf.set(msisdn, manner)
      if (manner.persona) stack.pawapay.persona({ ...manner.persona, msisdn })
      if (manner.at === 'wave') stack.pawapay.persona({ ...PAYS_ON_THE_PAGE, msisdn })
      if (manner.mtn) beside?.mtn.persona({ ...manner.mtn, msisdn })
      if (manner.wave) beside?.wave.persona({ ...manner.wave, msisdn })
      if (manner.flutterwave) beside?.flutterwave.persona({ ...manner.flutterwave, msisdn })
      return new Promise((resolve) => {
        const shop = habit
          .run({
            recorder,
            random: draw,
            key: `chaos-${seed}-${i}`,
            body: {
              sessionId: `session-${i}`,
              invoice: `CHAOS-${seed}-${i}`,
              ...order,
              amount: manner.amount ?? order.amount,
              phoneNumber: msisdn,
            },
            answered: ({ status, body }) => {
              resolve(status)
              if (status === 201 && manner.once201 && !firstSeen.has(msisdn)) {
                firstSeen.add(msisdn)
                stack.pawapay.persona({ ...manner.once201, msisdn })
                if (manner.forGood) forGood.push({ msisdn, amnesia: { afterMs: 0 } })
              }
              const reference: unknown = body?.attempts?.[0]?.reference
              if (manner.forged && typeof reference === 'string') {
                const tamper = draw.pick([
                  'body',
                  'digest',
                  'signature',
                  'unsigned',
                  'other-key',
                  'uncovered',
                  'expired',
                ])
                const forging = forge(reference, tamper)
                shops.add(forging)
                void forging.finally(() => shops.delete(forging))
              }
            },
          })
          .finally(() => {
            shops.delete(shop)
            resolve(0)
          })
        shops.add(shop)
      })
    }

    const knownReference = await warmUp(recorder, seed, 'pawapay')
    for (const name of beside?.proxies.keys() ?? []) await warmUp(recorder, seed, name)
    const beganMs = Date.now()
    const passedMs = () => Date.now() - beganMs
    const spans: Span[] = []
    const now = new Map<string, string>()
    const hits = () => spans.reduce((sum, span) => sum + (span.hits === 'later' ? 0 : span.hits), 0)
    const ticking = setInterval(() => {
      options.onProgress?.({ phase: 'load', atMs: passedMs(), seen, hits: hits(), now: [...now.values()] })
    }, 1_000)
    const alarms = fireAlarms(stack, seen, random.fork('alarms'), over.signal)

    const samples: Sample<number>[] = []
    const act = async (faults: readonly Planned[], forMs: number): Promise<void> => {
      const fromMs = passedMs()
      const striking = strike(world, faults, { passedMs, fromMs, toMs: fromMs + forMs }, spans, now)
      const answered = await openLoop({ ratePerSecond, durationMs: forMs, run: customer })
      samples.push(...answered.map((sample) => ({ ...sample, scheduledAtMs: sample.scheduledAtMs + fromMs })))
      await striking
    }
    await act(planned, durationMs)
    for (let encore = 1; encore <= (options.encores ?? ENCORES); encore++) {
      const shown = mannersShown(stack, beside, mannerOf)
      const unmet = faulty.filter(({ name, showsAtRest }) => !showsAtRest && (shown.get(name) ?? 0) === 0)
      const struck = new Set(spans.flatMap(({ name, hits }) => (hits === 0 ? [] : [name])))
      const missed = possible.filter(
        ({ name }) => planned.some(({ fault }) => fault.name === name) && !struck.has(name),
      )
      if (unmet.length === 0 && missed.length === 0) break
      nextManner = deck(random.fork(`encore ${encore}`), ONE_IN[choice], manners, [...unmet, ...unmet, ...unmet])
      await act(schedule(random.fork(`encore ${encore}`), ENCORE_MS, missed), ENCORE_MS)
    }
    over.abort()
    clearInterval(ticking)
    const earlyAlarms = await alarms
    for (const each of proxies.values()) {
      each.set({ kind: 'refuse' })
      each.set(null)
    }
    await liftFaults(stack, beside, forGood)
    await Promise.all(shops)
    await callbacksBelieved(stack, knownReference)

    const restFromMs = Date.now()
    const open = await comeToRest(stack, beside, recorder.payments(), (left, aheadMs) =>
      options.onProgress?.({
        phase: 'rest',
        atMs: Date.now() - beganMs,
        seen,
        hits: hits(),
        now: [],
        open: left,
        aheadMs,
      }),
    )
    const restMs = Date.now() - restFromMs
    const history = await recorder.collect(true)
    return {
      options: { seed, durationMs, ratePerSecond, gateways: choice },
      redis: stack.redis.backend,
      startedAt,
      beganMs,
      known: recorder.payments(),
      history,
      samples,
      spans,
      scheduled: planned.reduce(
        (counts, { fault }) => counts.set(fault.name, (counts.get(fault.name) ?? 0) + 1),
        new Map<string, number>(),
      ),
      mannersPlanned,
      mannersShown: mannersShown(stack, beside, mannerOf),
      habits,
      earlyAlarms,
      cancelsAsked: beside?.wave.requests().filter((request) => request.path.endsWith('/expire')).length ?? 0,
      open,
      restMs,
    }
  } finally {
    over.abort()
    await stack.close()
    await proxy.close()
    await beside?.close()
    await failPoints.close()
  }
}
