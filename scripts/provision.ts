/**
 * `npm run provision -- COMMAND`: what makes, seals and renews the keys of a deployment (DEPLOY.md, SECURITY.md). Runs on the
 * machine that keeps them; the keys themselves are never printed.
 */
import './stack/environment.ts'
import { Command } from 'commander'
import { commands } from './provision/commands.ts'

const program = new Command('provision')
  .description('Keys of a deployment, and what they are sealed to')
  .showHelpAfterError()
for (const add of commands) add(program)

try {
  await program.parseAsync()
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = 1
}
