/** A vault as it is provisioned, for tests of the core by itself. */

import type { BundleKey } from '../scripts/provision/bundle.ts'
import { BODY_BYTES_MAX } from '../scripts/provision/pawapay.ts'
import { gatewaySpecs, type SealedProgram, sealedProgram } from '../scripts/provision/program.ts'
import { type Provisioning, provision } from '../scripts/provision/provision.ts'
import { ed25519Key } from '../scripts/provision/signer.ts'
import type { Deployment } from '../src/contracts/vault-core.ts'

export interface TestVault {
  readonly environment: string
  readonly referenceKey: string
  /** Hex. */
  readonly attestation: { readonly current: string; readonly previous?: string }
  readonly callbackAuthorities: readonly string[]
  readonly pawapay: {
    readonly origin: string
    readonly token: string
    readonly signingKey: string
    readonly keyId: string
    readonly signatureEncoding: string
    readonly callbackMode: string
  }
  /** Of other specs or another policy than those of the sources. */
  readonly program?: SealedProgram
  /** What further gateways are told: plain vars (`TOYPAY_ORIGIN`) and keys (`toypay.password`). */
  readonly further?: {
    readonly vars: Readonly<Record<string, string>>
    readonly keys: Readonly<Record<string, string>>
  }
}

const SOURCES = sealedProgram(gatewaySpecs(['pawapay']))

export const MASTER = '5e'.repeat(32)
const FOR_EVER_S = 253_402_300_799

const bytesOf = (text: string, encoding: 'hex' | 'latin1'): Uint8Array => Uint8Array.from(Buffer.from(text, encoding))

/** The plain vars of such a vault. */
export const varsOf = ({ environment, referenceKey, pawapay, further }: TestVault): Record<string, string> => ({
  LANGO_ENVIRONMENT: environment,
  LANGO_WORKER_NAME: 'lango-vault',
  LANGO_REFERENCE_KEY: referenceKey,
  PAWAPAY_ORIGIN: pawapay.origin,
  PAWAPAY_CALLBACK_MODE: pawapay.callbackMode,
  PAWAPAY_SIGNATURE_ENCODING: pawapay.signatureEncoding,
  ...further?.vars,
})

export const provisioningFor = (vault: TestVault, module: Uint8Array): Provisioning => {
  const { attestation, pawapay } = vault
  const { program, headers, originVars } = vault.program ?? SOURCES
  const vars = varsOf(vault)
  const origins = originVars.map((name) => vars[name] ?? '')
  const key = (
    purpose: BundleKey['purpose'],
    material: Uint8Array,
    slot: BundleKey['slot'] = 'current',
  ): BundleKey => ({
    kid: purpose === 'pawapay.signing' ? pawapay.keyId : '',
    purpose,
    slot,
    material,
  })
  return {
    facts: {
      project: '00000000-0000-4000-8000-000000000000',
      environment: vault.environment,
      worker: 'lango-vault',
      versionTag: 'tests',
      inboundHosts: vault.callbackAuthorities,
      outboundOrigins: origins,
      bindings: { LANGO_MASTER_KEY: 'string' },
      vars,
      module,
      program,
      compatibility: ['2026-10-20'],
      epoch: 1,
    },
    bundle: {
      keys: [
        key('pawapay.signing', bytesOf(pawapay.signingKey, 'latin1')),
        key('pawapay.token', bytesOf(pawapay.token, 'latin1')),
        key('attestation', bytesOf(attestation.current, 'hex')),
        ...(attestation.previous ? [key('attestation', bytesOf(attestation.previous, 'hex'), 'previous')] : []),
        key('personal', bytesOf('c9'.repeat(32), 'hex')),
        ...Object.entries(vault.further?.keys ?? {}).map(([purpose, text]) =>
          key(purpose as BundleKey['purpose'], bytesOf(text, 'latin1')),
        ),
      ],
      origins,
      headers,
      bodyBytesMax: BODY_BYTES_MAX,
      program,
    },
    master: { key: bytesOf(MASTER, 'hex') },
    provisioningKey: ed25519Key(bytesOf('7a'.repeat(32), 'hex')),
    epochMin: 1,
    notBeforeS: 0,
    notAfterS: FOR_EVER_S,
  }
}

/** What the vault hands to the core, right in every part. */
export const deploymentOf = (provisioning: Provisioning, vars: Readonly<Record<string, string>>): Deployment => ({
  ...provision(provisioning),
  module: provisioning.facts.module,
  seen: {
    versionTag: provisioning.facts.versionTag,
    bindings: [['LANGO_MASTER_KEY', 'string']],
    vars: Object.entries(vars),
  },
  keys: () => ({ master: MASTER }),
})

export const deploymentFor = (vault: TestVault, module: Uint8Array): Deployment =>
  deploymentOf(provisioningFor(vault, module), varsOf(vault))
