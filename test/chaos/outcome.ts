import { percentileOf } from '../../bench/load.ts'
import { checkHistory } from '../history/check.ts'
import type { Ended, History, Verdict } from '../history/history.ts'
import { waysOf } from '../history/ways.ts'
import { SYSTEM_FAULTS } from './faults.ts'
import { MANNERS } from './gateway-manners.ts'
import { MANNERS_BESIDE } from './manners-beside.ts'
import type { ChaosRun } from './run.ts'

export interface KindCount {
  readonly part: string
  readonly name: string
  readonly planned: number
  /** How often it truly struck: requests, messages, deposits or processes. */
  readonly happened: number
}

export interface Latency {
  readonly name: string
  readonly count: number
  readonly p50: number
  readonly p90: number
  readonly p99: number
  readonly max: number
}

export interface Outcome {
  readonly verdict: Verdict
  readonly payments: number
  readonly asks: number
  readonly fates: readonly (readonly [name: string, count: number])[]
  readonly kinds: readonly KindCount[]
  /** Where the attempts went, and how payments went from one gateway to another. */
  readonly ways: readonly (readonly [name: string, count: number])[]
  readonly habits: readonly (readonly [name: string, count: number])[]
  readonly latencies: readonly Latency[]
  /** Why the run failed; empty when it did not. */
  readonly problems: readonly string[]
  readonly passed: number
  readonly failed: number
}

const FATES = [
  'paid',
  'paid late, after failed',
  'paid twice, recorded to be refunded',
  'failed, nothing taken',
  'with people for review',
  'still open',
  'never begun: no request came through',
] as const

const fateOf = (ended: Ended | undefined): (typeof FATES)[number] => {
  if (!ended) return 'never begun: no request came through'
  if (ended.doubles.length > 0) return 'paid twice, recorded to be refunded'
  if (ended.status === 'review') return 'with people for review'
  if (ended.status === 'succeeded') return ended.lateSuccess ? 'paid late, after failed' : 'paid'
  return ended.status === 'failed' || ended.status === 'expired' ? 'failed, nothing taken' : 'still open'
}

/** Nobody sees a connection that is refused: it is an attempt that was made durable meanwhile and never arrived. */
const refused = ({
  history,
  spans,
  startedMs,
}: {
  history: History
  spans: ChaosRun['spans']
  startedMs: number
}): number => {
  const sent = new Set(history.sends.map(({ reference }) => reference))
  const lost = history.durable.filter(({ reference }) => !sent.has(reference))
  return spans
    .filter(({ hits }) => hits === 'later')
    .reduce((sum, span) => {
      const [from, to] = [startedMs + span.fromMs, startedMs + span.toMs]
      return sum + lost.filter(({ durableAt }) => durableAt >= from && durableAt <= to).length
    }, 0)
}

const kindsOf = (run: ChaosRun): KindCount[] => {
  const system = SYSTEM_FAULTS.map(({ name, lane }): KindCount => {
    const spans = run.spans.filter((span) => span.name === name)
    const counted = spans.reduce((sum, { hits }) => sum + (hits === 'later' ? 0 : hits), 0)
    const later = spans.some(({ hits }) => hits === 'later')
      ? refused({ history: run.history, spans, startedMs: run.beganMs })
      : 0
    return { part: lane, name, planned: run.scheduled.get(name) ?? 0, happened: counted + later }
  })
  const manners = [...MANNERS, ...MANNERS_BESIDE]
    .filter(({ shows }) => shows)
    .map(
      ({ name }): KindCount => ({
        part: 'deposit',
        name,
        planned: run.mannersPlanned.get(name) ?? 0,
        happened: run.mannersShown.get(name) ?? 0,
      }),
    )
  const alarms: KindCount = { part: 'object', name: 'alarm before its time', planned: 1, happened: run.earlyAlarms }
  return [...system, alarms, ...manners].filter(({ planned }) => planned > 0)
}

/** What several gateways are there for: a run in which it never happened has not shown that it is safe. */
const AMONG_SEVERAL = ['failed over', 'cancel confirmed'] as const

