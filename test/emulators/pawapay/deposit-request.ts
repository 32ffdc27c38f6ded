/** `http` 400: the request is malformed. 200: a business rejection. */
export interface Refusal {
  readonly http: 200 | 400
  readonly depositId?: string
  readonly code: string
  readonly message: string
}

type Json = Readonly<Record<string, unknown>>

/** The request after the technical checks: types, names and formats, nothing about money or providers. */
export interface WellFormed {
  readonly depositId: string
  readonly amount: string
  readonly currency: string
  readonly phoneNumber: string
  readonly provider: string
  readonly customerMessage?: string
  readonly clientReferenceId?: string
  readonly preAuthorisationCode?: string
  readonly successfulUrl?: string
  readonly failedUrl?: string
  readonly metadata?: Readonly<Record<string, string>>
}

export type Checked<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly refusal: Refusal }

class Refused extends Error {
  readonly code: string
  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

const UUID_V4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  '': [
    'depositId',
    'amount',
    'currency',
    'payer',
    'clientReferenceId',
    'customerMessage',
    'preAuthorisationCode',
    'successfulUrl',
    'failedUrl',
    'metadata',
  ],
  'payer.': ['type', 'accountDetails'],
  'payer.accountDetails.': ['phoneNumber', 'provider'],
}

const unparseable = () => new Refused('INVALID_INPUT', 'We are unable to parse the body of the request.')

const objectAt = (value: unknown, at: string): Json => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw unparseable()
  const unknown = Object.keys(value).find((name) => !FIELDS[at]?.includes(name))
  if (unknown !== undefined) {
    throw new Refused('UNSUPPORTED_PARAMETER', `The parameter '${at}${unknown}' is not supported.`)
  }
  return value as Json
}

const textAt = (of: Json, name: string, at = ''): string | undefined => {
  const value = of[name]
  if (value === undefined) return undefined
  if (typeof value !== 'string') throw unparseable()
  if (value === '') throw new Refused('INVALID_PARAMETER', `The parameter '${at}${name}' is invalid.`)
  return value
}

const required = <T>(value: T | undefined, name: string): T => {
  if (value === undefined) throw new Refused('MISSING_PARAMETER', `The parameter '${name}' is required.`)
  return value
}

const matching = (value: string | undefined, pattern: RegExp, name: string): string | undefined => {
  if (value !== undefined && !pattern.test(value)) {
    throw new Refused('INVALID_PARAMETER', `The parameter '${name}' is invalid.`)
  }
  return value
}

const flatMetadata = (value: unknown): Record<string, string> | undefined => {
  if (value === undefined) return undefined
  const invalid = () => new Refused('INVALID_PARAMETER', "The parameter 'metadata' is invalid.")
  if (!Array.isArray(value) || value.length > 10) throw invalid()
  const flat: Record<string, string> = {}
  for (const entry of value as unknown[]) {
    if (typeof entry !== 'object' || entry === null) throw invalid()
    const { isPII, ...rest } = entry as Json
    const [pair, ...others] = Object.entries(rest)
    if (!pair || others.length > 0 || typeof pair[1] !== 'string') throw invalid()
    if (isPII !== undefined && typeof isPII !== 'boolean') throw invalid()
    if (Object.hasOwn(flat, pair[0])) {
      throw new Refused('DUPLICATE_METADATA_FIELD', `The metadata field '${pair[0]}' is given more than once.`)
    }
    flat[pair[0]] = pair[1]
  }
  return flat
}

/** Technical checks, HTTP 400 when they fail. */
export const readDepositRequest = (body: Buffer): Checked<WellFormed> => {
  let depositId: string | undefined
  try {
    let parsed: unknown
    try {
      parsed = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body))
    } catch {
      throw unparseable()
    }
    const peeked = (parsed as Json | null)?.['depositId']
    if (typeof peeked === 'string') depositId = peeked
    const root = objectAt(parsed, '')
    const payer = objectAt(required(root['payer'], 'payer'), 'payer.')
    const details = objectAt(required(payer['accountDetails'], 'payer.accountDetails'), 'payer.accountDetails.')
    const text = (name: string) => textAt(root, name)
    const optional = {
      customerMessage: matching(text('customerMessage'), /^[a-zA-Z0-9 ]{4,22}$/, 'customerMessage'),
      clientReferenceId: text('clientReferenceId'),
      preAuthorisationCode: matching(text('preAuthorisationCode'), /^[a-zA-Z0-9]{1,36}$/, 'preAuthorisationCode'),
      successfulUrl: matching(text('successfulUrl'), /^https?:\/\/[^\s]{1,2000}$/, 'successfulUrl'),
      failedUrl: matching(text('failedUrl'), /^https?:\/\/[^\s]{1,2000}$/, 'failedUrl'),
      metadata: flatMetadata(root['metadata']),
    }
    matching(required(textAt(payer, 'type', 'payer.'), 'payer.type'), /^MMO$/, 'payer.type')
    const phoneNumber = textAt(details, 'phoneNumber', 'payer.accountDetails.')
    const provider = textAt(details, 'provider', 'payer.accountDetails.')
    return {
      ok: true,
      value: {
        depositId: matching(required(text('depositId'), 'depositId'), UUID_V4, 'depositId') as string,
        amount: required(text('amount'), 'amount'),
        currency: required(text('currency'), 'currency'),
        phoneNumber: required(phoneNumber, 'payer.accountDetails.phoneNumber'),
        provider: required(provider, 'payer.accountDetails.provider'),
        ...(Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)) as object),
      },
    }
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    const refusal = { http: 400 as const, code: error.code, message: error.message }
    return { ok: false, refusal: depositId === undefined ? refusal : { ...refusal, depositId } }
  }
}
