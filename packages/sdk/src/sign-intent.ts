export interface IntentKey {
  /** As the deployment's policy names its public half. */
  readonly id: string
  /** Ed25519, or ECDSA on P-256; on a server only. */
  readonly privateKey: CryptoKey
}

/** What the shop means to charge. Each is compared with what is about to be sent. */
export interface PaymentIntent {
  /** `mer_…` */
  readonly merchant: string
  readonly mode: 'test' | 'live'
  /** As in the request, character by character; left out when the request has none. */
  readonly invoice?: string
  /** Only where the key names the payment: with `allowRepeat`, or without an invoice. */
  readonly idempotencyKey?: string
  /** Such as `"10.50"`. */
  readonly amount: string
  readonly currency: string
  /** With its country code; left out when the shop does not know whose phone it will be. */
  readonly phoneNumber?: string
  /** Until when a payment, or a repetition of it, may begin. */
  readonly expiresAt: Date
}

const utf8 = (text: string): Uint8Array<ArrayBuffer> => new Uint8Array(new TextEncoder().encode(text))

const base64Url = (bytes: Uint8Array): string =>
  btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')

const json = (value: object): string => base64Url(utf8(JSON.stringify(value)))

type SigningAlgorithm = Parameters<typeof crypto.subtle.sign>[0]

/** The name of the algorithm in a JWS (RFC 7518, RFC 9864), and in WebCrypto. */
const algorithmOf = ({ algorithm }: CryptoKey): readonly [alg: string, webCrypto: SigningAlgorithm] => {
  if (algorithm.name === 'Ed25519') return ['Ed25519', 'Ed25519']
  if (algorithm.name === 'ECDSA' && (algorithm as { readonly namedCurve?: string }).namedCurve === 'P-256')
    return ['ES256', { name: 'ECDSA', hash: 'SHA-256' }]
  throw new TypeError(`An intent is signed with Ed25519 or with ECDSA on P-256, not with ${algorithm.name}.`)
}

const digitsOf = (phoneNumber: string): string => {
  const digits = phoneNumber.replace(/^\+/, '').replaceAll(/[\s()-]/g, '')
  if (/^[1-9]\d{6,14}$/.test(digits)) return digits
  throw new TypeError('phoneNumber must be written with its country code, such as +260763456789.')
}

/**
 * Signs what a payment may be (docs/signed-intents.md): a compact JWS, for `intent` of `payments.create`. Lango's core refuses
 * to send anything else under it.
 */
export const signIntent = async ({ id, privateKey }: IntentKey, intent: PaymentIntent): Promise<string> => {
  const { merchant, mode, invoice, idempotencyKey, amount, currency, phoneNumber, expiresAt } = intent
  const exp = Math.ceil(expiresAt.getTime() / 1000)
  if (!Number.isSafeInteger(exp)) throw new TypeError('expiresAt must be a date.')
  if (invoice === undefined && idempotencyKey === undefined)
    throw new TypeError('An intent names its payment: by invoice, or by idempotencyKey.')
  const [alg, webCrypto] = algorithmOf(privateKey)
  const header = json({ alg, kid: id, typ: 'lango-intent+jws' })
  const payload = json({
    merchant,
    mode,
    // As Lango writes it: two spellings of one text are one invoice.
    ...(invoice === undefined ? {} : { invoice: invoice.normalize('NFC') }),
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
    amount,
    currency,
    ...(phoneNumber === undefined ? {} : { phoneNumber: digitsOf(phoneNumber) }),
    exp,
  })
  const signature = await crypto.subtle.sign(webCrypto, privateKey, utf8(`${header}.${payload}`))
  return `${header}.${payload}.${base64Url(new Uint8Array(signature))}`
}
