import { textTable } from '../../bench/text-table.ts'
import { barChart, lineChart } from '../report/charts.ts'
import { banner, heading, mark, note, page, table } from '../report/page.ts'
import type { Demand, Result } from './judge.ts'

export interface Judged {
  readonly result: Result
  readonly demands: readonly Demand[]
}

const HEAD = ['trace', 'who', 'before', 'during', 'after', 'best fixed, during', 'left after', 'back after', 'doubles']

const points = (value: number | undefined): string => (value === undefined ? '' : value.toFixed(2))
const leaving = ({ left }: Result): string => (left ? `${left.attempts} in ${(left.ms / 1000).toFixed(1)} s` : '-')
const back = ({ recoveredMs }: Result): string => (recoveredMs === null ? '-' : `${(recoveredMs / 1000).toFixed(1)} s`)

const row = (result: Result): string[] => [
  result.trace,
  result.contender,
  ...result.segments.map(({ success }) => points(success)),
  points(result.segments[1]?.best),
  leaving(result),
  back(result),
  String(result.doubles),
]

const EXPLAINED =
  'Success in percent of all payments; one in eight customers would not have paid anywhere. Best fixed: the best gateway of each rail, ' +
  'chosen when all was over, without failover. Left after: attempts at the degraded gateway until of the next twenty at most two went there. ' +
  'All of them fail over by the same rule, so what differs is who chooses.'

export const replayText = (results: readonly Result[], judged: readonly Judged[]): string =>
  [
    textTable(HEAD, results.map(row)),
    '',
    EXPLAINED,
    '',
    textTable(
      ['lango', 'wanted', 'measured', ''],
      judged.flatMap(({ result, demands }) =>
        demands.map(({ name, measured, met }) => [result.trace, name, measured, met ? 'reached' : 'NOT REACHED']),
      ),
    ),
  ].join('\n')

/** One trace: how much of the traffic the degraded gateway got, by who chose. */
export const shareChart = (results: readonly Result[]): string =>
  lineChart({
    title: `Traffic at the gateway that degrades: ${results[0]?.trace ?? ''}, from 300 s to 900 s`,
    xLabel: 'seconds',
    yLabel: '% of the attempts',
    series: results.map(({ contender, share }) => ({ name: contender, points: share })),
  })

export const replayPage = (
  results: readonly Result[],
  judged: readonly Judged[],
  seed: number,
  digest: string,
): string => {
  const traces = [...new Set(results.map(({ trace }) => trace))]
  const names = [...new Set(results.map(({ contender }) => contender))]
  const met = judged.every(({ demands }) => demands.every((demand) => demand.met))
  const during = (trace: string, contender: string): number =>
    results.find((it) => it.trace === trace && it.contender === contender)?.segments[1]?.success ?? 0
  return page('Lango: routing replayed', [
    banner(met, met ? 'everything wanted of the router is reached' : 'something wanted of the router is not reached'),
    note(`Seed ${seed}, digest ${digest}.`),
    heading('Success while there was trouble'),
    barChart({
      title: 'Success during the trouble',
      yLabel: '% of all payments',
      categories: traces,
      series: names.map((name) => ({ name, values: traces.map((trace) => during(trace, name)) })),
    }),
    ...traces.map((trace) => shareChart(results.filter((it) => it.trace === trace))),
    heading('All figures') + table(HEAD, results.map(row)) + note(EXPLAINED),
    heading('What is wanted of the router') +
      table(
        ['trace', 'wanted', 'measured', 'verdict'],
        judged.flatMap(({ result, demands }) =>
          demands.map(({ name, measured, met }) => [
            result.trace,
            name,
            measured,
            mark(met, met ? 'reached' : 'not reached'),
          ]),
        ),
      ),
  ])
}
