import { barChart, lineChart, timeline } from '../scripts/report/charts.ts'
import { heading, mark, note, page, table } from '../scripts/report/page.ts'
import { median } from './load.ts'
import { of, type PaymentsResult, type Round, targetsOf, throughputRatio } from './payments.ts'
import { figure, isMet, type Target, wanted } from './targets.ts'
import { textTable } from './text-table.ts'

const MEGABYTE = 1_048_576

/** One line per system and medium: the median of its rounds, figure by figure. */
const summaries = (result: PaymentsResult): readonly (readonly string[])[] => {
  const groups = new Map<string, Round[]>()
  for (const round of result.rounds) {
    const name = round.medium === 'none' ? round.system : `${round.system}, ${round.medium}`
    groups.set(name, [...(groups.get(name) ?? []), round])
  }
  return [...groups].map(([name, rounds]) => {
    const middle = (pick: (round: Round) => number) => figure(median(rounds.map(pick)))
    return [
      name,
      middle(({ latency }) => latency.added.p50),
      middle(({ latency }) => latency.added.p90),
      middle(({ latency }) => latency.added.p99),
      middle(({ saturation }) => saturation.perSecond),
      middle(({ saturation }) => saturation.total.p50),
      middle(({ saturation }) => saturation.total.p99),
      middle(({ saturation }) => saturation.resources.cpuMsEach),
      middle(({ saturation }) => saturation.resources.rssBytes / MEGABYTE),
      middle(({ saturation }) => saturation.resources.fds),
      String(rounds.reduce((sum, { latency, saturation }) => sum + latency.failed + saturation.failed, 0)),
    ]
  })
}

const HEAD = [
  'system, state on',
  '+p50 ms',
  '+p90 ms',
  '+p99 ms',
  'max /s',
  'p50 ms at max',
  'p99 ms at max',
  'CPU ms each',
  'RSS MB',
  'fds',
  'failed',
]

const costs = ({ counts, traced }: PaymentsResult): readonly (readonly string[])[] => [
  ['Redis requests', figure(counts.redisRequests), 'HTTP round trips; one before the send'],
  ['Redis commands', figure(counts.redisCommands), 'as redis-server counts, those inside scripts too'],
  ['object rows written', figure(counts.objectRowsWritten), 'index rows included, as they are billed'],
  ['object alarm writes', figure(counts.objectAlarmWrites), 'setAlarm and deleteAlarm'],
  ['object storage.sync', figure(counts.objectSyncs), 'waits for durability before the send'],
  [
    'D1 rows',
    figure(Object.values(counts.databaseRows).reduce((sum, count) => sum + count, 0)),
    Object.entries(counts.databaseRows)
      .filter(([, count]) => count > 0)
      .map(([name, count]) => `${name} ${figure(count)}`)
      .join(', '),
  ],
  ['gateway calls', figure(counts.gatewayCalls), 'deposit and status'],
  ['hops before the send', String(traced.hopsBeforeSend), traced.path.join(' → ')],
  ['the same, first payment of an isolate', String(traced.coldPath.length), traced.coldPath.join(' → ')],
]

const targetRows = (targets: readonly Target[]): readonly (readonly [string, string, string, boolean])[] =>
  targets.map((target) => [target.name, `${figure(target.measured)} ${target.unit}`, wanted(target), isMet(target)])

const beside = (result: PaymentsResult): string => {
  const rounds = of(result, 'Lango', 'tmpfs')
  const part = (name: 'redisRest' | 'gateway' | 'load') =>
    figure(median(rounds.map(({ saturation }) => saturation.cpuMsBeside[name])))
  return `CPU per payment beside the product: Redis over REST ${part('redisRest')} ms, gateway ${part('gateway')} ms, load generator ${part('load')} ms.`
}

const firstErrors = (result: PaymentsResult): readonly string[] =>
  result.rounds.flatMap(({ system, medium, latency, saturation, duplicates }) =>
    [latency.firstError, saturation.firstError, duplicates?.firstError].flatMap((error) =>
      error === undefined ? [] : [`${system} on ${medium}: ${error}`],
    ),
  )

