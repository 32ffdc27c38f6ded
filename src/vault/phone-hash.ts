import type { PhoneHashes } from '../contracts/vault.ts'
import type { Msisdn } from '../domain/ids.ts'

/** Hex, at least 32 bytes. `previous`: what hashes were made with before a rotation; it finds them and makes no new ones. */
export interface PersonalKeys {
  readonly current: string
  readonly previous?: string
}

export type HashPhone = (phoneNumber: Msisdn) => Promise<PhoneHashes>

/** 128 bits: two customers of a whole continent do not meet. */
const HASH_BYTES = 16
const KEY_ID_BYTES = 4

const encoder = new TextEncoder()
const toHex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
const fromHex = (hex: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))

/** Keys as they were imported, never promises of them: in Workers a promise belongs to the request that made it. */
const createMac = (keyHex: string) => {
  let key: CryptoKey | undefined
  let keyId: string | undefined
  const mac = async (text: string, bytes: number): Promise<string> => {
    key ??= await crypto.subtle.importKey('raw', fromHex(keyHex), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
    return toHex(new Uint8Array(await crypto.subtle.sign('HMAC', key, encoder.encode(text))).subarray(0, bytes))
  }
  /** The purpose stands before the number, so that what is made for one use tells nothing about the other. */
  return async (purpose: 'phone' | 'erased', phoneNumber: Msisdn): Promise<string> => {
    keyId ??= await mac('lango key id', KEY_ID_BYTES)
    return `${keyId}.${await mac(`${purpose}\n${phoneNumber}`, HASH_BYTES)}`
  }
}

/**
 * Keyed hashes of a phone number, HMAC-SHA256 under the vault's personal-data key: `{key id}.{32 hex digits}`. Keyed,
 * because the numbers of a country can all be tried in seconds. Whoever holds the rows does not hold the key.
 */
export const createHashPhone = ({ current, previous }: PersonalKeys): HashPhone => {
  const now = createMac(current)
  const before = previous === undefined ? undefined : createMac(previous)
  return async (phoneNumber) => ({
    current: await now('phone', phoneNumber),
    ...(before ? { previous: await before('phone', phoneNumber) } : {}),
    erased: await now('erased', phoneNumber),
  })
}
