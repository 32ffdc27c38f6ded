/**
 * `npm run smoke -- URL`: is this deployment up, and does it refuse what it must refuse? For right after a deploy.
 *
 *   npm run smoke -- https://pay.example.com
 *   LANGO_API_KEY=sk_test_… npm run smoke -- https://pay-staging.example.com     also makes one payment in the sandbox
 *
 * Ends with `N passed, N failed`; exits with 1 when something failed.
 */
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { Command } from 'commander'
import { httpUrl } from './http-url.ts'
import { smoke } from './smoke/checks.ts'

interface Given {
  readonly phone: string
  readonly amount: string
  readonly currency: string
}

const program = new Command('smoke')
  .description('Asks a deployment, from outside, whether it is up and refuses what it must refuse')
  .argument('<url>', 'the edge, such as https://pay.example.com; a key for one test payment comes in LANGO_API_KEY')
  .option('--phone <number>', 'whose payment succeeds in the sandbox', '260763456789')
  .option('--amount <amount>', 'of that payment', '15.5')
  .option('--currency <code>', 'of that payment', 'ZMW')
  .showHelpAfterError()
  .action(async (url: string, { phone, amount, currency }: Given) => {
    const secretKey = process.env['LANGO_API_KEY']
    const checked = await smoke(
      {
        origin: httpUrl('the edge', url, 'https://pay.example.com').origin,
        ...(secretKey ? { secretKey } : {}),
        phoneNumber: phone,
        amount,
        currency,
        fetch,
        nowMs: Date.now,
        sleep,
        unique: () => randomUUID().slice(0, 13),
      },
      ({ name, outcome, saw }) => console.log(`  ${outcome.padEnd(9)}  ${name}: ${saw}`),
    )
    const count = (outcome: string) => checked.filter((each) => each.outcome === outcome).length
    console.log(`${count('ok')} passed, ${count('failed')} failed`)
    process.exitCode = count('failed') === 0 ? 0 : 1
  })

try {
  await program.parseAsync()
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = 2
}
