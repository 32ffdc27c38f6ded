import { fromHex } from '../domain/encoding.ts'
import type { WebhookEndpointId } from '../domain/ids.ts'

const SECRET_BITS = 256

/**
 * The secrets of endpoints (`whsec_…`), each derived from the deployment's key, the endpoint and a number (HKDF-SHA-256), so
 * that none is stored anywhere. The other side of that: the key never changes, or every shop needs new ones.
 * `keyHex`: 64 hex digits.
 */
export const createWebhookSecrets = (keyHex: string) => {
  let key: CryptoKey | undefined
  return async (id: WebhookEndpointId, version: number): Promise<string> => {
    key ??= await crypto.subtle.importKey('raw', fromHex(keyHex), 'HKDF', false, ['deriveBits'])
    const info = new TextEncoder().encode(`lango webhook secret 1\n${id}\n${version}`)
    const bits = await crypto.subtle.deriveBits(
      { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(), info },
      key,
      SECRET_BITS,
    )
    return `whsec_${btoa(String.fromCharCode(...new Uint8Array(bits)))}`
  }
}

export type WebhookSecret = ReturnType<typeof createWebhookSecrets>
