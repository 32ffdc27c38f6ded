import type { BundleKey } from '../provision/bundle.ts'
import { BODY_BYTES_MAX } from '../provision/pawapay.ts'
import { configuredGateways, type SealedProgram, sealedProgram } from '../provision/program.ts'
import { type Provisioned, type Provisioning, provision } from '../provision/provision.ts'
import { ed25519Key } from '../provision/signer.ts'
import { sourceDigest } from '../provision/source-digest.ts'
import type { WorkerModule } from './bundle.ts'
import type { DevelopmentSecrets } from './secrets.ts'

export interface VaultParts {
  readonly modules: readonly WorkerModule[]
  /** Plain vars and secrets, by name. */
  readonly bindings: Readonly<Record<string, unknown>>
}

/** Something about a running vault that is other than what it was sealed for. */
export type VaultAlteration = (parts: VaultParts, provisioning: Provisioning) => VaultParts

/** What a gateway knows us by. */
export interface GatewayAccount {
  readonly token: string
  readonly keyId: string
  /** PKCS#8 PEM, P-256. */
  readonly signingKey: string
}

/** Other gateways than those of `src`: for tests of what a deployment may bring. */
export interface SealedGateways {
  readonly sealed: SealedProgram
  /** Material in ASCII by purpose, `toypay.password`. */
  readonly keys: Readonly<Record<`${string}.${string}`, string>>
}

export interface VaultToSeal {
  readonly modules: readonly WorkerModule[]
  readonly vars: Readonly<Record<string, string>>
  readonly compatibility: readonly string[]
  readonly account: GatewayAccount
  readonly gateways?: SealedGateways
  readonly secrets: Pick<
    DevelopmentSecrets,
    'attestationKey' | 'personalKey' | 'masterKey' | 'provisioningSeed' | 'project'
  >
}

const bytesOf = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'))
const ascii = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'latin1'))

export const dataModules = ({ manifest, sealed, trust }: Provisioned): WorkerModule[] =>
  Object.entries({ manifest, sealed, trust }).map(([name, contents]) => ({
    type: 'Data',
    path: `${name}.bin`,
    contents,
  }))

/** What development seals: the same facts and keys as `npm run provision -- seal`, under keys of this state directory. */
const provisioningOf = ({ modules, vars, compatibility, secrets, account, gateways }: VaultToSeal): Provisioning => {
  const { program, headers, originVars } = gateways?.sealed ?? sealedProgram(configuredGateways(vars))
  const origins = originVars.map((name) => vars[name] ?? '')
  const bindings = { ...vars, LANGO_MASTER_KEY: '', CF_VERSION_METADATA: {}, DAY_COUNTERS: {} }
  const wasm = modules.find(({ path }) => path === 'vault.wasm')?.contents
  const nowS = Math.floor(Date.now() / 1000)
  return {
    facts: {
      project: secrets.project,
      environment: vars['LANGO_ENVIRONMENT'] ?? '',
      worker: vars['LANGO_WORKER_NAME'] ?? '',
      versionTag: sourceDigest(modules),
      inboundHosts: [new URL(vars['LANGO_PUBLIC_ORIGIN'] ?? '').host],
      outboundOrigins: origins,
      bindings: Object.fromEntries(Object.entries(bindings).map(([name, value]) => [name, typeof value])),
      vars,
      module: Buffer.from(wasm ?? ''),
      program,
      compatibility,
      epoch: 1,
    },
    bundle: {
      keys: [
        { kid: account.keyId, purpose: 'pawapay.signing', slot: 'current', material: ascii(account.signingKey) },
        { kid: '', purpose: 'pawapay.token', slot: 'current', material: ascii(account.token) },
        { kid: '', purpose: 'attestation', slot: 'current', material: bytesOf(secrets.attestationKey) },
        { kid: '', purpose: 'personal', slot: 'current', material: bytesOf(secrets.personalKey) },
        ...Object.entries(gateways?.keys ?? {}).map(([purpose, material]) => ({
          kid: '',
          purpose: purpose as BundleKey['purpose'],
          slot: 'current' as const,
          material: ascii(material),
        })),
      ],
      origins,
      headers,
      bodyBytesMax: BODY_BYTES_MAX,
      program,
    },
    master: { key: bytesOf(secrets.masterKey) },
    provisioningKey: ed25519Key(bytesOf(secrets.provisioningSeed)),
    epochMin: 1,
    notBeforeS: nowS - 3600,
    notAfterS: nowS + 400 * 86_400,
  }
}

/** The vault as it runs here: its code, what was sealed for it just now, and its bindings. */
export const sealedVault = (given: VaultToSeal, alteration?: VaultAlteration): VaultParts => {
  const provisioning = provisioningOf(given)
  const parts: VaultParts = {
    modules: [...given.modules, ...dataModules(provision(provisioning))],
    bindings: {
      ...given.vars,
      LANGO_MASTER_KEY: given.secrets.masterKey,
      CF_VERSION_METADATA: { id: 'development', tag: provisioning.facts.versionTag, timestamp: '' },
    },
  }
  return alteration ? alteration(parts, provisioning) : parts
}
