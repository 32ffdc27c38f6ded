import { env, exports } from 'cloudflare:workers'
import type { KeptMessage, OtpInput } from '../../../src/contracts/payment-object.ts'

interface Seen {
  readonly begins: number
  readonly sends: number
  readonly kept: readonly KeptMessage[]
  readonly waitMs: number | null
  readonly otps: readonly OtpInput[]
}
interface TestEnv {
  readonly UPSTASH_REDIS_REST_URL: string
  readonly QSTASH_URL: string
  readonly PAYMENTS: { seen(id: string): Promise<Seen>; expire(id: string, expiresAtMs: number): Promise<void> }
}
const bindings = env as unknown as TestEnv
/** Of the Redis REST server itself, past the Worker. */
export const redisUrl = bindings.UPSTASH_REDIS_REST_URL
const worker = (exports as unknown as { default: { fetch(request: Request): Promise<Response> } }).default

export const ORIGIN = 'https://pay.example.com'
export const KEY = 'sk_test_lango_dev'

// biome-ignore lint/suspicious/noExplicitAny: answers are looked into field by field, whatever their shape
export type Json = any

export const send = (path: string, init: RequestInit = {}): Promise<Response> =>
  worker.fetch(new Request(`${ORIGIN}${path}`, { redirect: 'manual', ...init }))

let counter = 0
/** An invoice of its own for each call; its first word tells the fake object how to begin. */
export const invoice = (word = 'inv'): string => `${word}-${++counter}`

export const order = (over: Record<string, unknown> = {}): Record<string, unknown> => ({
  sessionId: 'session-1',
  invoice: invoice(),
  amount: '10.50',
  currency: 'ZMW',
  phoneNumber: '260763456789',
  ...over,
})

export const pay = (body: unknown, headers: Record<string, string> = {}): Promise<Response> =>
  send('/v1/payments', {
    method: 'POST',
    headers: {
      Authorization: `Bearer ${KEY}`,
      'Content-Type': 'application/json',
      'Idempotency-Key': `key-${++counter}`,
      ...headers,
    },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })

export const get = (id: string, key = KEY): Promise<Response> =>
  send(`/v1/payments/${id}`, { headers: { Authorization: `Bearer ${key}` } })

export const json = async (response: Response): Promise<Json> => response.json()

/** What the fake object of a payment went through. */
export const seen = (paymentId: string): Promise<Seen> => bindings.PAYMENTS.seen(paymentId)

/** When a stored checkout expires, whatever it was made with. */
export const expire = (id: string, expiresAtMs: number): Promise<void> => bindings.PAYMENTS.expire(id, expiresAtMs)

const control = (base: string) => ({
  get: async (path: string): Promise<Json> => (await fetch(`${base}${path}`)).json(),
  post: async (path: string, body: unknown = {}): Promise<void> => {
    const response = await fetch(`${base}${path}`, { method: 'POST', body: JSON.stringify(body) })
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`)
    await response.body?.cancel()
  },
})
export const redis = control(bindings.UPSTASH_REDIS_REST_URL)
export const queue = control(bindings.QSTASH_URL)
