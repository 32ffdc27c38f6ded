/** What a replay has to show, each with its number. */
import { createHash } from 'node:crypto'
import { fixed } from './contenders.ts'
import { GATEWAYS, type Payment, RAILS } from './gateways.ts'
import type { Segment, Trace } from './traces.ts'
import type { Outcome, Replayed } from './world.ts'

export interface SegmentResult {
  readonly name: string
  readonly payments: number
  /** Percent of the payments. */
  readonly success: number
  /** The best gateway for each rail, chosen when all was over. */
  readonly best: number
}

export interface Result {
  readonly contender: string
  readonly trace: string
  readonly segments: readonly SegmentResult[]
  readonly success: number
  readonly best: number
  /** Attempts at the degraded gateway, and the time, until it was left; null when it never was. */
  readonly left: { readonly attempts: number; readonly ms: number } | null
  /** From the end of the trouble to the first payment that went back not just to look; null when none did. */
  readonly recoveredMs: number | null
  readonly doubles: number
  /** Per ten seconds: percent of the attempts that went to the degraded gateway. */
  readonly share: readonly (readonly [second: number, percent: number])[]
  readonly digest: string
}

const within = (segment: Segment, atMs: number): boolean => atMs >= segment.fromMs && atMs < segment.toMs
const percent = (part: number, whole: number): number => (whole === 0 ? 0 : (100 * part) / whole)
const paid = (outcomes: readonly Outcome[]): number => outcomes.filter(({ captures }) => captures > 0).length

/** A gateway is left when of the next twenty attempts at most two go there. */
const WINDOW = 20
const STILL = 2

const leftAt = (replayed: Replayed, trace: Trace): Result['left'] => {
  const ill = trace.segments[1]
  if (!ill || trace.degraded === null) return null
  const sent = replayed.sent.filter(({ atMs }) => within(ill, atMs))
  const there = sent.map(({ gateway }) => gateway === trace.degraded)
  let attempts = 0
  for (let i = 0; i + WINDOW <= sent.length; i++) {
    if (there.slice(i, i + WINDOW).filter(Boolean).length <= STILL)
      return { attempts, ms: (sent[i]?.atMs ?? 0) - ill.fromMs }
    if (there[i]) attempts += 1
  }
  return null
}

/** Back where it was: at the gateway that had been degraded, or on the rail that had been down. */
const recoveredMs = (replayed: Replayed, trace: Trace): number | null => {
  const after = trace.segments[2]
  const rail = trace.troubles[0]?.rail
  if (!after) return null
  const back = replayed.sent.find(
    (sent) =>
      within(after, sent.atMs) &&
      !sent.looking &&
      sent.first &&
      (trace.degraded === null ? sent.rail === rail : sent.gateway === trace.degraded),
  )
  return back ? back.atMs - after.fromMs : null
}

const shareOf = (replayed: Replayed, trace: Trace): Result['share'] => {
  const slices = new Map<number, { all: number; there: number }>()
  for (const { atMs, gateway } of replayed.sent) {
    const second = 10 * Math.floor(atMs / 10_000)
    const slice = slices.get(second) ?? { all: 0, there: 0 }
    slice.all += 1
    if (gateway === (trace.degraded ?? GATEWAYS[0]?.name)) slice.there += 1
    slices.set(second, slice)
  }
  return [...slices].sort(([a], [b]) => a - b).map(([second, { all, there }]) => [second, percent(there, all)])
}

/** How many would have been paid in each segment at the best gateway of each rail: no failover, no change of mind. */
export const hindsight = (
  trace: Trace,
  play: (contender: ReturnType<typeof fixed>) => Replayed,
): ReadonlyMap<Segment, number> => {
  const always = GATEWAYS.map(({ name }) => play(fixed(name)).outcomes)
  const best = (segment: Segment, rail: string): number =>
    Math.max(
      ...always.map((outcomes) =>
        paid(outcomes.filter(({ payment }) => payment.rail === rail && within(segment, payment.atMs))),
      ),
    )
  return new Map(trace.segments.map((segment) => [segment, RAILS.reduce((sum, rail) => sum + best(segment, rail), 0)]))
}

export const resultOf = (
  contender: string,
  trace: Trace,
  payments: readonly Payment[],
  replayed: Replayed,
  best: ReadonlyMap<Segment, number>,
): Result => {
  const segments = trace.segments.map((segment): SegmentResult => {
    const outcomes = replayed.outcomes.filter(({ payment }) => within(segment, payment.atMs))
    return {
      name: segment.name,
      payments: outcomes.length,
      success: percent(paid(outcomes), outcomes.length),
      best: percent(best.get(segment) ?? 0, outcomes.length),
    }
  })
  const sum = [...best.values()].reduce((total, count) => total + count, 0)
  const digest = createHash('sha256')
  for (const { gateway, atMs, rail } of replayed.sent) digest.update(`${atMs} ${rail} ${gateway}\n`)
  for (const { captures } of replayed.outcomes) digest.update(`${captures}`)
  return {
    contender,
    trace: trace.name,
    segments,
    success: percent(paid(replayed.outcomes), payments.length),
    best: percent(sum, payments.length),
    left: leftAt(replayed, trace),
    recoveredMs: recoveredMs(replayed, trace),
    doubles: replayed.outcomes.filter(({ captures }) => captures > 1).length,
    share: shareOf(replayed, trace),
    digest: digest.digest('hex'),
  }
}

export interface Demand {
  readonly name: string
  readonly met: boolean
  readonly measured: string
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`

/** Of the router. Its competitors are there to be compared with, and need not reach anything. */
export const demandsOf = (result: Result, trace: Trace): readonly Demand[] => {
  const near = (name: string, success: number, best: number): Demand => ({
    name: `${name}: within 1 point of the best fixed choice`,
    met: success >= best - 1,
    measured: `${success.toFixed(2)} % beside ${best.toFixed(2)} %`,
  })
  const demands: Demand[] = [
    ...result.segments.slice(0, 2).map(({ name, success, best }) => near(name, success, best)),
    near('over all segments', result.success, result.best),
  ]
  if (trace.degraded !== null)
    demands.push({
      name: 'left within 20 attempts or 10 s',
      met: result.left !== null && (result.left.attempts <= 20 || result.left.ms <= 10_000),
      measured: result.left ? `${result.left.attempts} attempts, ${seconds(result.left.ms)}` : 'never',
    })
  demands.push({
    name: 'recovery noticed within 60 s',
    met: result.recoveredMs !== null && result.recoveredMs <= 60_000,
    measured: result.recoveredMs === null ? 'never' : seconds(result.recoveredMs),
  })
  demands.push({ name: 'no double', met: result.doubles === 0, measured: String(result.doubles) })
  return demands
}
