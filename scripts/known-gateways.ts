/**
 * `node scripts/known-gateways.ts`: what the router has to know of the gateways of src/gateways, for the consumer, which
 * has no other part in them: src/consumer/known-gateways.ts. `--check` only says whether the committed one is of these specs.
 */
import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { createDecideCore } from '../src/core/decide.ts'

const FILE = 'src/consumer/known-gateways.ts'

interface Spec {
  readonly gateway: string
  readonly settleMs: number
  readonly cancel?: unknown
  readonly conditions?: unknown
  readonly providers?: Readonly<
    Record<
      string,
      {
        readonly country: string
        readonly auth?: string
        readonly currencies: Readonly<
          Record<
            string,
            {
              readonly decimals: number
              readonly minMinor?: string
              readonly maxMinor?: string
              readonly multipleOfMinor?: string
            }
          >
        >
      }
    >
  >
}

const { formatAmount } = createDecideCore(new WebAssembly.Module(readFileSync('src/core/generated/decide.wasm')))

/** Some gateways take more decimals than a currency has; of what does not exist the router need not know. */
const decimalsOf = (currency: string): number => formatAmount('1', currency).split('.')[1]?.length ?? 0

const routed = ({ gateway, cancel, conditions, providers = {} }: Spec) => {
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
      ...['otp', 'preauth', 'redirect'].filter((auth) => auths.includes(auth)),
      ...(cancel === undefined ? [] : ['cancel']),
      // It can be asked which operators it reaches at present.
      ...(conditions === undefined ? [] : ['conditions']),
    ],
    // Every spec says how to ask about what is open there.
    statusCalls: true,
  }
}

const specs = globSync('src/gateways/*/gateway.json')
  .toSorted()
  .map((file) => JSON.parse(readFileSync(file, 'utf8')) as Spec)

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
