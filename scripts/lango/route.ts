import type { AddCommands } from './commands.ts'

interface Answer {
  readonly decisions: readonly { readonly attempt: number; readonly explained: string }[]
}

/** What the consumer answers, as lines. */
export const explained = ({ decisions }: Answer): readonly string[] =>
  decisions.length === 0
    ? ['Nothing was decided by a routing policy, or it is longer ago than 30 days.']
    : decisions.map(({ attempt, explained }) => `attempt ${attempt}, ${explained}`)

export const route: AddCommands = (program, client) => {
  program
    .command('route')
    .description('which gateway a payment went through, and why')
    .command('explain')
    .argument('<payment>', 'pay_…')
    .description('what the routing policy decided for each of its attempts')
    .action(async (payment: string) => {
      const answer = (await client().call('GET', `/decisions/${encodeURIComponent(payment)}`)) as Answer
      for (const line of explained(answer)) console.log(line)
    })
}
