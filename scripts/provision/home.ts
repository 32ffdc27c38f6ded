import { createPublicKey, generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import path from 'node:path'
import { keyId } from './blob.ts'
import type { KeyPurpose, Slot } from './bundle.ts'
import { sha256 } from './imprint.ts'

export interface StoredKey {
  readonly purpose: KeyPurpose
  readonly slot: Slot
  /** As the gateway knows it; empty for a key that nobody else knows. */
  readonly kid: string
  /** Base64. */
  readonly material: string
}

/** What one environment is sealed with. It lies on the machine that seals, outside of every checkout, and nowhere else. */
export interface KeyHome {
  readonly v: 1
  readonly environment: string
  readonly project: string
  readonly epoch: number
  readonly epochMin: number
  /** Hex. */
  readonly provisioningSeed: string
  /** Hex. */
  readonly masters: { readonly current: string; readonly previous?: string; readonly next?: string }
  /** Hex. */
  readonly secondShare?: string
  readonly keys: readonly StoredKey[]
}

export type Rotating = KeyPurpose | 'master'
/** Keys that we make. What a gateway makes rotates too (`gatewaySecrets`). */
export const OWN_KEYS = ['master', 'attestation', 'personal', 'pawapay.signing'] as const

export const homeDirectory = (environment: string): string =>
  path.join(process.env['LANGO_PROVISION_HOME'] ?? path.join(homedir(), '.lango-provision'), environment)

const FILE = 'keys.json'
/** Beside it, for wrangler. */
export const SECRETS_FILE = 'secrets.json'
export const SHARE_FILE = 'second-share.key'
const ENVIRONMENT = /^[a-z][a-z0-9-]{0,31}$/

export const checkEnvironment = (environment: string): string => {
  if (!ENVIRONMENT.test(environment))
    throw new Error(`--env must be the name of an environment of src/vault/wrangler.toml, not "${environment}".`)
  return environment
}

export const loadHome = (environment: string): KeyHome => {
  const file = path.join(homeDirectory(checkEnvironment(environment)), FILE)
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch {
    throw new Error(
      `No keys for "${environment}" at ${file}. Make them: npm run provision -- init --env ${environment}`,
    )
  }
  if ((statSync(file).mode & 0o077) !== 0) throw new Error(`Others can read ${file}. Take that away: chmod 600 ${file}`)
  return JSON.parse(text) as KeyHome
}

/** Whole or not at all: half a key store would be no key store. */
const write = (file: string, content: string): void => {
  writeFileSync(`${file}.new`, content, { mode: 0o600 })
  renameSync(`${file}.new`, file)
}

export const saveHome = (home: KeyHome): void => {
  const directory = homeDirectory(home.environment)
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  write(path.join(directory, FILE), `${JSON.stringify(home, null, 2)}\n`)
  // What `wrangler deploy --secrets-file` reads, so that no key passes a screen, a shell's history or another file.
  write(
    path.join(directory, SECRETS_FILE),
    `${JSON.stringify({
      LANGO_MASTER_KEY: home.masters.current,
      ...(home.masters.previous ? { LANGO_MASTER_KEY_PREVIOUS: home.masters.previous } : {}),
    })}\n`,
  )
  if (home.secondShare) write(path.join(directory, SHARE_FILE), home.secondShare)
  for (const key of home.keys)
    if (key.purpose === 'pawapay.signing') {
      write(path.join(directory, `pawapay-signing-${key.slot}.pem`), Buffer.from(key.material, 'base64').toString())
      write(path.join(directory, `pawapay-signing-${key.slot}.pub.pem`), publicPem(key))
    }
}

const publicPem = ({ material }: StoredKey): string =>
  createPublicKey(Buffer.from(material, 'base64')).export({ type: 'spki', format: 'pem' }) as string

export const emptyHome = (environment: string, twoShares: boolean): KeyHome => ({
  v: 1,
  environment: checkEnvironment(environment),
  project: randomUUID(),
  epoch: 1,
  epochMin: 1,
  provisioningSeed: randomBytes(32).toString('hex'),
  masters: { current: randomBytes(32).toString('hex') },
  ...(twoShares ? { secondShare: randomBytes(32).toString('hex') } : {}),
  keys: [],
})

type OwnKey = Exclude<(typeof OWN_KEYS)[number], 'master'>

export const isOwn = (purpose: KeyPurpose): purpose is OwnKey => (OWN_KEYS as readonly string[]).includes(purpose)

const fresh = (purpose: OwnKey): Buffer => {
  if (purpose !== 'pawapay.signing') return randomBytes(32)
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return Buffer.from(privateKey.export({ type: 'pkcs8', format: 'pem' }))
}

export const keyIn = (home: KeyHome, purpose: KeyPurpose, slot: Slot): StoredKey | undefined =>
  home.keys.find((key) => key.purpose === purpose && key.slot === slot)

export const withKey = (home: KeyHome, key: StoredKey): KeyHome => ({
  ...home,
  keys: [...home.keys.filter(({ purpose, slot }) => purpose !== key.purpose || slot !== key.slot), key],
})

/** A new key of ours in a slot, in the place of what was there. */
export const withFreshKey = (home: KeyHome, purpose: OwnKey, slot: Slot): KeyHome =>
  withKey(home, { purpose, slot, kid: '', material: fresh(purpose).toString('base64') })

/** Eight bytes that say which key it is and nothing of it. */
export const fingerprintOf = (key: StoredKey): string =>
  key.purpose === 'pawapay.signing'
    ? Buffer.from(sha256(publicPem(key)))
        .toString('hex')
        .slice(0, 16)
    : keyId(Buffer.from(sha256(Buffer.from(key.material, 'base64'))))

/** All keys by name, with what may be shown of them. */
export const fingerprints = (home: KeyHome): readonly (readonly [name: string, fingerprint: string])[] => [
  ...Object.entries(home.masters).map(
    ([slot, key]) => [`master key, ${slot}`, keyId(Buffer.from(key as string, 'hex'))] as const,
  ),
  ...(home.secondShare ? [['second share', keyId(Buffer.from(home.secondShare, 'hex'))] as const] : []),
  ...home.keys
    .toSorted((a, b) => (a.purpose < b.purpose ? -1 : 1))
    .map((key) => [`${key.purpose}, ${key.slot}${key.kid ? ` (${key.kid})` : ''}`, fingerprintOf(key)] as const),
]
