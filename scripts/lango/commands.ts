import type { Command } from 'commander'
import type { OperatorClient } from './client.ts'
import { dlq } from './dlq.ts'
import { erase } from './erase.ts'
import { ledger } from './ledger.ts'
import { refund } from './refund.ts'
import { route } from './route.ts'
import { statement } from './statement.ts'

/** Adds its own subcommands. `client` is made when a command runs: `--help` needs no key. */
export type AddCommands = (program: Command, client: () => OperatorClient) => void

const status: AddCommands = (program, client) => {
  program
    .command('status')
    .description('whether the consumer answers and knows this key')
    .action(async () => {
      await client().call('GET', '')
      console.log('ok: the consumer answers, and the key is right')
    })
}

export const commands: readonly AddCommands[] = [status, dlq, erase, ledger, refund, route, statement]
