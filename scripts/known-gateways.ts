/**
 * `node scripts/known-gateways.ts`: what the router has to know of the gateways of src/gateways, for the consumer, which
 * has no other part in them: src/consumer/known-gateways.ts. `--check` only says whether the committed one is of these specs.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { createDecideCore } from '../src/core/decide.ts'
import { readGateways } from './provision/gateways.ts'
import { gatewayFolder } from './provision/program.ts'
import type { GatewaySpec } from './provision/spec.ts'

const FILE = 'src/consumer/known-gateways.ts'

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
if (process.argv.includes('--check')) {
  if (readFileSync(FILE, 'utf8') !== text) {
    console.error(`${FILE} is not of these specs: run node scripts/known-gateways.ts and commit it.`)
    process.exitCode = 1
  }
} else {
  writeFileSync(FILE, text)
  console.log(`${FILE}: ${specs.map(({ gateway }) => gateway).join(', ')}`)
}
