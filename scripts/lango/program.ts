import { readFileSync } from 'node:fs'
import path from 'node:path'
import { Command } from 'commander'
import { httpUrl } from '../http-url.ts'
import { PORTS } from '../stack/ports.ts'
import { createOperatorClient } from './client.ts'
import type { AddCommands } from './commands.ts'

const developmentKey = (): string | undefined => {
  const file = path.join(process.env['LANGO_STATE_DIR'] ?? '.lango', 'secrets.json')
  try {
    return (JSON.parse(readFileSync(file, 'utf8')) as { readonly operatorKey?: string }).operatorKey
  } catch {
    return undefined
  }
}

/**
 * Runs a command of the operator's. Without options it means the stack of `npm start`; elsewhere `--url`, and the key in
 * LANGO_OPERATOR_KEY: a key on the command line would be left in the shell's history.
 */
export const runOperatorProgram = async (
  name: string,
  description: string,
  commands: readonly AddCommands[],
): Promise<void> => {
  const program = new Command(name)
    .description(description)
    .option(
      '--url <origin>',
      'the consumer, as QStash reaches it',
      `http://127.0.0.1:${process.env['LANGO_CONSUMER_PORT'] ?? PORTS.consumer.standard}`,
    )
    .showHelpAfterError()
  const client = () => {
    const key = process.env['LANGO_OPERATOR_KEY'] ?? developmentKey()
    if (!key)
      throw new Error('No operator key: set LANGO_OPERATOR_KEY, or start the development stack with npm start first.')
    const { origin } = httpUrl('--url', program.opts<{ url: string }>().url, 'https://deliveries.example.com')
    return createOperatorClient(origin, key)
  }
  for (const add of commands) add(program, client)
  try {
    await program.parseAsync()
  } catch (error) {
    console.error((error as Error).message)
    process.exitCode = 1
  }
}
