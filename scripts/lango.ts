/** `npm run lango -- COMMAND`: what the people do who run a deployment. Talks to the consumer's `/operator` routes. */
import { commands } from './lango/commands.ts'
import { runOperatorProgram } from './lango/program.ts'

await runOperatorProgram('lango', 'What people do who run a Lango deployment', commands)
