import type { WebhookEvent } from './events.ts'
import { err, ok, type Result } from './result.ts'

export interface WebhookDelivery {
  /** As they came: a `Headers`, or Node's object of lower-case names. */
  readonly headers: Headers | Readonly<Record<string, string | readonly string[] | undefined>>
  /** The raw body. One that was parsed and written again has another signature. */
  readonly body: string | Uint8Array
  /** `whsec_…`; several while a secret is being replaced. */
  readonly secret: string | readonly string[]
  /** How far the sender's clock may be off; 300 s if not said. */
  readonly toleranceSeconds?: number
  /** Milliseconds since 1970; the clock of this machine if not said. */
  readonly nowMs?: number
}

/** Why a delivery is not taken. Answer 400: the sender tries again. */
export interface NotAuthentic {
  readonly reason:
    | 'missing_header'
    | 'malformed_timestamp'
    | 'too_old'
    | 'too_new'
    | 'malformed_secret'
    | 'wrong_signature'
    | 'malformed_body'
  readonly message: string
}

/** Two signatures are sent while a secret is being replaced. A list without end would be work for nothing. */
const SIGNATURES_MAX = 8
const TOLERANCE_S = 300

const refused = (reason: NotAuthentic['reason'], message: string) => err<NotAuthentic>({ reason, message })

const headerOf = (headers: WebhookDelivery['headers'], name: string): string => {
  const value = headers instanceof Headers ? headers.get(name) : headers[name]
  return typeof value === 'string' ? value : ''
}

const fromBase64 = (text: string): Uint8Array<ArrayBuffer> | null => {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0))
  } catch {
    return null
  }
}

const importSecret = async (secret: string): Promise<CryptoKey | null> => {
  const bytes = fromBase64(secret.replace(/^whsec_/, ''))
  if (!bytes || bytes.length < 16) return null
  return crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['verify'])
}

/**
 * Verifies a delivery by Standard Webhooks 1.0 and reads its event. `crypto.subtle.verify` compares in constant time. Never
 * throws for anything that the other side can send.
 */
export const verifyWebhook = async (delivery: WebhookDelivery): Promise<Result<WebhookEvent, NotAuthentic>> => {
  const [id, timestamp, signatures] = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) =>
    headerOf(delivery.headers, name),
  ) as [string, string, string]
  if (id === '' || timestamp === '' || signatures === '')
    return refused('missing_header', 'webhook-id, webhook-timestamp and webhook-signature are all needed.')
  if (!/^\d{1,12}$/.test(timestamp)) return refused('malformed_timestamp', 'webhook-timestamp is not in seconds.')
  const ageS = (delivery.nowMs ?? Date.now()) / 1000 - Number(timestamp)
  const toleranceS = delivery.toleranceSeconds ?? TOLERANCE_S
  if (ageS > toleranceS) return refused('too_old', `Signed ${Math.round(ageS)} s ago.`)
  if (ageS < -toleranceS) return refused('too_new', `Signed ${Math.round(-ageS)} s in the future.`)

  // From JavaScript it may be missing: a variable that nobody has set.
  const given: string | readonly string[] | undefined = delivery.secret
  const secrets = typeof given === 'string' ? [given] : (given ?? [])
  const keys = await Promise.all(secrets.map(importSecret))
  if (keys.length === 0 || keys.includes(null))
    return refused(
      'malformed_secret',
      'secret: give the whsec_… that the endpoint was answered with. Is its variable set?',
    )

  const encoder = new TextEncoder()
  const body = typeof delivery.body === 'string' ? encoder.encode(delivery.body) : delivery.body
  const head = encoder.encode(`${id}.${timestamp}.`)
  const signed = new Uint8Array(head.length + body.length)
  signed.set(head)
  signed.set(body, head.length)

  const candidates = signatures
    .split(' ', SIGNATURES_MAX)
    .filter((signature) => signature.startsWith('v1,'))
    .map((signature) => fromBase64(signature.slice(3)))
    .filter((signature) => signature !== null)
  let authentic = false
  for (const key of keys as CryptoKey[])
    for (const candidate of candidates) if (await crypto.subtle.verify('HMAC', key, candidate, signed)) authentic = true
  if (!authentic) return refused('wrong_signature', 'No signature is of this secret and these bytes.')

  const event = readEvent(id, body)
  return event ? ok(event) : refused('malformed_body', 'The signature is right, and the body is no event.')
}

const readEvent = (id: string, body: Uint8Array): WebhookEvent | null => {
  try {
    const parsed: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(body))
    if (typeof parsed !== 'object' || parsed === null) return null
    const { type, timestamp, data } = parsed as Record<string, unknown>
    if (typeof type !== 'string' || typeof timestamp !== 'string') return null
    if (typeof data !== 'object' || data === null) return null
    // What is signed by the secret is Lango's own: its shape is the documented one.
    return { id, type, timestamp, data } as WebhookEvent
  } catch {
    return null
  }
}
