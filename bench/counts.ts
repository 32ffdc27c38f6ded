import { openLoop } from './load.ts'
import { freshOrder, type Lango, openLango, type Rig } from './rig.ts'
import { type Hop, sequentialHops } from './trace.ts'

/** What one payment costs from its first request to the ledger, in things that are billed. */
export interface Counts {
  readonly payments: number
  readonly redisRequests: number
  /** As redis-server counts: a script and each command inside it. */
  readonly redisCommands: number
  readonly objectRowsWritten: number
  readonly objectRowsRead: number
  readonly objectAlarmWrites: number
  readonly objectSyncs: number
  readonly databaseRows: Readonly<Record<string, number>>
  readonly gatewayCalls: number
}

export interface Traced {
  readonly injectedMs: { readonly redis: number; readonly object: number; readonly gateway: number }
  readonly payments: number
  /** The most that any payment needed, the first of an isolate apart. */
  readonly hopsBeforeSend: number
  /** Of a payment with that many, in order. */
  readonly path: readonly string[]
  /** The first payment of an isolate, which looks up whose key it was given. */
  readonly coldPath: readonly string[]
  readonly latencyMs: readonly number[]
  /** One of them, for a picture: each hop from the request's start. */
  readonly picture: readonly Hop[]
}

const COUNTED = { entries: { consumer: 'bench/workers/counted-consumer.ts' } } as const
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
const wallMs = () => performance.timeOrigin + performance.now()

const eventually = async (what: string, check: () => Promise<boolean>, timeoutMs = 30_000): Promise<void> => {
  for (const untilMs = Date.now() + timeoutMs; !(await check()); await sleep(100))
    if (Date.now() > untilMs) throw new Error(`not so within ${timeoutMs} ms: ${what}`)
}

const postings = async (lango: Lango): Promise<number> =>
  (await lango.service.ask('databaseRows'))['ledger_entries'] ?? 0

export const countCosts = async (rig: Rig, payments: number): Promise<Counts> => {
  const lango = await openLango(rig, 'tmpfs', COUNTED)
  try {
    await rig.gateway.ask('set', { latencyMs: 20, settleMs: 200 })
    // The first payment of an isolate also looks the merchant up.
    await lango.pay(freshOrder())
    await eventually('the first payment is in the ledger', async () => (await postings(lango)) === 1)
    await sleep(500)
    const look = async () => ({
      redis: await rig.redis.ask('counts'),
      gateway: await rig.gateway.ask('counts'),
      rows: await lango.service.ask('databaseRows'),
      object: (await lango.service.ask('logged', 'bench_object')).length,
    })
    const before = await look()
    await openLoop({ ratePerSecond: 20, durationMs: payments * 50, run: () => lango.pay(freshOrder()) })
    await eventually('every payment is in the ledger', async () => (await postings(lango)) === payments + 1)
    await sleep(500)
    const after = await look()
    const object = (await lango.service.ask('logged', 'bench_object')).slice(before.object)
    const total = (field: string) => object.reduce((sum, record) => sum + Number(record[field] ?? 0), 0)
    const each = (count: number) => count / payments
    return {
      payments,
      redisRequests: each(after.redis.requests - before.redis.requests),
      redisCommands: each(after.redis.commands - before.redis.commands),
      objectRowsWritten: each(total('written')),
      objectRowsRead: each(total('read')),
      objectAlarmWrites: each(total('setAlarm') + total('deleteAlarm')),
      objectSyncs: each(total('sync')),
      databaseRows: Object.fromEntries(
        Object.entries(after.rows).map(([table, count]) => [table, each(count - (before.rows[table] ?? 0))]),
      ),
      gatewayCalls: each(
        after.gateway.initiations + after.gateway.statuses - before.gateway.initiations - before.gateway.statuses,
      ),
    }
  } finally {
    await lango.close()
  }
}

const named = ({ to, what }: Hop) => `${to}: ${what}`

/** Payments one after the other, with round trips put in where a real deployment has them, each hop seen where it arrives. */
export const traceHops = async (rig: Rig, payments: number, injectedMs: Traced['injectedMs']): Promise<Traced> => {
  const lango = await openLango(rig, 'tmpfs', {
    ...COUNTED,
    vars: { consumer: { BENCH_ROUND_TRIP_MS: String(injectedMs.object) } },
  })
  try {
    await rig.redis.ask('setDelay', injectedMs.redis)
    await rig.gateway.ask('set', { latencyMs: injectedMs.gateway, settleMs: null })
    await rig.redis.ask('startTrace')
    await rig.gateway.ask('startTrace')
    const requests: { fromMs: number; toMs: number; reference: string }[] = []
    for (let i = 0; i <= payments; i++) {
      const fromMs = wallMs()
      const { reference } = await lango.pay(freshOrder())
      requests.push({ fromMs, toMs: wallMs(), reference })
      // What is left to do after the answer must not be taken for the next payment's.
      await sleep(injectedMs.redis + 200)
    }
    const objects = (await lango.service.ask('logged', 'bench_hop')) as unknown as Hop[]
    const hops = [...(await rig.redis.ask('trace')), ...objects, ...(await rig.gateway.ask('trace'))]
    const traces = requests.map(({ fromMs, toMs, reference }) => {
      const own = hops.filter((hop) => hop.fromMs >= fromMs - 2 && hop.fromMs <= toMs + 2)
      const send = own.find(({ to, what }) => to === 'gateway' && what === reference)
      if (!send) throw new Error(`no send of ${reference} was seen`)
      const before = own.filter((hop) => hop.to !== 'gateway' || hop.what !== reference)
      return { own, path: sequentialHops(before, send.fromMs), fromMs, toMs }
    })
    const [cold, ...warm] = traces
    const longest = warm.reduce(
      (most, trace) => (trace.path.length > most.path.length ? trace : most),
      warm[0] as (typeof warm)[number],
    )
    return {
      injectedMs,
      payments,
      hopsBeforeSend: longest.path.length,
      path: longest.path.map(named),
      coldPath: cold?.path.map(named) ?? [],
      latencyMs: warm.map(({ fromMs, toMs }) => toMs - fromMs),
      picture: [
        { to: 'object', what: 'POST /v1/payments', fromMs: 0, toMs: longest.toMs - longest.fromMs },
        ...longest.own.map((hop) => ({
          ...hop,
          fromMs: Math.max(0, hop.fromMs - longest.fromMs),
          toMs: hop.toMs - longest.fromMs,
        })),
      ],
    }
  } finally {
    await rig.redis.ask('setDelay', 0)
    await lango.close()
  }
}
