import { type HeapUse, heapOf } from './heap.ts'
import { type HoldPlan, planHold } from './hold-plan.ts'
import { openLoop } from './load.ts'
import { openPeers } from './peers/peers.ts'
import { descriptorLimit, readProcess } from './process-stats.ts'
import { freshOrder, type Lango, openLango, openRig, type Paid, type Rig, type System } from './rig.ts'
import type { Target } from './targets.ts'

export interface Held {
  readonly system: string
  readonly asked: number
  readonly processes: number
  /** The most that the gateway had under way at once. */
  readonly peak: number
  readonly rampSeconds: number
  /** Requests without an answer that is a payment. */
  readonly lost: number
  readonly firstError?: string
  /** Growth per held call. NaN where it cannot be seen. */
  readonly heapBytesEach: number
  readonly outsideBytesEach: number
  readonly rssBytesEach: number
  readonly descriptorsEach: number
  readonly rssBytes: number
}

export interface HoldResult {
  readonly seconds: number
  readonly descriptorLimit: number
  readonly plan: HoldPlan
  readonly lango: Held
  /** Attempts that reached the gateway more than once, money taken more than once, payments not `succeeded` at the end. */
  readonly sentTwice: number
  readonly capturedTwice: number
  readonly notPaid: number
  readonly settleSeconds: number
  readonly peers: readonly Held[]
  readonly notes: readonly string[]
}

const WARM = 50
const PILOT = 200
/** Two cores take this many initiations a second with room to spare; the gateway answers none until all have been looked at. */
const RAMP_PER_SECOND = 100
/** Of several processes: the other core is the gateway's and ours. */
const RAMP_PER_SECOND_MAX = 200
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
const seconds = (sinceMs: number) => (performance.now() - sinceMs) / 1000

const resources = (systems: readonly System[]) => {
  const all = systems.flatMap((system) => system.pids()).flatMap((pid) => readProcess(pid) ?? [])
  return {
    rssBytes: all.reduce((sum, { rssBytes }) => sum + rssBytes, 0),
    fds: all.reduce((sum, { fds }) => sum + fds, 0),
  }
}

const isLango = (system: System): system is Lango => 'inspectorUrl' in system

const ask = ({ edgeUrl, secretKey }: Lango, rig: Rig, paymentId: string) =>
  rig.client.send('GET', `${edgeUrl}/v1/payments/${paymentId}`, { authorization: `Bearer ${secretKey}` })

/** `known`: a payment of each system, to ask about. */
const heaps = async (rig: Rig, systems: readonly System[], known: readonly string[]): Promise<HeapUse> => {
  let total: HeapUse = { usedBytes: 0, outsideBytes: 0 }
  for (const [i, system] of systems.entries()) {
    if (!isLango(system) || system.inspectorUrl === null) return { usedBytes: Number.NaN, outsideBytes: Number.NaN }
    const use = await heapOf(system.inspectorUrl, () => ask(system, rig, known[i] ?? ''))
    total = { usedBytes: total.usedBytes + use.usedBytes, outsideBytes: total.outsideBytes + use.outsideBytes }
  }
  return total
}

/** Waits until `count` calls are under way at the gateway. Throws when for half a minute no more have come. */
const untilHeld = async (rig: Rig, count: number): Promise<void> => {
  let [last, sinceMs] = [-1, performance.now()]
  for (;;) {
    const { underWay } = await rig.gateway.ask('counts')
    if (underWay >= count) return
    if (underWay !== last) [last, sinceMs] = [underWay, performance.now()]
    if (seconds(sinceMs) > 30) throw new Error(`${underWay} of ${count} calls are held, and no more come`)
    await sleep(250)
  }
}

/** Starts `count` slow initiations, looks while all are held, and waits for the answers. */
export const holdOn = async (
  rig: Rig,
  systems: readonly System[],
  options: {
    readonly count: number
    readonly heldMs: number
    readonly atOnce?: number
    readonly say: (line: string) => void
  },
): Promise<{ readonly held: Held; readonly paid: readonly Paid[] }> => {
  const { count, heldMs, atOnce = count, say } = options
  const system = (i: number) => systems[i % systems.length] as System
  await rig.gateway.ask('set', { latencyMs: 0, parks: false, settleMs: null })
  // Before the warm-up: the connections that it leaves are used again.
  const fdsBefore = resources(systems).fds
  const warmed = await openLoop({
    ratePerSecond: 50,
    durationMs: WARM * 20 * systems.length,
    run: (i) => system(i).pay(freshOrder()),
  })
  const known = systems.map((_, i) => warmed[i]?.value?.paymentId ?? '')
  await sleep(500)
  await rig.gateway.ask('clear')
  const heapBefore = await heaps(rig, systems, known)
  const before = resources(systems)

  await rig.gateway.ask('set', { latencyMs: heldMs, parks: true })
  const fromMs = performance.now()
  const ratePerSecond = Math.min(RAMP_PER_SECOND * systems.length, RAMP_PER_SECOND_MAX)
  const answers = openLoop({
    ratePerSecond,
    durationMs: (count * 1000) / ratePerSecond,
    run: (i) => system(i).pay(freshOrder(30)),
  })
  await untilHeld(rig, atOnce)
  const rampSeconds = seconds(fromMs)
  const { underWay } = await rig.gateway.ask('counts')
  say(`${underWay} held after ${rampSeconds.toFixed(0)} s`)
  const during = resources(systems)
  const heapDuring = await heaps(rig, systems, known)
  await rig.gateway.ask('release')
  const samples = await answers
  const { peak } = await rig.gateway.ask('counts')
  const failed = samples.filter(({ ok }) => !ok)
  const firstError = failed[0]?.error
  const each = (growth: number) => growth / Math.max(1, underWay)
  return {
    held: {
      system: systems[0]?.name ?? '',
      asked: count,
      processes: systems.length,
      peak,
      rampSeconds,
      lost: failed.length,
      ...(firstError === undefined ? {} : { firstError }),
      heapBytesEach: each(heapDuring.usedBytes - heapBefore.usedBytes),
      outsideBytesEach: each(heapDuring.outsideBytes - heapBefore.outsideBytes),
      rssBytesEach: each(during.rssBytes - before.rssBytes),
      descriptorsEach: each(during.fds - fdsBefore),
      rssBytes: during.rssBytes,
    },
    paid: samples.flatMap(({ value }) => value ?? []),
  }
}

