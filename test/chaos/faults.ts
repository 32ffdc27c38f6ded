import { setTimeout as sleep } from 'node:timers/promises'
import type { Stack } from '../../scripts/stack/stack.ts'
import type { FailPoint } from '../../src/domain/fail-point.ts'
import type { FailPoints } from '../crash/fail-points.ts'
import type { Fault, FaultProxy } from '../crash/fault-proxy.ts'
import { killWorkerd } from '../crash/processes.ts'
import { FAULTS_BESIDE } from './faults-beside.ts'
import type { Beside, GatewayName } from './gateways.ts'
import type { Random } from './random.ts'

export interface World {
  readonly stack: Stack
  /** Between the vault and each gateway. */
  readonly proxies: ReadonlyMap<GatewayName, FaultProxy>
  /** Absent when pawaPay is the only gateway. */
  readonly beside?: Beside
  readonly failPoints: FailPoints
  readonly random: Random
}

/** Parts that fail independently of each other. Within one, one fault at a time. */
export type Lane = 'workerd' | 'network' | 'redis' | 'qstash' | 'gateway' | 'd1'
export const LANES: readonly Lane[] = ['workerd', 'network', 'redis', 'qstash', 'gateway', 'd1']

export interface Running {
  /** What it was this time, for the timeline. */
  readonly label?: string
  /** How often it has struck so far; `later` when only the history can tell (counted.ts). */
  hits(): number | 'later'
  end(): Promise<void>
}

/** A fault of the surroundings. `ms` 0: done when `begin` is. */
export interface SystemFault {
  readonly name: string
  readonly lane: Lane
  readonly ms: number
  /** False: this machine, or this choice of gateways, cannot do it. */
  possible?(world: World): boolean
  begin(world: World): Promise<Running>
}

const done = (hits: number, label?: string): Running => ({
  ...(label ? { label } : {}),
  hits: () => hits,
  end: async () => {},
})

const POINT_MS = 700

/** At a place that somebody has just come by: which of them, chance decides. */
const killedAt = async ({ failPoints, random, stack }: World): Promise<Running> => {
  const before = failPoints.reached()
  await sleep(POINT_MS)
  const passed = Object.entries(failPoints.reached()).filter(([name, count]) => count > (before[name] ?? 0))
  if (passed.length === 0) return done(0)
  const at = random.pick(passed.map(([name]) => name as FailPoint).toSorted())
  const killed = await failPoints.kill(stack, at)
  return done(killed.before === killed.after ? 0 : 1, at)
}

const workerd: readonly SystemFault[] = [
  {
    name: 'workerd killed',
    lane: 'workerd',
    ms: 0,
    begin: async ({ stack }) => {
      const { before, after } = await killWorkerd(stack)
      return done(before === after ? 0 : 1)
    },
  },
  { name: 'workerd killed at a fail-point', lane: 'workerd', ms: 0, begin: killedAt },
]

/** To one of the gateways, and chance decides which: the others work meanwhile. */
const onTheWire = (name: string, ms: number, fault: Fault): SystemFault => ({
  name,
  lane: 'network',
  ms,
  begin: async ({ proxies, random }) => {
    const [gateway, proxy] = random.pick([...proxies])
    const count = () => proxy.seen()[fault.kind] ?? 0
    const before = count()
    proxy.set(fault)
    return {
      ...(proxies.size > 1 ? { label: gateway } : {}),
      hits: () => (fault.kind === 'refuse' ? 'later' : count() - before),
      end: async () => {
        // Breaks what still hangs: nobody has 150 s for it.
        if (fault.kind === 'hang') proxy.set({ kind: 'refuse' })
        proxy.set(null)
      },
    }
  },
})

const network: readonly SystemFault[] = [
  onTheWire('connection refused', 1_500, { kind: 'refuse' }),
  onTheWire('connection reset before the gateway', 1_500, { kind: 'reset_before' }),
  onTheWire('connection reset, answer lost', 2_000, { kind: 'reset_after' }),
  onTheWire('connection closed, answer lost', 2_000, { kind: 'close_after' }),
  onTheWire('answer cut off', 2_000, { kind: 'cut_body', bytes: 12 }),
  onTheWire('answer in drops', 2_000, { kind: 'slow_drip', chunkBytes: 8, everyMs: 40 }),
  onTheWire('delay of 2 s', 2_000, { kind: 'delay', ms: 2_000 }),
  onTheWire('no answer ever', 3_000, { kind: 'hang' }),
]

type RedisLog = ReturnType<Stack['redis']['control']['requests']>[number]
type RedisPersona = Parameters<Stack['redis']['control']['persona']>[0]

