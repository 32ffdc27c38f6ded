import { createPublicKey, generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'

/** What `wrangler secret put` would hold in production. Made once per state directory, never leaves it. */
export interface DevelopmentSecrets {
  readonly redisToken: string
  readonly fingerprintKey: string
  readonly attestationKey: string
  readonly personalKey: string
  readonly operatorKey: string
  readonly webhookKey: string
  readonly pawapayToken: string
  /** PKCS#8 PEM, P-256. */
  readonly pawapaySigningKey: string
  /** What the vault's blob is sealed under, hex. */
  readonly masterKey: string
  /** The seed of the Ed25519 key that signs the blob, hex. In production it never leaves the machine that seals. */
  readonly provisioningSeed: string
  /** The project's id: development's own, so that no blob of another opens here. */
  readonly project: string
}

export const loadSecrets = (stateDir: string): DevelopmentSecrets => {
  const file = path.join(stateDir, 'secrets.json')
  let kept: Partial<DevelopmentSecrets> = {}
  try {
    kept = JSON.parse(readFileSync(file, 'utf8')) as Partial<DevelopmentSecrets>
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  const secrets: DevelopmentSecrets = {
    redisToken: randomBytes(24).toString('base64url'),
    fingerprintKey: randomBytes(32).toString('hex'),
    attestationKey: randomBytes(32).toString('hex'),
    personalKey: randomBytes(32).toString('hex'),
    webhookKey: randomBytes(32).toString('hex'),
    operatorKey: `op_test_${randomBytes(24).toString('base64url')}`,
    pawapayToken: randomBytes(24).toString('base64url'),
    pawapaySigningKey: generateKeyPairSync('ec', {
      namedCurve: 'prime256v1',
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    }).privateKey,
    masterKey: randomBytes(32).toString('hex'),
    provisioningSeed: randomBytes(32).toString('hex'),
    project: randomUUID(),
    // Those of before stay; one that an earlier version did not know is made.
    ...kept,
  }
  mkdirSync(stateDir, { recursive: true })
  writeFileSync(file, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600 })
  return secrets
}

/** The half that the gateway is given, as its dashboard would be. */
export const publicPem = (privatePem: string): string =>
  createPublicKey(privatePem).export({ type: 'spki', format: 'pem' }) as string
