import type { RateLimit } from '../contracts/payment-lock.ts'
import type { RateLimits } from '../flows/rate-limits.ts'

/** `address`: what one IP address may get wrong (unknown keys, forged callbacks) before it is no longer listened to. */
export interface EdgeLimits extends RateLimits {
  readonly address: RateLimit | null
}

/** What stands where the environment names nothing else. docs/limits.md says why so much. */
export const DEFAULT_LIMITS = {
  merchant: '1000/10s',
  phone: '30/10m',
  gateway: '5000/10s',
  address: '120/1m',
} as const satisfies Record<keyof EdgeLimits, string>

const UNIT_MS = { s: 1_000, m: 60_000, h: 3_600_000 } as const
const LIMIT = /^([1-9]\d{0,6})\/([1-9]\d{0,3})([smh])$/

/** `30/10m`, or `off`. At most 1,000 a second, for Redis' keys expire by the millisecond. Undefined: not a limit. */
export const parseLimit = (text: string): RateLimit | null | undefined => {
  if (text === 'off') return null
  const [, count, amount, unit] = LIMIT.exec(text) ?? []
  const limit = { count: Number(count), windowMs: Number(amount) * UNIT_MS[(unit ?? 's') as keyof typeof UNIT_MS] }
  return limit.count <= limit.windowMs ? limit : undefined
}
