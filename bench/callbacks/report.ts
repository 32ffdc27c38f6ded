import { heading, mark, note, page, table } from '../../scripts/report/page.ts'
import { figure, isMet, wanted } from '../targets.ts'
import { textTable } from '../text-table.ts'
import { type Alone, type CallbacksResult, callbackTargets } from './callbacks.ts'

const HEAD = ['system', 'sent', 'refused', 'p50 ms', 'p99 ms']
const TARGETS = ['target', 'measured', 'wanted', 'verdict']

const lines = ({ rounds }: CallbacksResult): string[][] =>
  rounds.map(({ system, sent, failed, p50, p99 }) => [system, String(sent), String(failed), figure(p50), figure(p99)])

const targets = (result: CallbacksResult) =>
  callbackTargets(result).map((target) => ({
    cells: [target.name, `${figure(target.measured)} ${target.unit}`, wanted(target)],
    met: isMet(target),
  }))

const eachOf = (alone: readonly Alone[]): string =>
  alone.map(({ ratePerSecond, cpuMsEach }) => `${figure(cpuMsEach)} ms each at ${ratePerSecond} a second`).join(', ')

const explained = ({ plan, edge, publisher, expected, rounds, inTime, atOnce }: CallbacksResult): string =>
  `${plan.ratePerSecond} callbacks a second, open loop, each timed from when it was due. The edge alone, between stubs, CPU of its whole workerd, stubs included: ${eachOf(edge)}; a Worker that only publishes: ${eachOf(publisher)}. At the lower rate a process sleeps between two callbacks, and waking is part of what is counted. Lango: the edge in one workerd, the consumer in another, each with a vault beside it, as Cloudflare runs a Worker on the thread of its caller by default; the consumer's runs when nothing else wants to (SCHED_IDLE), as it would take no time from the edge on a machine of its own, ${atOnce ? 'while edge, publisher, queue and load generator run as soon as they can (SCHED_RR)' : 'though not all of the way to the 200 could be made to run before it (SCHED_RR)'}, and had fulfilled ${inTime} of ${expected} when the last callback of each stack was answered; ${rounds.every(({ awake }) => awake) ? 'no CPU slept in between (a loop on each, with which the consumer shares what is left), as what wakes one in a virtual machine is its host; ' : 'CPUs could not be kept from going to sleep in between; '}QStash's emulator, gateway and Redis in processes of their own. The Worker that only publishes does so by QStash's SDK, as one writes it, and Lango without; it had the same QStash, once with the machine to itself, and once in the edge's place: what Lango's edge had made of as many callbacks before, it was sent to publish, so that the same consumer fulfilled the same orders behind it; what the edge tells the payment objects after its answer is Lango's alone. Medians over the rounds; the ratio is that of the medians.`

const errors = ({ rounds }: CallbacksResult): string[] =>
  rounds.flatMap(({ system, firstError }) =>
    firstError === undefined ? [] : [`First error, ${system}: ${firstError}`],
  )

export const callbacksText = (result: CallbacksResult): string =>
  [
    textTable(HEAD, lines(result)),
    '',
    explained(result),
    '',
    textTable(
      TARGETS,
      targets(result).map(({ cells, met }) => [...cells, met ? 'met' : 'NOT MET']),
    ),
    ...errors(result),
  ].join('\n')

export const callbacksPage = (result: CallbacksResult): string =>
  page('Lango bench: callbacks', [
    heading('Targets') +
      table(
        TARGETS,
        targets(result).map(({ cells, met }) => [...cells, mark(met, met ? 'met' : 'not met')]),
      ),
    heading('Rounds') + table(HEAD, lines(result)) + note(explained(result)),
    ...errors(result).map(note),
  ])
