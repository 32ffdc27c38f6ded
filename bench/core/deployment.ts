import { readFileSync } from 'node:fs'
import { imprintOf } from '../../scripts/provision/imprint.ts'
import { gatewaySpecs, sealedProgram } from '../../scripts/provision/program.ts'
import type { GatewaySpec } from '../../scripts/provision/spec.ts'
import { deploymentFor, MASTER } from '../../test/provisioned.ts'

const POLICY = { default: { amountCapMinor: { ZMW: '500000' }, countries: ['ZMB'], providers: ['MTN_MOMO_ZMB'] } }

/** The recorded order of the gateway vectors, and a vault that can build it. */
const recorded = JSON.parse(readFileSync('test/vectors/gateways/pawapay-requests.json', 'utf8'))

export const order: unknown = recorded.order
export const nowMs = 1_795_248_000_000
export { MASTER }

/** Specs of which no deposit is signed: what is left is the program. */
export const unsigned = (): readonly GatewaySpec[] =>
  gatewaySpecs(['pawapay']).map((spec) => ({
    ...spec,
    deposit: { ...spec.deposit, request: { ...spec.deposit.request, signed: false } },
  }))

/** A deployment as it is provisioned, with a policy, for the committed vault.wasm. */
export const deploymentOf = (specs: readonly GatewaySpec[] = gatewaySpecs(['pawapay'])) =>
  deploymentFor(
    {
      environment: 'development',
      referenceKey: recorded.referenceKey,
      attestation: { current: 'ab'.repeat(32) },
      callbackAuthorities: ['pay.example.com'],
      pawapay: {
        ...recorded.settings,
        signingKey: recorded.signingKey,
        signatureEncoding: 'der',
        callbackMode: 'signed',
      },
      program: sealedProgram(specs, POLICY),
    },
    readFileSync('src/core/generated/vault.wasm'),
  )

/** What opening a blob takes. */
export const deploymentParts = () => {
  const { manifest, sealed, trust } = deploymentOf()
  return { imprint: imprintOf(manifest), master: Buffer.from(MASTER, 'hex'), trust, sealed }
}
