import { BODY_BYTES_MAX, PAWAPAY_HEADERS } from '../provision/pawapay.ts'
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

export interface VaultToSeal {
  readonly modules: readonly WorkerModule[]
  readonly vars: Readonly<Record<string, string>>
  readonly compatibility: readonly string[]
  readonly account: GatewayAccount
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
const provisioningOf = ({ modules, vars, compatibility, secrets, account }: VaultToSeal): Provisioning => {
  const bindings = { ...vars, LANGO_MASTER_KEY: '', CF_VERSION_METADATA: {} }
  const wasm = modules.find(({ path }) => path === 'vault.wasm')?.contents
  const nowS = Math.floor(Date.now() / 1000)
  return {
    facts: {
      project: secrets.project,
      environment: vars['LANGO_ENVIRONMENT'] ?? '',
      worker: vars['LANGO_WORKER_NAME'] ?? '',
      versionTag: sourceDigest(modules),
      inboundHosts: [new URL(vars['LANGO_PUBLIC_ORIGIN'] ?? '').host],
      outboundOrigins: [vars['PAWAPAY_ORIGIN'] ?? ''],
      bindings: Object.fromEntries(Object.entries(bindings).map(([name, value]) => [name, typeof value])),
      vars,
      module: Buffer.from(wasm ?? ''),
      program: new Uint8Array(0),
      compatibility,
      epoch: 1,
    },
    bundle: {
      keys: [
        { kid: account.keyId, purpose: 'pawapay.signing', slot: 'current', material: ascii(account.signingKey) },
        { kid: '', purpose: 'pawapay.token', slot: 'current', material: ascii(account.token) },
        { kid: '', purpose: 'attestation', slot: 'current', material: bytesOf(secrets.attestationKey) },
        { kid: '', purpose: 'personal', slot: 'current', material: bytesOf(secrets.personalKey) },
      ],
      origins: [vars['PAWAPAY_ORIGIN'] ?? ''],
      headers: PAWAPAY_HEADERS,
      bodyBytesMax: BODY_BYTES_MAX,
      program: new Uint8Array(0),
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