const injected = ({ traced }: PaymentsResult): string => {
  const { redis, object, gateway } = traced.injectedMs
  return `With Redis ${redis} ms, object ${object} ms and gateway ${gateway} ms away (${redis + object + gateway} ms in all) a payment took ${figure(median(traced.latencyMs))} ms (median of ${traced.payments}).`
}

const ratios = (result: PaymentsResult): string =>
  `Throughput to baseline (a): ${figure(throughputRatio(result, 'tmpfs'))} on tmpfs, ${figure(throughputRatio(result, 'disk'))} on disk (median of alternating rounds).`

export const paymentsText = (result: PaymentsResult): string =>
  [
    textTable(HEAD, summaries(result)),
    '',
    ratios(result),
    beside(result),
    injected(result),
    '',
    textTable(['per payment', 'count', ''], costs(result)),
    '',
    textTable(
      ['target', 'measured', 'wanted', ''],
      targetRows(targetsOf(result)).map(([name, measured, bound, met]) => [
        name,
        measured,
        bound,
        met ? 'met' : 'NOT MET',
      ]),
    ),
    ...firstErrors(result).map((line) => `first error, ${line}`),
    ...result.notes,
  ].join('\n')

/** Every percentile from 0 to 99.9: the shape says more than three points of it. */
const curve = (sorted: readonly number[]): [number, number][] =>
  Array.from({ length: 200 }, (_, i) => {
    const p = i / 2
    return [p, sorted[Math.min(sorted.length - 1, Math.floor((p / 100) * sorted.length))] ?? 0]
  })

export const paymentsPage = (result: PaymentsResult): string => {
  const { plan, traced } = result
  const lines = [...new Set(result.rounds.map(({ system, medium }) => `${system}|${medium}`))].map((name) => {
    const [system = '', medium = ''] = name.split('|')
    const rounds = of(result, system, medium as Round['medium'])
    const all = rounds.flatMap(({ latency }) => latency.addedMs).toSorted((a, b) => a - b)
    return { name: medium === 'none' ? system : `${system}, ${medium}`, points: curve(all) }
  })
  const table1 = summaries(result)
  return page('Lango bench: payments', [
    note(
      `Open loop at ${plan.ratePerSecond} requests/s over a gateway that answers after ${plan.gatewayMs} ms; latency is counted from when a request was due, less what the gateway held that very payment for. Saturation with ${plan.concurrency} under way. Product and baseline alternate, each from a fresh start.`,
    ),
    heading('Targets') +
      table(
        ['target', 'measured', 'wanted', 'verdict'],
        targetRows(targetsOf(result)).map(([name, measured, bound, met]) => [
          name,
          measured,
          bound,
          mark(met, met ? 'met' : 'not met'),
        ]),
      ),
    heading('Latency and throughput') + table(HEAD, table1) + note(ratios(result)) + note(beside(result)),
    lineChart({
      title: `Latency added over the gateway's own, by percentile (${plan.ratePerSecond}/s)`,
      xLabel: 'percentile',
      yLabel: 'ms',
      series: lines,
      logY: true,
    }),
    barChart({
      title: 'Throughput at saturation',
      yLabel: 'payments/s',
      categories: table1.map(([name = '']) => name),
      series: [{ name: 'payments/s', values: table1.map((row) => Number(row[4])) }],
    }),
    barChart({
      title: "CPU of the product's processes",
      yLabel: 'ms per payment',
      categories: table1.map(([name = '']) => name),
      series: [{ name: 'ms', values: table1.map((row) => Number(row[7])) }],
    }),
    heading('What one payment costs') + table(['per payment', 'count', ''], costs(result)),
    timeline({
      title: 'One payment with injected round trips',
      rows: traced.picture.map(({ to, what, fromMs, toMs }, i) => ({
        name: i === 0 ? what : `${to}${to === 'gateway' ? '' : `: ${what}`}`,
        spans: [[fromMs, toMs, `${figure(toMs - fromMs)} ms`]],
      })),
    }) + note(injected(result)),
    ...[...firstErrors(result).map((line) => `First error, ${line}`), ...result.notes].map(note),
  ])
}
