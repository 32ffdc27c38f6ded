import { cpus, release } from 'node:os'
import { percentileOf } from '../../bench/load.ts'
import { barChart, lineChart, timeline } from '../../scripts/report/charts.ts'
import { banner, command, figures, heading, mark, note, page, table } from '../../scripts/report/page.ts'
import type { Outcome } from './outcome.ts'
import type { ChaosRun } from './run.ts'

const BUCKETS = 24
const VIOLATIONS_SHOWN = 20

export const whole = (n: number): string => n.toLocaleString('en-GB')
export const inMs = (n: number): string => whole(Math.round(n))

/** What to type to have the same customers, faults and times again; how they interleave is the machine's affair. */
export const again = ({ options }: ChaosRun): string =>
  `npm run chaos -- --minutes ${options.durationMs / 60_000} --seed ${options.seed} --rate ${options.ratePerSecond}${options.gateways === 'one' ? ' --gateways one' : ''}`

const verdictTable = ({ verdict }: Outcome): string =>
  table(
    ['Invariant', 'Says', 'Facts judged', 'Verdict'],
    verdict.judgements.map(({ claim, says, judged, holds }) => [
      claim,
      says,
      whole(judged),
      judged === 0 ? mark(false, 'judged on nothing') : mark(holds, holds ? 'holds' : 'VIOLATED'),
    ]),
  )

const violations = ({ verdict }: Outcome): string[] => {
  const found = verdict.judgements.flatMap(({ claim, violations }) => violations.map((text) => [claim, text] as const))
  return found.length === 0
    ? []
    : [heading('Violations') + table(['Invariant', 'Seen'], found.slice(0, VIOLATIONS_SHOWN))]
}

/** Where nobody was answered there is a gap. */
const latencyOverTime = ({ samples, options }: ChaosRun): string => {
  const widthMs = Math.max(1_000, options.durationMs / BUCKETS)
  const buckets = new Map<number, number[]>()
  for (const { scheduledAtMs, latencyMs, value } of samples) {
    if (value === 0) continue
    const at = Math.floor(scheduledAtMs / widthMs)
    buckets.set(at, [...(buckets.get(at) ?? []), latencyMs])
  }
  const series = (name: string, p: number) => ({
    name,
    points: Array.from(
      { length: Math.max(0, ...buckets.keys()) + 1 },
      (_, at) => [(at * widthMs) / 1_000, percentileOf(buckets.get(at) ?? [], p)] as const,
    ),
  })
  return lineChart({
    title: 'First answer to a customer, over time',
    xLabel: 'seconds since the beginning',
    yLabel: 'ms (log)',
    logY: true,
    series: [series('median', 50), series('p90', 90), series('p99', 99)],
  })
}

const faultTimeline = ({ spans }: ChaosRun): string => {
  const names = [...new Set(spans.map(({ name }) => name))]
  const laneOf = (name: string) => spans.find((span) => span.name === name)?.lane ?? ''
  const rows = names
    .toSorted((a, b) => laneOf(a).localeCompare(laneOf(b)) || a.localeCompare(b))
    .map((name) => ({
      name,
      group: laneOf(name),
      spans: spans
        .filter((span) => span.name === name)
        .map(({ fromMs, toMs, label }) => [fromMs, toMs, label ?? ''] as const),
    }))
  return timeline({ title: 'Faults of the surroundings', rows })
}

const SENT = /^sent to (.+)$/
const TAKEN = /^taken by (.+)$/

/** Nothing to compare where there is one gateway. */
const amongGateways = ({ ways }: Outcome, { options }: ChaosRun): string[] => {
  if (options.gateways === 'one') return []
  const countOf = (name: string) => ways.find(([way]) => way === name)?.[1] ?? 0
  const gateways = ways.flatMap(([way]) => SENT.exec(way)?.[1] ?? [])
  return [
    barChart({
      title: 'Attempts by gateway',
      yLabel: 'attempts',
      categories: gateways,
      series: [
        { name: 'reached it', values: gateways.map((gateway) => countOf(`sent to ${gateway}`)) },
        { name: 'it took the money', values: gateways.map((gateway) => countOf(`taken by ${gateway}`)) },
      ],
    }) +
      table(
        ['Between gateways', 'Times'],
        ways.filter(([way]) => !SENT.test(way) && !TAKEN.test(way)).map(([way, count]) => [way, whole(count)]),
      ) +
      note(
        'Failed over: Lango went on by itself, in the same request of the shop. Called off: a customer changed wallet, and only what the gateway confirms counts as a cancel.',
      ),
  ]
}

