import type { RouteHealth } from '../../src/consumer/route-watch.ts'
import type { AddCommands } from './commands.ts'
import { healthLines } from './route-health.ts'

interface Answer {
  readonly decisions: readonly { readonly attempt: number; readonly explained: string }[]
}

/** What the consumer answers, as lines. */
export const explained = ({ decisions }: Answer): readonly string[] =>
  decisions.length === 0
    ? ['Nothing was decided by a routing policy, or it is longer ago than 30 days.']
    : decisions.map(({ attempt, explained }) => `attempt ${attempt}, ${explained}`)

export const route: AddCommands = (program, client) => {
  const command = program
    .command('route')
    .description('which gateway a payment went through, why, and how all are doing')
  command
    .command('health')
    .description('success, lost answers, time to the prompt and breakers, by rail and gateway')
    .action(async () => {
      for (const line of healthLines((await client().call('GET', '/routing/health')) as RouteHealth)) console.log(line)
    })
  command
    .command('explain')
    .argument('<payment>', 'pay_…')
    .description('what the routing policy decided for each of its attempts')
    .action(async (payment: string) => {
      const answer = (await client().call('GET', `/decisions/${encodeURIComponent(payment)}`)) as Answer
      for (const line of explained(answer)) console.log(line)
    })
}