const redisWindow = (
  name: string,
  ms: number,
  persona: RedisPersona,
  off: RedisPersona,
  struck: (request: RedisLog) => boolean,
): SystemFault => ({
  name,
  lane: 'redis',
  ms,
  begin: async ({ stack }) => {
    const { control } = stack.redis
    const fromMs = Date.now()
    await control.persona(persona)
    return {
      hits: () => control.requests().filter((request) => request.atMs >= fromMs && struck(request)).length,
      end: async () => void (await control.persona(off)),
    }
  },
})

/** One command over REST, as an operator would give it in the console. */
const redisCommand = async ({ redis }: Stack, ...command: string[]): Promise<unknown> => {
  const response = await fetch(redis.url, {
    method: 'POST',
    headers: { authorization: `Bearer ${redis.token}` },
    body: JSON.stringify(command),
  })
  return ((await response.json()) as { result?: unknown }).result
}

const redis: readonly SystemFault[] = [
  {
    name: 'redis-server killed, its data gone',
    lane: 'redis',
    ms: 2_000,
    possible: ({ stack }) => stack.redis.control.server !== undefined,
    begin: async ({ stack }) => {
      const { control } = stack.redis
      const fromMs = Date.now()
      await control.server?.stop()
      return {
        hits: () =>
          control
            .requests()
            .filter(({ atMs, outcome }) => atMs >= fromMs && (outcome === '500' || outcome === 'reply lost')).length,
        end: async () => control.server?.start(),
      }
    },
  },
  {
    name: 'Redis flushed',
    lane: 'redis',
    ms: 0,
    begin: async ({ stack }) => {
      const held = Number(await redisCommand(stack, 'DBSIZE'))
      await redisCommand(stack, 'FLUSHDB')
      return done(held > 0 ? 1 : 0, `${held} keys`)
    },
  },
  {
    name: 'Redis fails over and forgets its last writes',
    lane: 'redis',
    ms: 0,
    begin: async ({ stack }) => {
      const { lost } = await stack.redis.control.persona({ loseLastWrites: 40 })
      return done(lost > 0 ? 1 : 0, `${lost} writes`)
    },
  },
  redisWindow('Redis unreachable', 2_000, { down: true }, { down: false }, ({ outcome }) => outcome === 'down'),
  redisWindow(
    'Redis answers lost',
    2_000,
    { dropAfterExecute: true },
    { dropAfterExecute: false },
    ({ outcome }) => outcome === 'dropped after',
  ),
  redisWindow(
    'Redis requests lost',
    1_500,
    { dropBeforeExecute: true },
    { dropBeforeExecute: false },
    ({ outcome }) => outcome === 'dropped before',
  ),
  redisWindow(
    'Redis writes that land after the client gave up',
    2_000,
    { delayMs: 1_500 },
    { delayMs: 0 },
    ({ tookMs }) => tookMs >= 1_500,
  ),
  redisWindow(
    'Redis executes twice',
    2_000,
    { duplicate: true },
    { duplicate: false },
    ({ executions }) => executions === 2,
  ),
  redisWindow('Redis answers 500', 1_500, { error500: true }, { error500: false }, ({ outcome }) => outcome === '500'),
]

type QstashPersona = Parameters<Stack['qstash']['persona']>[0]
type Since = (stack: Stack, fromMs: number) => number

const qstashWindow = (name: string, ms: number, on: QstashPersona, off: QstashPersona, struck: Since): SystemFault => ({
  name,
  lane: 'qstash',
  ms,
  begin: async ({ stack }) => {
    const fromMs = Date.now()
    stack.qstash.persona(on)
    return { hits: () => struck(stack, fromMs), end: async () => stack.qstash.persona(off) }
  },
})

const publishes =
  (status: number): Since =>
  ({ qstash }, fromMs) =>
    qstash.published().filter((each) => each.at >= fromMs && each.status === status).length

const duplicates: Since = ({ qstash }, fromMs) =>
  qstash.deliveries().filter((each) => each.at >= fromMs && each.duplicate).length

/** Deliveries of messages that were published before one that had come already. */
const inversions: Since = ({ qstash }, fromMs) => {
  const order = new Map(qstash.published().flatMap(({ messageIds }, i) => messageIds.map((id) => [id, i] as const)))
  let last = -1
  let found = 0
  for (const { at, messageId, duplicate } of qstash.deliveries()) {
    const now = order.get(messageId)
    if (at < fromMs || now === undefined || duplicate) continue
    if (now < last) found += 1
    last = Math.max(last, now)
  }
  return found
}

