import type { LimitName, Meter, RateLimit } from '../contracts/payment-lock.ts'
import type { BeginInput } from '../contracts/payment-object.ts'

/** `null`: no limit. */
export type RateLimits = Readonly<Record<LimitName, RateLimit | null>>

/**
 * What a new payment is counted by. The phone number stands there as the fingerprint's keyed hash of it (I11), which is
 * another at each merchant: no shop can use up a customer's allowance at another.
 */
export const metersOf = (limits: RateLimits, input: BeginInput): readonly Meter[] => {
  const named: readonly (readonly [LimitName, of: string | undefined])[] = [
    ['merchant', input.merchantId],
    ['phone', input.fingerprint['phoneNumber'] && `${input.merchantId}:${input.fingerprint['phoneNumber']}`],
    ['gateway', input.gateway],
  ]
  return named.flatMap(([name, of]) => {
    const limit = limits[name]
    return limit && of ? [{ name, of, limit }] : []
  })
}
