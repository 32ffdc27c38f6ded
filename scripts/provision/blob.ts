import {
  createCipheriv,
  createDecipheriv,
  hkdfSync,
  type KeyObject,
  randomBytes,
  sign,
  timingSafeEqual,
} from 'node:crypto'
import { sha256 } from './imprint.ts'

/** 32 bytes; `secondShare` for a blob that one store's leak must not open. */
export interface Master {
  readonly key: Uint8Array
  readonly secondShare?: Uint8Array
}

export interface Validity {
  /** Seconds since 1970, both inclusive. */
  readonly notBeforeS: number
  readonly notAfterS: number
}

export interface Sealing extends Validity {
  readonly plaintext: (derive: Derive) => Uint8Array
  readonly imprint: Uint8Array
  readonly epoch: number
  readonly master: Master
  /** Ed25519. */
  readonly provisioningKey: KeyObject
}

/** A key for one other use of this very blob: 32 bytes. The core derives the same when it has opened it. */
export type Derive = (purpose: string, context: Uint8Array) => Uint8Array

const SUITE = 1
const PURPOSE = 1
const TWO_SHARES = 1
const KID_DIGITS = 16
const TAG_BYTES = 16
const SIGNATURE_BYTES = 64

const hkdf = (secret: Uint8Array, salt: Uint8Array, info: Uint8Array, bytes: number): Uint8Array =>
  new Uint8Array(hkdfSync('sha256', secret, salt, info, bytes))

const text = (ascii: string): Buffer => Buffer.from(ascii, 'latin1')

/** Which key a blob is sealed with: sixteen hex digits that tell nothing about it. Also its fingerprint for people. */
export const keyId = (master: Uint8Array): string =>
  Buffer.from(hkdf(master, new Uint8Array(0), text('PSB1 kid'), KID_DIGITS / 2)).toString('hex')

const keysOf = (master: Master, salt: Uint8Array, imprint: Uint8Array) => {
  const secret = Buffer.concat([master.key, master.secondShare ?? new Uint8Array(0)])
  const context = Buffer.concat([Buffer.from([SUITE, PURPOSE]), text(keyId(master.key)), imprint])
  const expand = (purpose: string, info: Uint8Array) => hkdf(secret, salt, Buffer.concat([text(purpose), info]), 32)
  return {
    kek: expand('PSB1 kek', context),
    commitment: expand('PSB1 commit', context),
    derive: expand as Derive,
  }
}

/** What the provisioning key signs. */
const signedMessage = (imprint: Uint8Array, blob: Uint8Array): Buffer =>
  Buffer.concat([text('PSB1 provision\0'), imprint, sha256(blob)])

/** A blob in the format PSB1 (SECURITY.md), signed. `salt` is drawn unless a test vector needs a known one. */
export const sealBlob = (sealing: Sealing, salt: Uint8Array = randomBytes(32)): Uint8Array => {
  const { imprint, epoch, notBeforeS, notAfterS, master, provisioningKey } = sealing
  const { kek, commitment, derive } = keysOf(master, salt, imprint)
  const plaintext = sealing.plaintext(derive)
  const kid = text(keyId(master.key))
  const numbers = Buffer.alloc(4 + 8 + 8)
  numbers.writeUInt32BE(epoch, 0)
  numbers.writeBigUInt64BE(BigInt(notBeforeS), 4)
  numbers.writeBigUInt64BE(BigInt(notAfterS), 12)
  const length = Buffer.alloc(4)
  length.writeUInt32BE(plaintext.length)
  const head = Buffer.concat([
    text('PSB1'),
    Buffer.from([SUITE, master.secondShare ? TWO_SHARES : 0, PURPOSE]),
    numbers,
    Buffer.from([kid.length]),
    kid,
    imprint.subarray(0, 8),
    salt,
    commitment,
    length,
  ])
  const cipher = createCipheriv('chacha20-poly1305', kek, Buffer.alloc(12), { authTagLength: TAG_BYTES })
  cipher.setAAD(Buffer.concat([head, imprint]), { plaintextLength: plaintext.length })
  const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()])
  const blob = Buffer.concat([head, ciphertext, cipher.getAuthTag()])
  return Uint8Array.from(Buffer.concat([blob, sign(null, signedMessage(imprint, blob), provisioningKey)]))
}

/** Opens what `sealBlob` made, or throws: for the provisioning machine, which looks at what it is about to deploy. */
export const openBlob = (sealed: Uint8Array, imprint: Uint8Array, master: Master): Uint8Array => {
  const blob = Buffer.from(sealed.subarray(0, -SIGNATURE_BYTES))
  const headLength = 4 + 3 + 20 + 1 + KID_DIGITS + 8 + 32 + 32 + 4
  const head = blob.subarray(0, headLength)
  const salt = head.subarray(headLength - 68, headLength - 36)
  const { kek, commitment } = keysOf(master, salt, imprint)
  if (!timingSafeEqual(commitment, head.subarray(headLength - 36, headLength - 4)))
    throw new Error('sealed under another master key, or for another deployment')
  const decipher = createDecipheriv('chacha20-poly1305', kek, Buffer.alloc(12), { authTagLength: TAG_BYTES })
  decipher.setAAD(Buffer.concat([head, imprint]), { plaintextLength: blob.length - headLength - TAG_BYTES })
  decipher.setAuthTag(blob.subarray(-TAG_BYTES))
  return Uint8Array.from(Buffer.concat([decipher.update(blob.subarray(headLength, -TAG_BYTES)), decipher.final()]))
}

/** What the bundle of the vault believes: the public half of the provisioning key, and the lowest epoch it takes. */
export const encodeTrust = (provisioningKey: KeyObject, epochMin: number): Uint8Array => {
  const { x } = provisioningKey.export({ format: 'jwk' })
  const epoch = Buffer.alloc(4)
  epoch.writeUInt32BE(epochMin)
  return Uint8Array.from(Buffer.concat([Buffer.from(x ?? '', 'base64url'), epoch]))
}
