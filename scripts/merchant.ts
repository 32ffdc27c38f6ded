/** `npm run merchant -- COMMAND`: the merchants of a deployment and their keys (docs/merchants.md). */
import { merchantCommands } from './lango/merchant.ts'
import { runOperatorProgram } from './lango/program.ts'

await runOperatorProgram('merchant', 'Merchants of a Lango deployment, and their keys', merchantCommands)