const waysAmong = ({ options, history, cancelsAsked }: ChaosRun): [string, number][] => {
  const ways = waysOf(history)
  if (options.gateways === 'one') return Object.entries(ways).toSorted()
  const noRoute = history.asked.filter(({ code }) => code === 'no_route').length
  const counted = { ...ways, 'cancel asked': cancelsAsked, 'told at once that nobody can take it': noRoute }
  return Object.entries({ ...Object.fromEntries(AMONG_SEVERAL.map((way) => [way, 0])), ...counted }).toSorted()
}

const latency = (name: string, values: readonly number[]): Latency => ({
  name,
  count: values.length,
  p50: percentileOf(values, 50),
  p90: percentileOf(values, 90),
  p99: percentileOf(values, 99),
  max: values.reduce((a, b) => Math.max(a, b), 0),
})

/** Judges a run. `paymentsLeast`: how many there must have been for it to prove anything. */
export const outcomeOf = (run: ChaosRun, paymentsLeast: number): Outcome => {
  const { history } = run
  const verdict = checkHistory(history)
  const ended = new Map(history.ended.map((each) => [each.paymentId, each]))
  const counts = new Map<string, number>(FATES.map((fate) => [fate, 0]))
  for (const id of run.known) counts.set(fateOf(ended.get(id)), (counts.get(fateOf(ended.get(id))) ?? 0) + 1)
  const kinds = kindsOf(run)

  const ways = waysAmong(run)
  const wanted: readonly string[] = run.options.gateways === 'one' ? [] : AMONG_SEVERAL
  const unseen = [
    ...kinds.filter(({ happened }) => happened === 0).map(({ name }) => name),
    ...ways.filter(([way, count]) => count === 0 && wanted.includes(way)).map(([way]) => way),
  ]
  const unjudged = verdict.judgements.filter(({ judged }) => judged === 0).map(({ claim }) => claim)
  const broken = verdict.judgements.filter(({ holds }) => !holds).map(({ claim }) => claim)
  const tooFew = history.ended.length < paymentsLeast
  const problems = [
    ...(broken.length > 0 ? [`violated: ${broken.join(', ')}`] : []),
    ...(unjudged.length > 0 ? [`judged on nothing: ${unjudged.join(', ')}`] : []),
    ...(run.open.length > 0
      ? [`${run.open.length} payments did not come to rest: ${run.open.slice(0, 5).join(', ')}`]
      : []),
    ...(unseen.length > 0 ? [`planned and never seen: ${unseen.join('; ')}`] : []),
    ...(tooFew ? [`${history.ended.length} payments, fewer than ${paymentsLeast}`] : []),
  ]
  const checks = verdict.judgements.length + kinds.length + wanted.length + 2
  const failed =
    new Set([...broken, ...unjudged]).size + unseen.length + (run.open.length > 0 ? 1 : 0) + (tooFew ? 1 : 0)

  const answered = run.samples.filter(({ value }) => value !== 0)
  const quiet = answered.filter(
    ({ scheduledAtMs, latencyMs }) =>
      !run.spans.some(({ fromMs, toMs }) => fromMs < scheduledAtMs + latencyMs && toMs > scheduledAtMs),
  )
  const ms = (samples: typeof answered) => samples.map(({ latencyMs }) => latencyMs)
  return {
    verdict,
    payments: history.ended.length,
    asks: history.asked.length,
    fates: FATES.map((fate): [string, number] => [fate, counts.get(fate) ?? 0]).filter(([, n]) => n > 0),
    kinds,
    ways,
    habits: [...run.habits].toSorted(([, a], [, b]) => b - a),
    latencies: [
      latency('first answer, all', ms(answered)),
      latency('no fault of the surroundings meanwhile', ms(quiet)),
      latency('some fault of the surroundings meanwhile', ms(answered.filter((each) => !quiet.includes(each)))),
    ].filter((each) => each.count > 0),
    problems,
    passed: checks - failed,
    failed,
  }
}
