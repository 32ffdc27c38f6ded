import type { RouteHealth } from '../../src/consumer/route-watch.ts'
import { columns } from './columns.ts'

const percent = (bp: number | null): string => (bp === null ? '-' : `${(bp / 100).toFixed(1)} %`)
const seconds = (ms: number | null): string => (ms === null ? '-' : `${(ms / 1_000).toFixed(1)} s`)
const breaker = (position: string): string => position.replace('_', '-')

const HEAD = ['rail', 'gateway', 'success', 'unknown', 'prompt', 'outcomes', 'breaker', 'feed']

/** What the consumer answers, as a table: a line for each rail and gateway, and one for each that is wholly open. */
export const healthLines = ({ policyVersion, gateways, rails }: RouteHealth): readonly string[] => {
  const rows = rails.flatMap(({ rail, position, pairs }) => [
    ...(position === 'closed' ? [] : [[rail, 'all', '-', '-', '-', '-', breaker(position), '-']]),
    ...pairs.map((pair) => [
      rail,
      pair.gateway,
      percent(pair.successBp),
      percent(pair.unknownBp),
      seconds(pair.promptMs),
      String(pair.outcomes),
      breaker(pair.position),
      pair.feed,
    ]),
  ])
  const stopped = gateways.filter(({ position }) => position !== 'closed')
  rows.push(...stopped.map(({ name, position }) => ['all', name, '-', '-', '-', '-', breaker(position), '-']))
  const first = `policy ${policyVersion}: ${gateways.map(({ name }) => name).join(', ')}; of the last two minutes`
  return rows.length === 0 ? [first, 'Nothing was seen yet.'] : [first, ...columns([HEAD, ...rows])]
}
