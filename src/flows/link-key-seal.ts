import { fromHex } from '../domain/encoding.ts'

const IV_BYTES = 12

/**
 * Link keys as D1 has them: AES-256-GCM under a key that is derived (HKDF-SHA-256) from the deployment's webhook key, bound
 * to the id of the API key. Whoever reads the database can therefore sign no links. `keyHex`: 64 hex digits.
 */
export const createLinkKeySeal = (keyHex: string) => {
  let key: CryptoKey | undefined
  const sealingKey = async (): Promise<CryptoKey> => {
    if (key) return key
    const root = await crypto.subtle.importKey('raw', fromHex(keyHex), 'HKDF', false, ['deriveKey'])
    key = await crypto.subtle.deriveKey(
      {
        name: 'HKDF',
        hash: 'SHA-256',
        salt: new Uint8Array(),
        info: new TextEncoder().encode('lango link keys at rest 1'),
      },
      root,
      { name: 'AES-GCM', length: 256 },
      false,
      ['encrypt', 'decrypt'],
    )
    return key
  }
  const parameters = (keyId: string, iv: Uint8Array<ArrayBuffer>) => ({
    name: 'AES-GCM',
    iv,
    additionalData: new TextEncoder().encode(keyId),
  })
  return {
    /** `iv`: 12 random bytes, used once. */
    async seal(keyId: string, linkKey: string, iv: Uint8Array<ArrayBuffer>): Promise<string> {
      const text = new TextEncoder().encode(linkKey)
      const sealed = new Uint8Array(await crypto.subtle.encrypt(parameters(keyId, iv), await sealingKey(), text))
      return btoa(String.fromCharCode(...iv, ...sealed))
    },
    /** Throws when it was sealed for another key id or under another deployment's key. */
    async open(keyId: string, sealed: string): Promise<string> {
      const bytes = Uint8Array.from(atob(sealed), (character) => character.charCodeAt(0))
      const iv = bytes.slice(0, IV_BYTES)
      return new TextDecoder().decode(
        await crypto.subtle.decrypt(parameters(keyId, iv), await sealingKey(), bytes.slice(IV_BYTES)),
      )
    },
  }
}

export type LinkKeySeal = ReturnType<typeof createLinkKeySeal>
