import { fromHex, toHex } from '../domain/encoding.ts'

/**
 * HMAC-SHA256 (hex) under the deployment's key, apart from every other use of it: the same text gives the same name, and
 * nobody without the key can tell which.
 */
export const createDerive = (keyHex: string) => {
  const keyBytes = fromHex(keyHex)
  let key: CryptoKey | undefined
  return async (text: string): Promise<string> => {
    key ??= await crypto.subtle.importKey('raw', keyBytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
    return toHex(new Uint8Array(await crypto.subtle.sign('HMAC', key, new TextEncoder().encode(`derive\n${text}`))))
  }
}
