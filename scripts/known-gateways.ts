/**
 * `node scripts/known-gateways.ts`: what is to be known of the gateways of src/gateways outside of the vault: by the router, for
 * the consumer, which has no other part in them (src/consumer/known-gateways.ts), and who wants a code made beforehand, for
 * the page as well (src/contracts/codes-first.ts). `--check` only says whether the committed ones are of these specs.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { createDecideCore } from '../src/core/decide.ts'
import { readGateways } from './provision/gateways.ts'
import { gatewayFolder } from './provision/program.ts'
import type { GatewaySpec } from './provision/spec.ts'

const { formatAmount } = createDecideCore(new WebAssembly.Module(readFileSync('src/core/generated/decide.wasm')))

/** Some gateways take more decimals than a currency has; of what does not exist the router need not know. */
const decimalsOf = (currency: string): number => formatAmount('1', currency).split('.')[1]?.length ?? 0

const routed = ({ gateway, cancel, conditions, otp, providers }: GatewaySpec) => {
  const auths = Object.values(providers).map(({ auth }) => auth)
  return {
    name: gateway,
    providers: Object.entries(providers).map(([code, { country, currencies }]) => ({
      code,
      country,
      currencies: Object.entries(currencies).map(([currency, { decimals, minMinor, maxMinor, multipleOfMinor }]) => ({
        code: currency,
        decimals: Math.min(decimals, decimalsOf(currency)),
        ...(minMinor === undefined ? {} : { minMinor }),
        ...(maxMinor === undefined ? {} : { maxMinor }),
        ...(multipleOfMinor === undefined ? {} : { multipleOfMinor }),
      })),
    })),
    capabilities: [
      ...(['preauth', 'redirect'] as const).filter((auth) => auths.includes(auth)),
      ...(cancel === undefined ? [] : ['cancel']),
      ...(otp === undefined ? [] : ['otp']),
      // It can be asked which operators it reaches at present.
      ...(conditions === undefined ? [] : ['conditions']),
    ],
    // Every spec says how to ask about what is open there.
    statusCalls: true,
  }
}

const specs = readGateways(gatewayFolder).toSorted((a, b) => (a.gateway < b.gateway ? -1 : 1))

const text = `/** Made of src/gateways by scripts/known-gateways.ts. Do not edit. */
import type { RoutedGateway } from '../contracts/route.ts'

export const KNOWN_GATEWAYS: readonly RoutedGateway[] = [
${specs.map((spec) => `  ${JSON.stringify(routed(spec))},`).join('\n')}
]

/** How long after an attempt a gateway's "not found" proves nothing. */
export const SETTLE_MS: Readonly<Record<string, number>> = {
${specs.map(({ gateway, settleMs }) => `  ${gateway}: ${settleMs},`).join('\n')}
}
`

const codesFirst = specs.map(({ gateway, providers }) => {
  const wanting = Object.keys(providers).filter((code) => providers[code]?.auth === 'preauth')
  return `  ${gateway}: [${wanting.map((code) => `'${code}'`).join(', ')}],\n`
})
const codesFirstText = `/** Made of src/gateways by scripts/known-gateways.ts. Do not edit. */

/** Gateway → the providers of which it wants a code that the customer makes beforehand. */
export const CODES_FIRST: Readonly<Record<string, readonly string[]>> = {
${codesFirst.join('')}}
`

for (const [file, made] of [
  ['src/consumer/known-gateways.ts', text],
  ['src/contracts/codes-first.ts', codesFirstText],
] as const) {
  if (!process.argv.includes('--check')) {
    writeFileSync(file, made)
    console.log(`${file}: ${specs.map(({ gateway }) => gateway).join(', ')}`)
  } else if (readFileSync(file, 'utf8') !== made) {
    console.error(`${file} is not of these specs: run node scripts/known-gateways.ts and commit it.`)
    process.exitCode = 1
  }
}
