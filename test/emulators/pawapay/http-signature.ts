import { createHash, type KeyObject, sign, timingSafeEqual, verify } from 'node:crypto'
import { type InnerItem, parseDictionary } from './structured-fields.ts'

/** pawaPay's profile of RFC 9421 (docs.pawapay.io/v2/docs/signatures): label, covered components and their order. */
export const LABEL = 'sig-pp'
export const COMPONENTS = [
  '@method',
  '@authority',
  '@path',
  'signature-date',
  'content-digest',
  'content-type',
] as const
const ALGORITHM = 'ecdsa-p256-sha256'

/** `der` is what pawaPay puts on the wire; `raw` (r‖s) is what RFC 9421 §3.3.4 asks for. */
export type SignatureEncoding = 'der' | 'raw'
const DSA = { der: 'der', raw: 'ieee-p1363' } as const

export interface SignedMessage {
  readonly method: string
  /** Host as the client wrote it in the Host header. */
  readonly authority: string
  /** Path and query. */
  readonly target: string
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

export const contentDigest = (body: Buffer, algorithm: 'sha-256' | 'sha-512' = 'sha-512'): string =>
  `${algorithm}=:${createHash(algorithm.replace('-', '')).update(body).digest('base64')}:`

const component = (message: SignedMessage, { name, parameters }: InnerItem): string | undefined => {
  if (parameters.size > 0) return undefined
  const cut = message.target.indexOf('?')
  switch (name) {
    case '@method':
      return message.method
    case '@authority':
      return message.authority.toLowerCase().replace(/:(80|443)$/, '')
    case '@path':
      return (cut < 0 ? message.target : message.target.slice(0, cut)) || '/'
    case '@query':
      return cut < 0 ? '?' : message.target.slice(cut)
    default:
      return message.headers[name]?.trim()
  }
}

/** RFC 9421 §2.5; undefined when a covered component is not there. `parameters` is the Signature-Input value verbatim. */
export const signatureBase = (
  message: SignedMessage,
  covered: readonly InnerItem[],
  parameters: string,
): string | undefined => {
  const lines: string[] = []
  for (const item of covered) {
    const value = component(message, item)
    if (value === undefined) return undefined
    lines.push(`"${item.name}": ${value}`)
  }
  return [...lines, `"@signature-params": ${parameters}`].join('\n')
}

/** The five headers of a signed message, spelt and ordered as pawaPay sends them. `expires` is 60 s after `created`. */
export const signMessage = (
  message: Omit<SignedMessage, 'headers'>,
  key: { readonly id: string; readonly privateKey: KeyObject },
  options: {
    readonly nowMs: number
    readonly encoding: SignatureEncoding
    readonly contentType: string
    readonly nanoseconds: number
    readonly components?: readonly string[]
  },
): Record<string, string> => {
  const created = Math.floor(options.nowMs / 1000)
  const fraction = String(options.nanoseconds % 1_000_000).padStart(6, '0')
  const headers = {
    'Content-Type': options.contentType,
    'Content-Digest': contentDigest(message.body),
    'Signature-Date': new Date(options.nowMs).toISOString().replace('Z', `${fraction}Z`),
  }
  const names = options.components ?? COMPONENTS
  const parameters = `(${names.map((name) => `"${name}"`).join(' ')});alg="${ALGORITHM}";keyid="${key.id}";created=${created};expires=${created + 60}`
  const lower = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
  const covered = names.map((name) => ({ name, parameters: new Map() }))
  const base = signatureBase({ ...message, headers: lower }, covered, parameters) as string
  const signature = sign('sha256', Buffer.from(base), {
    key: key.privateKey,
    dsaEncoding: DSA[options.encoding],
  })
  return {
    ...headers,
    'Signature-Input': `${LABEL}=${parameters}`,
    Signature: `${LABEL}=:${signature.toString('base64')}:`,
  }
}

export type SignatureVerdict =
  | { readonly ok: true; readonly keyId: string; readonly encoding: SignatureEncoding }
  | { readonly ok: false; readonly reason: string }

const refused = (reason: string): SignatureVerdict => ({ ok: false, reason })

const digestMatches = (message: SignedMessage): boolean => {
  const header = message.headers['content-digest']
  if (header === undefined) return false
  let matched = 0
  for (const [algorithm, { value }] of parseDictionary(header)) {
    if (algorithm !== 'sha-256' && algorithm !== 'sha-512') continue
    const actual = createHash(algorithm.replace('-', '')).update(message.body).digest()
    if (!Buffer.isBuffer(value) || value.length !== actual.length || !timingSafeEqual(value, actual)) return false
    matched++
  }
  return matched > 0
}

/**
 * Verifies a message against pawaPay's profile: all of COMPONENTS covered (more is fine), digest over the raw body,
 * `created` not later than a minute from now, `expires` not past. `checkDigest: false` is for the recorded callback
 * whose body was not published.
 */
export const verifyMessage = (
  message: SignedMessage,
  keys: ReadonlyMap<string, KeyObject>,
  options: {
    readonly nowMs: number
    readonly accept: readonly SignatureEncoding[]
    readonly checkDigest?: boolean
  },
): SignatureVerdict => {
  try {
    const input = parseDictionary(message.headers['signature-input'] ?? '').get(LABEL)
    const signature = parseDictionary(message.headers['signature'] ?? '').get(LABEL)?.value
    if (!input || !Array.isArray(input.value)) return refused('Signature-Input is missing')
    if (!Buffer.isBuffer(signature)) return refused('Signature is missing')
    const covered = input.value as readonly InnerItem[]
    const names = covered.map((item) => item.name)
    if (new Set(names).size !== names.length) return refused('a component is covered twice')
    const uncovered = COMPONENTS.find((name) => !names.includes(name))
    if (uncovered) return refused(`${uncovered} is not covered`)
    const alg = input.parameters.get('alg')
    if (alg !== undefined && alg !== ALGORITHM) return refused('alg is not supported')
    const keyId = input.parameters.get('keyid')
    const key = typeof keyId === 'string' ? keys.get(keyId) : undefined
    if (typeof keyId !== 'string' || !key) return refused('keyid is unknown')
    const created = input.parameters.get('created')
    const expires = input.parameters.get('expires')
    if (typeof created !== 'number' || created > options.nowMs / 1000 + 60) return refused('created is in the future')
    if (typeof expires === 'number' && expires < options.nowMs / 1000) return refused('the signature has expired')
    if (options.checkDigest !== false && !digestMatches(message)) return refused('Content-Digest does not match')
    const base = signatureBase(message, covered, input.text)
    if (base === undefined) return refused('a covered component is missing')
    const encoding = options.accept.find((candidate) =>
      verify('sha256', Buffer.from(base), { key, dsaEncoding: DSA[candidate] }, signature),
    )
    return encoding ? { ok: true, keyId, encoding } : refused('the signature is wrong')
  } catch (error) {
    if (error instanceof SyntaxError) return refused(error.message)
    throw error
  }
}
