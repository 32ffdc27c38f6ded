import type { Fingerprint } from '../contracts/payment-object.ts'
import type { MerchantId, Msisdn } from '../domain/ids.ts'
import type { Mode } from '../domain/payment.ts'

/** What a repeated request must agree in. `sessionId` is not among it: that says whose screen it is. */
export interface FingerprintInput {
  readonly merchantId: MerchantId
  readonly mode: Mode
  readonly amountMinor: string
  readonly currency: string
  readonly phoneNumber: Msisdn
  readonly invoice?: string | undefined
  /** As the caller named it, empty when it is to be predicted: a prediction may change between two tries. */
  readonly provider: string
  readonly customerMessage?: string | undefined
  readonly metadata?: Readonly<Record<string, string>> | undefined
  readonly returnUrl?: string | undefined
  readonly allowRepeat?: boolean | undefined
}

/**
 * The order in which a difference is looked for, and named: what is being paid for first, then how much, by whom, and the
 * rest. Whoever finds the difference, Redis' record or the payment object, names the same field.
 */
const FIELDS = [
  'invoice',
  'amount',
  'currency',
  'phoneNumber',
  'provider',
  'customerMessage',
  'metadata',
  'returnUrl',
  'allowRepeat',
] as const

/** Values by meaning and not by spelling: `100` and `100.00`, `{a,b}` and `{b,a}`, NFC and NFD are the same. */
const canonical = (input: FingerprintInput): readonly (readonly [field: (typeof FIELDS)[number], value: string])[] => [
  ['invoice', (input.invoice ?? '').normalize('NFC')],
  ['amount', input.amountMinor],
  ['currency', input.currency],
  ['phoneNumber', input.phoneNumber],
  ['provider', input.provider],
  ['customerMessage', (input.customerMessage ?? '').normalize('NFC')],
  [
    'metadata',
    JSON.stringify(
      Object.entries(input.metadata ?? {})
        .map(([key, value]) => [key.normalize('NFC'), value.normalize('NFC')] as const)
        .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)),
    ),
  ],
  ['returnUrl', input.returnUrl ?? ''],
  ['allowRepeat', String(input.allowRepeat ?? false)],
]

export type Fingerprinter = (input: FingerprintInput) => Promise<Fingerprint>

const HEX_DIGITS = 16

/**
 * HMAC-SHA256 per field, cut to 64 bits. Keyed, because the numbers of a whole country can be tried in seconds; bound to
 * field, merchant and mode, so that equal hashes tell nothing across them. `keyHex`: at least 32 bytes.
 */
export const createFingerprinter = (keyHex: string): Fingerprinter => {
  const keyBytes = Uint8Array.from(keyHex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
  return async (input) => {
    const key = await crypto.subtle.importKey('raw', keyBytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
    const entries = await Promise.all(
      canonical(input).map(async ([field, value]) => {
        const message = new TextEncoder().encode([input.merchantId, input.mode, field, value].join('\n'))
        const mac = new Uint8Array(await crypto.subtle.sign('HMAC', key, message))
        const hex = Array.from(mac, (byte) => byte.toString(16).padStart(2, '0')).join('')
        return [field, hex.slice(0, HEX_DIGITS)] as const
      }),
    )
    return Object.fromEntries(entries)
  }
}

/**
 * The first field in which two requests differ, of those in `among` if given. Fields that this version does not know come
 * last, by name: an edge that is newer may send them.
 */
export const firstDifference = (
  before: Fingerprint,
  now: Fingerprint,
  among?: readonly (typeof FIELDS)[number][],
): string | undefined => {
  const fields = among ?? [...new Set([...FIELDS, ...Object.keys({ ...before, ...now }).sort()])]
  return fields.find((field) => before[field] !== now[field])
}
