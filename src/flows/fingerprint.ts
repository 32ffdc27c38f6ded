import type { Fingerprint } from '../contracts/payment-object.ts'
import { fromHex, toHex } from '../domain/encoding.ts'
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

/** Of a customer, or possibly so: what an erased payment no longer holds, not even hashed. */
const PERSONAL: readonly string[] = [
  'phoneNumber',
  'customerMessage',
  'metadata',
  'returnUrl',
] satisfies (typeof FIELDS)[number][]

export const withoutPersonal = (fingerprint: Fingerprint): Fingerprint =>
  Object.fromEntries(Object.entries(fingerprint).filter(([field]) => !PERSONAL.includes(field)))

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
    `[${Object.entries(input.metadata ?? {})
      .map((entry) => JSON.stringify(entry.map((text) => text.normalize('NFC'))))
      .sort()}]`,
  ],
  ['returnUrl', input.returnUrl ?? ''],
  ['allowRepeat', String(input.allowRepeat ?? false)],
]

/** What a field that was left out is hashed as. */
const ABSENT: Readonly<Record<string, string>> = {
  provider: '',
  customerMessage: '',
  metadata: '[]',
  returnUrl: '',
  allowRepeat: 'false',
}

export type Fingerprinter = (input: FingerprintInput) => Promise<Fingerprint>

/** 64 bits of each hash are kept. */
const HASH_BYTES = 8
/** What most requests leave out hashes alike each time: remembered for some two thousand merchants. */
const REMEMBERED_MAX = 10_000

/**
 * HMAC-SHA256 per field, cut to 64 bits. Keyed, because the numbers of a whole country can be tried in seconds; bound to
 * field, merchant and mode, so that equal hashes tell nothing across them. `keyHex`: at least 32 bytes.
 */
export const createFingerprinter = (keyHex: string, rememberedMax = REMEMBERED_MAX): Fingerprinter => {
  const keyBytes = fromHex(keyHex)
  const encoder = new TextEncoder()
  let key: CryptoKey | undefined
  const absent = new Map<string, string>()
  return async (input) => {
    // The key itself is kept, never its promise: in Workers a promise belongs to the request that made it.
    const hmac =
      key ?? (await crypto.subtle.importKey('raw', keyBytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']))
    key = hmac
    const hash = async (field: string, value: string): Promise<string> => {
      const message = [input.merchantId, input.mode, field, value].join('\n')
      const remembered = absent.get(message)
      if (remembered !== undefined) return remembered
      const mac = toHex(new Uint8Array(await crypto.subtle.sign('HMAC', hmac, encoder.encode(message)), 0, HASH_BYTES))
      if (value === ABSENT[field] && absent.size < rememberedMax) absent.set(message, mac)
      return mac
    }
    const entries = await Promise.all(canonical(input).map(async ([field, value]) => [field, await hash(field, value)]))
    return Object.fromEntries(entries) as Fingerprint
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

/** As `firstDifference`, of a stored one that may have been erased: what it no longer holds cannot differ. */
export const firstDifferenceFrom = (
  stored: Fingerprint,
  now: Fingerprint,
  among?: readonly (typeof FIELDS)[number][],
): string | undefined => firstDifference(stored, 'phoneNumber' in stored ? now : withoutPersonal(now), among)
