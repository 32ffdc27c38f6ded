import { fromBase64Url, toBase64Url } from '../domain/encoding.ts'

/**
 * Checkout links that a shop signs by itself, without asking anybody (docs/checkout-links.md):
 *
 *     lnk1.<key id>.<payload>.<mac>
 *
 * `key id`: the first 16 hex digits of the SHA-256 of the secret key. `payload`: base64url (RFC 4648 §5, no padding) of JSON
 * in UTF-8. `mac`: base64url of HMAC-SHA256 under the link key, over `lnk1.<key id>.<payload>` as it stands in the link, so
 * that nothing has to be written in only one way. The link key is HMAC-SHA256 under the secret key over
 * `lango link key 1`: whoever has it can sign links and do nothing else. An opening of a repeatable link carries `~` and 22
 * characters of its own behind the mac; they are not signed, and only tell one purchase from another.
 */
const LINK = /^(lnk1\.([0-9a-f]{16})\.([A-Za-z0-9_-]{2,4000}))\.([A-Za-z0-9_-]{43})(?:~([A-Za-z0-9_-]{22}))?$/
const LINK_KEY_LABEL = 'lango link key 1'

export interface CheckoutLink {
  /** Without its opening. */
  readonly link: string
  readonly keyId: string
  readonly signed: string
  readonly payload: string
  readonly mac: string
  readonly opening: string | null
}

/** Undefined: not a link at all. Says nothing about its signature. */
export const parseLink = (text: string): CheckoutLink | undefined => {
  const [, signed, keyId, payload, mac, opening] = LINK.exec(text) ?? []
  if (signed === undefined || keyId === undefined || payload === undefined || mac === undefined) return undefined
  return { link: `${signed}.${mac}`, keyId, signed, payload, mac, opening: opening ?? null }
}

const utf8 = (text: string): Uint8Array<ArrayBuffer> => new Uint8Array(new TextEncoder().encode(text))

const hmacKey = (bytes: Uint8Array<ArrayBuffer>): Promise<CryptoKey> =>
  crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign', 'verify'])

/** What a shop signs its links with: base64url, 32 bytes. */
export const linkKeyOf = async (secretKey: string): Promise<string> =>
  toBase64Url(new Uint8Array(await crypto.subtle.sign('HMAC', await hmacKey(utf8(secretKey)), utf8(LINK_KEY_LABEL))))

/** In constant time, by the platform. A mac has one spelling: its last character carries two bits that must be zero. */
export const isSignedBy = async ({ signed, mac }: CheckoutLink, linkKey: string): Promise<boolean> => {
  const bytes = fromBase64Url(mac)
  if (toBase64Url(bytes) !== mac) return false
  return crypto.subtle.verify('HMAC', await hmacKey(fromBase64Url(linkKey)), bytes, utf8(signed))
}

/** The JSON in a link whose signature is right; undefined: it is none. */
export const payloadOf = ({ payload }: CheckoutLink): unknown => {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(fromBase64Url(payload)))
  } catch {
    return undefined
  }
}

/** A signed link, as a shop makes it. `keyId`: see above. */
export const signLink = async (keyId: string, linkKey: string, payload: unknown): Promise<string> => {
  const signed = `lnk1.${keyId}.${toBase64Url(utf8(JSON.stringify(payload)))}`
  const mac = await crypto.subtle.sign('HMAC', await hmacKey(fromBase64Url(linkKey)), utf8(signed))
  return `${signed}.${toBase64Url(new Uint8Array(mac))}`
}