const accepted: Since = ({ qstash }, fromMs) =>
  qstash.published().filter((each) => each.at >= fromMs && each.status >= 200 && each.status < 300).length

const qstash: readonly SystemFault[] = [
  qstashWindow('QStash down', 2_000, { down: true }, { down: false }, publishes(0)),
  qstashWindow('QStash refuses messages', 1_500, { rejectPublish: 500 }, { rejectPublish: 0 }, publishes(500)),
  qstashWindow(
    'QStash takes a message and the answer is lost',
    2_000,
    { dropPublishAnswer: 1_000_000 },
    { dropPublishAnswer: 0 },
    publishes(0),
  ),
  qstashWindow(
    'QStash delivers again after 2xx',
    2_000,
    { duplicateAfter2xx: 1_000_000 },
    { duplicateAfter2xx: 0 },
    duplicates,
  ),
  qstashWindow(
    'QStash delivers twice at once',
    2_000,
    { duplicateInParallel: 1_000_000 },
    { duplicateInParallel: 0 },
    duplicates,
  ),
  qstashWindow('QStash delivers out of order', 3_000, { reorder: true }, { reorder: false }, inversions),
  qstashWindow('QStash delivers 3 s later', 2_000, { deliverDelayMs: 3_000 }, { deliverDelayMs: 0 }, accepted),
]

const gateway: readonly SystemFault[] = [
  {
    name: 'pawaPay status endpoint down',
    lane: 'gateway',
    ms: 4_000,
    begin: async ({ stack }) => {
      const fromMs = Date.now()
      stack.pawapay.persona({ statusDown: true })
      return {
        hits: () =>
          stack.pawapay
            .requests()
            .filter(({ method, atMs, status }) => method === 'GET' && atMs >= fromMs && status === 503).length,
        end: async () => void stack.pawapay.persona({ statusDown: false }),
      }
    },
  },
  {
    name: 'callbacks signed by a clock ten minutes slow',
    lane: 'gateway',
    ms: 2_000,
    begin: async ({ stack }) => {
      const fromMs = Date.now()
      stack.pawapay.persona({ skewMs: -600_000 })
      return {
        hits: () => stack.pawapay.callbacks().filter(({ sentAtMs, signed }) => sentAtMs >= fromMs && signed).length,
        end: async () => void stack.pawapay.persona({ skewMs: 0 }),
      }
    },
  },
  {
    name: 'callback key changed',
    lane: 'gateway',
    ms: 1_500,
    begin: async ({ stack }) => {
      const fromMs = Date.now()
      stack.pawapay.rotateKey()
      return {
        hits: () => (stack.pawapay.callbacks().some(({ sentAtMs, signed }) => sentAtMs >= fromMs && signed) ? 1 : 0),
        end: async () => {},
      }
    },
  },
  {
    name: 'pawaPay slow for everyone',
    lane: 'gateway',
    ms: 2_500,
    begin: async ({ stack }) => {
      const fromMs = Date.now()
      stack.pawapay.persona({ latencyMs: { p50: 700, p99: 3_000 } })
      return {
        hits: () =>
          stack.pawapay
            .requests()
            .filter(
              ({ method, atMs, answeredAtMs = 0 }) => method === 'POST' && atMs >= fromMs && answeredAtMs - atMs >= 400,
            ).length,
        end: async () => void stack.pawapay.persona({ latencyMs: 0 }),
      }
    },
  },
]

const d1: readonly SystemFault[] = [
  {
    name: 'D1 takes no writes',
    lane: 'd1',
    ms: 2_500,
    begin: async ({ stack }) => {
      const fromMs = Date.now()
      await lastingly(() =>
        stack.database
          .prepare(
            "CREATE TRIGGER IF NOT EXISTS chaos_no_writes BEFORE INSERT ON ledger_entries BEGIN SELECT RAISE(ABORT, 'chaos'); END",
          )
          .run(),
      )
      return {
        hits: () => stack.qstash.deliveries().filter(({ at, status }) => at >= fromMs && status >= 500).length,
        end: () => lastingly(() => stack.database.prepare('DROP TRIGGER IF EXISTS chaos_no_writes').run()),
      }
    },
  },
]

/** Asks again while workerd is being killed under the question. */
const lastingly = async (ask: () => Promise<unknown>): Promise<void> => {
  for (let left = 100; ; left--) {
    try {
      await ask()
      return
    } catch (error) {
      if (left === 0) throw error
      await sleep(100)
    }
  }
}

export const SYSTEM_FAULTS: readonly SystemFault[] = [
  ...workerd,
  ...network,
  ...redis,
  ...qstash,
  ...gateway,
  ...FAULTS_BESIDE,
  ...d1,
]