const closeAll = async (systems: readonly System[]) => {
  await Promise.all(systems.map((system) => system.close()))
}

/** Asks each payment until it is final, 16 at a time. Returns those that never were `succeeded`. */
const unpaid = async (
  rig: Rig,
  langos: readonly Lango[],
  paid: readonly Paid[],
  timeoutMs: number,
): Promise<string[]> => {
  const untilMs = performance.now() + timeoutMs
  let open = paid.map(({ paymentId }, i) => ({ paymentId, lango: langos[i % langos.length] as Lango }))
  while (open.length > 0 && performance.now() < untilMs) {
    const left: typeof open = []
    const queue = [...open]
    const worker = async () => {
      for (let one = queue.shift(); one; one = queue.shift()) {
        const answer = await ask(one.lango, rig, one.paymentId).catch(() => undefined)
        const status = answer?.status === 200 ? (JSON.parse(answer.text) as { status: string }).status : ''
        if (status !== 'succeeded') left.push(one)
      }
    }
    await Promise.all(Array.from({ length: 16 }, worker))
    open = left
    if (open.length > 0) await sleep(1_000)
  }
  return open.map(({ paymentId }) => paymentId)
}

const repeated = (values: readonly string[]): number => values.length - new Set(values).size

export const runHold = async (count: number, heldSeconds: number, say: (line: string) => void): Promise<HoldResult> => {
  const rig = await openRig()
  const notes: string[] = []
  let langos: Lango[] = []
  const open = async (processes: number) => {
    langos = []
    for (let i = 0; i < processes; i++) langos.push(await openLango(rig, 'tmpfs', { inspectorPort: 0 }))
  }
  try {
    const limit = descriptorLimit()
    await open(1)
    const pilot = await holdOn(rig, langos, { count: PILOT, heldMs: 2_000, say: () => {} })
    await closeAll(langos.splice(0))
    const plan = planHold(count, Math.ceil(pilot.held.descriptorsEach), limit)
    say(
      `${plan.descriptorsEach} descriptors per held call, ${limit} allowed: ${plan.processes} process(es) with ${plan.perProcess} each`,
    )
    await open(plan.processes)
    const { held, paid } = await holdOn(rig, langos, { count, heldMs: heldSeconds * 1000, say })

    // The gateway settles what it was slow to accept: nothing of it may be missing or be there twice.
    const fromMs = performance.now()
    await rig.gateway.ask('settleAll')
    const notPaid = await unpaid(rig, langos, paid, 60_000 + count * 40)
    const settleSeconds = seconds(fromMs)
    const references = (await rig.gateway.ask('initiations')).map(({ reference }) => reference)
    const captures = await rig.gateway.ask('captures')
    await closeAll(langos.splice(0))

    const peers: Held[] = []
    const found = await openPeers(rig, say)
    if (found.kind === 'missing') notes.push(found.why)
    else
      for (const peer of found.systems) {
        const system = await peer.open()
        try {
          // A synchronous server holds as many as it has workers; beyond that there is only waiting.
          const atOnce = peer.heldAtMost ?? Math.min(count, 2_000)
          const heldMs = peer.heldAtMost === undefined ? heldSeconds * 1000 : Math.min(heldSeconds, 5) * 1000
          const wanted = peer.heldAtMost === undefined ? atOnce : atOnce * 2
          peers.push((await holdOn(rig, [system], { count: wanted, heldMs, atOnce, say })).held)
        } finally {
          await system.close()
        }
      }
    return {
      seconds: heldSeconds,
      descriptorLimit: limit,
      plan,
      lango: held,
      sentTwice: repeated(references),
      capturedTwice: repeated(captures),
      notPaid: notPaid.length + (count - paid.length),
      settleSeconds,
      peers,
      notes,
    }
  } finally {
    await closeAll(langos)
    await rig.close()
  }
}

export const holdTargets = (result: HoldResult): readonly Target[] => [
  { name: 'held at once', measured: result.lango.peak, unit: 'payments', bound: { atLeast: result.lango.asked } },
  { name: 'lost', measured: result.lango.lost + result.notPaid, unit: 'payments', bound: { exactly: 0 } },
  { name: 'doubled', measured: result.sentTwice + result.capturedTwice, unit: 'payments', bound: { exactly: 0 } },
  { name: 'heap per held call', measured: result.lango.heapBytesEach / 1024, unit: 'KB', bound: { atMost: 30 } },
]
