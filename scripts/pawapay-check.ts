/**
 * `npm run pawapay:check`: Lango against a real account in pawaPay's sandbox, from this machine. Pays the published numbers
 * through the whole product, asks what pawaPay's documents leave open, and writes what differed.
 *
 *   PAWAPAY_TOKEN=… npm run pawapay:check -- --key-id LANGO_STAGING:1 --key-file sandbox-key.pem
 *   … --public-origin https://pay-staging.example.com      also: do callbacks get there?
 *
 * Exits with 1 when something differs from what Lango was built for, with 2 when the account could not be asked.
 */
import './stack/environment.ts'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { Command } from 'commander'
import { httpUrl } from './http-url.ts'
import { checkPawapay } from './pawapay-check/check.ts'
import { isAsExpected } from './pawapay-check/numbers.ts'

interface Given {
  readonly origin: string
  readonly keyId: string
  readonly keyFile: string
  readonly country: readonly string[]
  readonly publicOrigin?: string
  readonly out: string
}

const program = new Command('pawapay:check')
  .description("Pays pawaPay's sandbox numbers through Lango, and asks what its documents leave open")
  .requiredOption('--key-id <id>', 'what the dashboard calls the uploaded public key')
  .requiredOption('--key-file <file>', 'the private key to it, PKCS#8 PEM')
  .option('--origin <origin>', 'the sandbox', 'https://api.sandbox.pawapay.io')
  .option('--country <codes...>', 'whose numbers are paid, ISO 3166 alpha-3', ['ZMB'])
  .option('--public-origin <origin>', 'a deployment that callbacks go to')
  .option('--out <file>', 'where the findings go', '.lango/pawapay-check.json')
  .showHelpAfterError()
  .action(async ({ origin, keyId, keyFile, country, publicOrigin, out }: Given) => {
    const token = process.env['PAWAPAY_TOKEN']
    if (!token)
      throw new Error(
        'Put a token of the sandbox into PAWAPAY_TOKEN: on a command line it would be left in the history.',
      )
    if (httpUrl('--origin', origin, 'https://api.sandbox.pawapay.io').host === 'api.pawapay.io')
      throw new Error('This is not the sandbox: it would charge real wallets.')
    console.log(
      `Paying the sandbox numbers of ${country.join(', ')} through Lango; about a minute for those that stay open`,
    )
    const result = await checkPawapay(
      {
        origin,
        token,
        keyId,
        signingKey: readFileSync(keyFile, 'utf8'),
        countries: country,
        ...(publicOrigin
          ? { publicOrigin: httpUrl('--public-origin', publicOrigin, 'https://pay.example.com').origin }
          : {}),
      },
      {
        paid: ({ msisdn, provider, outcome, seen, ms }) =>
          console.log(
            `  ${(isAsExpected(outcome, seen) ? 'ok' : 'DIFFERS').padEnd(11)}  ${provider} ${msisdn}: ${seen} after ${(ms / 1000).toFixed(1)} s`,
          ),
        found: ({ verdict, asks, answer }) => console.log(`  ${verdict.padEnd(11)}  ${asks} ${answer}`),
      },
    )
    mkdirSync(path.dirname(out), { recursive: true })
    writeFileSync(out, `${JSON.stringify({ origin, at: new Date().toISOString(), ...result }, null, 2)}\n`)
    console.log(
      `\n${result.differs.length === 0 ? 'All is as Lango was built for.' : `Differs:\n${result.differs.map((each) => `  ${each}`).join('\n')}`}`,
    )
    console.log(`Findings: ${out}`)
    process.exitCode = result.differs.length === 0 ? 0 : 1
  })

try {
  await program.parseAsync()
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = 2
}
