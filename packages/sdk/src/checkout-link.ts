import type { LangoError } from './errors.ts'
import { err, ok, type Result } from './result.ts'
import type { CheckoutLinkRequest, FieldError } from './shapes.ts'

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

/** Of a link, in base64url. */
const PAYLOAD_CHARACTERS_MAX = 4_000
const DATE_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/

const isReturnUrl = (text: string): boolean => {
  if (!URL.canParse(text)) return false
  const { protocol, hostname } = new URL(text)
  return protocol === 'https:' || (protocol === 'http:' && ['localhost', '127.0.0.1', '[::1]'].includes(hostname))
}

/**
 * What is wrong with it, as far as can be told from here. A link is read when a customer opens it, and a wrong one is no page
 * at all: whoever made it would never be told why.
 */
const problemsOf = (request: CheckoutLinkRequest): readonly FieldError[] => {
  const text = (value: unknown, max: number): boolean =>
    typeof value === 'string' && value.trim() !== '' && value.length <= max
  const [name, max] = 'product' in request ? (['product', 64] as const) : (['invoice', 128] as const)
  const { amount, currency, expiresAt, description, returnUrl } = request
  const rules: readonly (readonly [isRight: boolean, field: string, message: string])[] = [
    [text((request as Record<string, unknown>)[name], max), name, `Send 1–${max} characters.`],
    [/^\d{1,15}(\.\d{1,6})?$/.test(amount) && typeof amount === 'string', 'amount', 'Send a string, such as "10.50".'],
    [/^[A-Z]{3}$/.test(currency), 'currency', 'Send an ISO 4217 code, such as "ZMW".'],
    [
      DATE_TIME.test(expiresAt) && !Number.isNaN(Date.parse(expiresAt)),
      'expiresAt',
      'Send an RFC 3339 date and time, such as "2027-12-31T00:00:00Z".',
    ],
    [description === undefined || text(description, 140), 'description', 'Send 1–140 characters.'],
    [
      returnUrl === undefined || (text(returnUrl, 2048) && isReturnUrl(returnUrl)),
      'returnUrl',
      'Send an https URL of at most 2048 characters.',
    ],
  ]
  return rules.flatMap(([isRight, field, message]) => (isRight ? [] : [{ field, message }]))
}

const invalid = (errors: readonly FieldError[]) =>
  err<LangoError>({
    reason: 'invalid_request',
    status: 0,
    message: `${errors.map(({ field, message }) => `${field}: ${message}`).join(' ')} Nothing was signed.`,
    errors: [...errors],
  })

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
  const problems = problemsOf(request)
  if (problems.length > 0) return invalid(problems)
  const payload = 'product' in request ? { ...request, allowRepeat: true } : request
  const keyId = hex(await crypto.subtle.digest('SHA-256', utf8(secretKey))).slice(0, 16)
  const written = base64Url(utf8(JSON.stringify(payload)))
  if (written.length > PAYLOAD_CHARACTERS_MAX)
    return invalid([{ field: 'returnUrl', message: 'The link is too long: shorten the URL or the description.' }])
  const signed = `lnk1.${keyId}.${written}`
  const link = `${signed}.${base64Url(await mac(await mac(utf8(secretKey), 'lango link key 1'), signed))}`
  return ok({ link, url: `${baseUrl.replace(/\/+$/, '')}/c/${link}` })
}
