import { createPrivateKey, type KeyObject } from 'node:crypto'

/** PKCS#8 of an Ed25519 key, up to its seed (RFC 8410 §7). */
const PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex')

/** The Ed25519 key of a seed of 32 bytes. */
export const ed25519Key = (seed: Uint8Array): KeyObject =>
  createPrivateKey({ key: Buffer.concat([PREFIX, seed]), format: 'der', type: 'pkcs8' })