/** The whole run on one page. */
export const reportOf = (run: ChaosRun, outcome: Outcome): string => {
  const { options, spans } = run
  const happened = outcome.kinds.filter((kind) => kind.happened > 0)
  const hits = happened.reduce((sum, kind) => sum + kind.happened, 0)
  const good = outcome.problems.length === 0
  const facts = outcome.verdict.judgements.reduce((sum, { judged }) => sum + judged, 0)
  return page('Chaos: what became of every payment', [
    banner(
      good,
      good
        ? `Every invariant held over ${whole(outcome.payments)} payments under ${happened.length} kinds of fault, and every payment came to rest.`
        : outcome.problems.join('. '),
    ),
    figures([
      ['payments', whole(outcome.payments)],
      ['requests', whole(outcome.asks)],
      ['kinds of fault', whole(happened.length)],
      ['faults struck', whole(hits)],
      ['facts judged', whole(facts)],
      ['minutes', String(Math.round(options.durationMs / 6_000) / 10)],
      ['seed', options.seed],
    ]),
    heading('Verdict') +
      verdictTable(outcome) +
      note(
        'Judged from outside, from four sources that do not take each other’s word: what shops were told, what the gateways took and said, what the ledger holds, and what the payment objects hold.',
      ),
    ...violations(outcome),
    faultTimeline(run) +
      note(
        'A block is the time in which a fault was in force; for a kill it ends when another workerd served. A fault of the network strikes the way to one gateway at a time. Each part, a colour, has its own line of faults, so several fail at a time.',
      ),
    barChart({
      title: 'Payments by fate, once everything was at rest',
      yLabel: 'payments',
      categories: outcome.fates.map(([name]) => name),
      series: [{ name: 'payments', values: outcome.fates.map(([, count]) => count) }],
    }),
    ...amongGateways(outcome, run),
    latencyOverTime(run) +
      table(
        ['First answer, ms', 'Answers', 'p50', 'p90', 'p99', 'Longest'],
        outcome.latencies.map(({ name, count, p50, p90, p99, max }) => [
          name,
          whole(count),
          inMs(p50),
          inMs(p90),
          inMs(p99),
          inMs(max),
        ]),
      ) +
      note(
        `${whole(run.samples.filter(({ value }) => value === 0).length)} first requests got no answer: their connection broke, or the shop gave up after a second. Counted from when the customer was due, on a machine that also runs the gateway, the queue, the database and the load, with a stop at every fail-point: npm run bench measures latency.`,
      ),
    heading('Faults') +
      table(
        ['Fault', 'Part', 'Planned', 'Struck'],
        outcome.kinds.map(({ name, part, planned, happened }) => [
          name,
          part,
          whole(planned),
          happened > 0 ? whole(happened) : mark(false, 'never'),
        ]),
      ) +
      note(
        'Planned: times in the schedule, or customers towards whom the gateway behaved so. Struck: requests, messages, deposits or processes that were truly hit, counted where it happened.',
      ),
    heading('How the shops behaved') +
      table(
        ['Habit', 'Customers'],
        outcome.habits.map(([name, count]) => [name, whole(count)]),
      ),
    heading('Once more') +
      command(again(run)) +
      note(
        `The seed decides who pays what, how the gateway treats whom, what fails when; how it all interleaves is up to the machine. ${spans.length} faults of the surroundings, ${whole(run.earlyAlarms)} alarms before their time; ${Math.round(run.restMs / 1_000)} s until all was at rest. ${run.startedAt.toISOString()}, Node ${process.version}, ${run.redis}, ${cpus().length} cores, Linux ${release()}.`,
      ),
  ])
}
