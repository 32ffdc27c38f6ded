import * as v from 'valibot'
import type { ConsumerForEdge } from '../contracts/consumer.ts'
import type { PaymentsForEdge } from '../contracts/payment-object.ts'
import { GATEWAY_NAME, type VaultForEdge } from '../contracts/vault.ts'
import { err, ok, type Result } from '../domain/result.ts'
import { DEFAULT_LIMITS, type EdgeLimits, parseLimit } from './limits.ts'

export interface EdgeSettings {
  readonly environment: 'development' | 'staging' | 'production'
  /** Scheme and authority, no trailing slash: what customers and gateways see. */
  readonly publicOrigin: string
  readonly consumerOrigin: string
  readonly redis: { readonly url: string; readonly token: string }
  readonly qstash: { readonly url: string; readonly token: string }
  /** Hex, at least 32 bytes. */
  readonly fingerprintKey: string
  /** The gateway that new payments go through. */
  readonly gateway: string
  readonly limits: EdgeLimits
  readonly vault: VaultForEdge
  readonly consumer: ConsumerForEdge
  readonly payments: PaymentsForEdge
}

const origin = v.pipe(
  v.string(),
  v.check((text) => URL.canParse(text) && new URL(text).origin === text && /^https?:/.test(text)),
)
const url = v.pipe(v.string(), v.regex(/^https?:\/\/[^\s/]+\S*$/))
const secret = v.pipe(v.string(), v.minLength(16))
/** `30/10m` (30 at once, and 30 in ten minutes) or `off`. */
const limit = (byDefault: string) =>
  v.pipe(
    v.optional(v.string(), byDefault),
    v.rawTransform(({ dataset, addIssue, NEVER }) => {
      const parsed = parseLimit(dataset.value)
      if (parsed !== undefined) return parsed
      addIssue({ message: 'not a limit' })
      return NEVER
    }),
  )
const binding = v.custom<object>(
  (value) => (typeof value === 'object' && value !== null) || typeof value === 'function',
)

const schema = v.object({
  LANGO_ENVIRONMENT: v.picklist(['development', 'staging', 'production']),
  LANGO_PUBLIC_ORIGIN: origin,
  LANGO_CONSUMER_ORIGIN: origin,
  UPSTASH_REDIS_REST_URL: url,
  UPSTASH_REDIS_REST_TOKEN: secret,
  QSTASH_URL: url,
  QSTASH_TOKEN: secret,
  LANGO_FINGERPRINT_KEY: v.pipe(v.string(), v.regex(/^([0-9a-f]{2}){32,}$/)),
  LANGO_GATEWAY: v.optional(v.pipe(v.string(), v.regex(GATEWAY_NAME)), 'pawapay'),
  /** New payments of one merchant, for one phone number at one merchant, through one gateway (docs/limits.md). */
  LANGO_LIMIT_MERCHANT: limit(DEFAULT_LIMITS.merchant),
  LANGO_LIMIT_PHONE: limit(DEFAULT_LIMITS.phone),
  LANGO_LIMIT_GATEWAY: limit(DEFAULT_LIMITS.gateway),
  /** Unknown keys and forged callbacks from one IP address. */
  LANGO_LIMIT_ADDRESS: limit(DEFAULT_LIMITS.address),
  VAULT: binding,
  CONSUMER: binding,
  PAYMENTS: binding,
})

/** The only reader of the environment. The error names the variable and never its value. */
export const parseEnv = (env: unknown): Result<EdgeSettings, { readonly variable: string }> => {
  const parsed = v.safeParse(schema, env)
  if (!parsed.success) return err({ variable: String(parsed.issues[0].path?.[0]?.key ?? 'env') })
  const vars = parsed.output
  return ok(
    Object.freeze({
      environment: vars.LANGO_ENVIRONMENT,
      publicOrigin: vars.LANGO_PUBLIC_ORIGIN,
      consumerOrigin: vars.LANGO_CONSUMER_ORIGIN,
      redis: { url: vars.UPSTASH_REDIS_REST_URL, token: vars.UPSTASH_REDIS_REST_TOKEN },
      qstash: { url: vars.QSTASH_URL, token: vars.QSTASH_TOKEN },
      fingerprintKey: vars.LANGO_FINGERPRINT_KEY,
      gateway: vars.LANGO_GATEWAY,
      limits: {
        merchant: vars.LANGO_LIMIT_MERCHANT,
        phone: vars.LANGO_LIMIT_PHONE,
        gateway: vars.LANGO_LIMIT_GATEWAY,
        address: vars.LANGO_LIMIT_ADDRESS,
      },
      vault: vars.VAULT as VaultForEdge,
      consumer: vars.CONSUMER as ConsumerForEdge,
      payments: vars.PAYMENTS as PaymentsForEdge,
    }),
  )
}
