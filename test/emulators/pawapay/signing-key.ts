import { generateKeyPairSync, type KeyObject } from 'node:crypto'

/** The key that callbacks are signed with, under the id that pawaPay's sandbox uses. */
export interface SigningKey {
  readonly id: string
  readonly privateKey: KeyObject
  /** SPKI PEM. */
  readonly publicPem: string
}

export const KEY_ID = 'HTTP_EC_P256_KEY:1'

export const newSigningKey = (id = KEY_ID): SigningKey => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return { id, privateKey, publicPem: publicKey.export({ type: 'spki', format: 'pem' }) }
}
