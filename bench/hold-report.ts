import { barChart } from '../scripts/report/charts.ts'
import { heading, mark, note, page, table } from '../scripts/report/page.ts'
import { type Held, type HoldResult, holdTargets } from './hold.ts'
import { figure, isMet, wanted } from './targets.ts'
import { textTable } from './text-table.ts'

const KILOBYTE = 1_024
const HEAD = [
  'system',
  'asked',
  'processes',
  'held at once',
  'ramp s',
  'lost',
  'heap KB',
  'outside KB',
  'RSS KB',
  'fds',
  'RSS MB',
]

const line = (held: Held): string[] => [
  held.system,
  String(held.asked),
  String(held.processes),
  String(held.peak),
  figure(held.rampSeconds),
  String(held.lost),
  figure(held.heapBytesEach / KILOBYTE),
  figure(held.outsideBytesEach / KILOBYTE),
  figure(held.rssBytesEach / KILOBYTE),
  figure(held.descriptorsEach),
  figure(held.rssBytes / KILOBYTE / KILOBYTE),
]

const EXPLAINED =
  "Heap, outside, RSS and fds are growth per held call: V8's live objects after a collection, over the product's three isolates; what the runtime holds for them outside V8's heap; resident memory; open files."

const checked = (result: HoldResult): string =>
  `Sent twice: ${result.sentTwice}; captured twice: ${result.capturedTwice}; not paid in the end: ${result.notPaid} (all settled after ${figure(result.settleSeconds)} s). Descriptor limit ${result.descriptorLimit}: ${result.plan.descriptorsEach} per held call, so ${result.plan.processes} process(es) with ${result.plan.perProcess} each.`

const all = (result: HoldResult): readonly Held[] => [result.lango, ...result.peers]
const errors = (result: HoldResult): string[] =>
  all(result).flatMap(({ system, firstError }) =>
    firstError === undefined ? [] : [`First error, ${system}: ${firstError}`],
  )

const targetRows = (result: HoldResult) =>
  holdTargets(result).map((target) => ({
    cells: [target.name, `${figure(target.measured)} ${target.unit}`, wanted(target)],
    met: isMet(target),
  }))

export const holdText = (result: HoldResult): string =>
  [
    textTable(HEAD, all(result).map(line)),
    '',
    EXPLAINED,
    checked(result),
    '',
    textTable(
      ['target', 'measured', 'wanted', ''],
      targetRows(result).map(({ cells, met }) => [...cells, met ? 'met' : 'NOT MET']),
    ),
    ...errors(result),
    ...result.notes,
  ].join('\n')

export const holdPage = (result: HoldResult): string =>
  page('Lango bench: held calls', [
    note(
      `Each initiation is held by the gateway for at least ${result.seconds} s, and until all are there and have been looked at.`,
    ),
    heading('Targets') +
      table(
        ['target', 'measured', 'wanted', 'verdict'],
        targetRows(result).map(({ cells, met }) => [...cells, mark(met, met ? 'met' : 'not met')]),
      ),
    heading('Held calls') + table(HEAD, all(result).map(line)) + note(EXPLAINED) + note(checked(result)),
    barChart({
      title: 'Resident memory per held call',
      yLabel: 'KB',
      categories: all(result).map(({ system }) => system),
      series: [
        { name: 'KB', values: all(result).map(({ rssBytesEach }) => Number(figure(rssBytesEach / KILOBYTE)) || 0) },
      ],
    }),
    ...[...errors(result), ...result.notes].map(note),
  ])
