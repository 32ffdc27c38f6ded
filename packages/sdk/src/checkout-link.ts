import type { LangoError } from './errors.ts'
import { err, ok, type Result } from './result.ts'
import type { CheckoutLinkRequest } from './shapes.ts'

export interface CheckoutLink {
  /** What a publishable key opens: `lnk1.…`. */
  readonly link: string
  /** Where a customer goes. */
  readonly url: string
}

const utf8 = (text: string): Uint8Array<ArrayBuffer> => new Uint8Array(new TextEncoder().encode(text))

const base64Url = (bytes: ArrayBuffer | Uint8Array): string =>
  btoa(Array.from(new Uint8Array(bytes), (byte) => String.fromCharCode(byte)).join(''))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')

const hex = (bytes: ArrayBuffer): string =>
  Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, '0')).join('')

const mac = async (key: ArrayBuffer | Uint8Array<ArrayBuffer>, text: string): Promise<ArrayBuffer> =>
  crypto.subtle.sign(
    'HMAC',
    await crypto.subtle.importKey('raw', key, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']),
    utf8(text),
  )

/**
 * Signs a checkout link with a secret key, without asking anybody: on a server or when a static shop is built, never in a
 * browser. The key that signs is derived from the secret key and is good for nothing else. docs/checkout-links.md has the format.
 */
export const signCheckoutLink = async (
  baseUrl: string,
  secretKey: string,
  request: CheckoutLinkRequest,
): Promise<Result<CheckoutLink, LangoError>> => {
  if (!secretKey.startsWith('sk_'))
    return err({
      reason: 'forbidden',
      status: 0,
      code: 'key_scope',
      message: 'Links are signed with a secret key: nothing was signed.',
    })
  const payload = 'product' in request ? { ...request, allowRepeat: true } : request
  const keyId = hex(await crypto.subtle.digest('SHA-256', utf8(secretKey))).slice(0, 16)
  const signed = `lnk1.${keyId}.${base64Url(utf8(JSON.stringify(payload)))}`
  const link = `${signed}.${base64Url(await mac(await mac(utf8(secretKey), 'lango link key 1'), signed))}`
  return ok({ link, url: `${baseUrl.replace(/\/+$/, '')}/c/${link}` })
}
