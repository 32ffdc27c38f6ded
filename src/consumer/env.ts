import * as v from 'valibot'
import type { RedisAccess } from '../adapters/redis-client.ts'
import type { FulfilmentService } from '../contracts/fulfilment.ts'
import type { PaymentObjectRpc } from '../contracts/payment-object.ts'
import type { RoutePolicy } from '../contracts/route.ts'
import type { VaultForConsumer } from '../contracts/vault.ts'
import type { PaymentId } from '../domain/ids.ts'
import { err, ok, type Result } from '../domain/result.ts'
import { routeCore } from './core.ts'
import { describeError } from './log.ts'
import { readRoutePolicy } from './route-policy.ts'

export interface ConsumerSettings {
  readonly environment: 'development' | 'staging' | 'production'
  /** Scheme and authority, as QStash is told it: signatures are made for this address. */
  readonly consumerOrigin: string
  /** The edge's: what shops know this deployment by. */
  readonly publicOrigin: string
  readonly qstash: {
    readonly url: string
    readonly token: string
    readonly currentSigningKey: string
    readonly nextSigningKey: string
  }
  /** 64 hex digits. The secrets of shops' endpoints derive from it: it never changes. */
  readonly webhookKey: string
  /** Bearer token of `/operator`. */
  readonly operatorKey: string
  /** A clearing account that holds money for more days than this is told to people. */
  readonly clearingDays: number
  /** How long something of a customer is kept after the last thing that happened to a payment. */
  readonly retentionMs: number
  /** 64 hex digits; the vault's too. Never changes. */
  readonly referenceKey: string
  /**
   * Null: each payment goes where the edge says. The error, of a policy with a mistake, is what is wrong in it, and where: then
   * nothing new is sent, and what was goes on.
   */
  readonly routing: Result<RoutePolicy | null, string>
  /** Where isolates tell each other how gateways are doing; null: each goes by what it sees. */
  readonly redis: RedisAccess | null
  /** The half of it that is not there, when the other is. */
  readonly redisLacks: 'UPSTASH_REDIS_REST_URL' | 'UPSTASH_REDIS_REST_TOKEN' | null
  readonly vault: VaultForConsumer
  /** A shop's Worker on the same account, if there is one (docs/webhooks.md). */
  readonly fulfilment: FulfilmentService | null
  readonly database: D1Database
  /** A fresh stub each time: one that threw may be broken. */
  readonly payment: (id: PaymentId) => PaymentObjectRpc
  /** Whether this is the object of that payment. */
  readonly isObjectOf: (objectId: DurableObjectId, id: PaymentId) => boolean
}

const binding = v.custom<object>(
  (value) => (typeof value === 'object' && value !== null) || typeof value === 'function',
)
const origin = v.pipe(
  v.string(),
  v.check((text) => /^https?:/.test(text) && URL.canParse(text) && new URL(text).origin === text),
)
const url = v.pipe(v.string(), v.regex(/^https?:\/\/[^\s/]+\S*$/))
const secret = v.pipe(v.string(), v.minLength(16))

const DAY_MS = 86_400_000

/** Whole, or not at all: a policy with a mistake routes nothing. */
const readRouting = (text: string | undefined): ConsumerSettings['routing'] => {
  if (text === undefined) return ok(null)
  const policy = readRoutePolicy(text)
  if (!policy.ok) return policy
  try {
    routeCore().createRouter(policy.value)
    return policy
  } catch (problems) {
    // A bug of the router's, too, stops only what needs a router.
    return err(problems instanceof RangeError ? problems.message : `the router fails at it: ${describeError(problems)}`)
  }
}

const schema = v.object({
  LANGO_ENVIRONMENT: v.picklist(['development', 'staging', 'production']),
  LANGO_CONSUMER_ORIGIN: origin,
  LANGO_PUBLIC_ORIGIN: origin,
  LANGO_REFERENCE_KEY: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
  QSTASH_URL: url,
  QSTASH_TOKEN: secret,
  QSTASH_CURRENT_SIGNING_KEY: secret,
  QSTASH_NEXT_SIGNING_KEY: secret,
  LANGO_RETENTION_DAYS: v.pipe(
    v.optional(v.string(), '400'),
    v.regex(/^[1-9]\d{0,3}$/),
    v.transform((days) => Number(days) * DAY_MS),
    // A key may be repeated for that long.
    v.minValue(30 * DAY_MS),
  ),
  LANGO_WEBHOOK_KEY: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
  LANGO_OPERATOR_KEY: v.pipe(v.string(), v.minLength(32)),
  LANGO_CLEARING_DAYS: v.optional(v.pipe(v.string(), v.regex(/^[1-9]\d{0,2}$/), v.transform(Number)), '7'),
  LANGO_ROUTING: v.optional(v.string()),
  UPSTASH_REDIS_REST_URL: v.optional(url),
  UPSTASH_REDIS_REST_TOKEN: v.optional(secret),
  VAULT: binding,
  PAYMENTS: binding,
  DB: binding,
  FULFILMENT: v.optional(binding),
})

export interface BadVariable {
  readonly variable: string
}

const lackOf = (url: string | undefined, token: string | undefined): ConsumerSettings['redisLacks'] => {
  if ((url === undefined) === (token === undefined)) return null
  return url === undefined ? 'UPSTASH_REDIS_REST_URL' : 'UPSTASH_REDIS_REST_TOKEN'
}

/** The only reader of the environment. The error names the variable and never its value. */
export const parseEnv = (env: unknown): Result<ConsumerSettings, BadVariable> => {
  const parsed = v.safeParse(schema, env)
  if (!parsed.success) {
    const [issue] = parsed.issues
    return err({ variable: String(issue.path?.[0]?.key ?? 'env') })
  }
  const vars = parsed.output
  const { UPSTASH_REDIS_REST_URL: redisUrl, UPSTASH_REDIS_REST_TOKEN: redisToken } = vars
  const payments = vars.PAYMENTS as DurableObjectNamespace
  return ok(
    Object.freeze({
      environment: vars.LANGO_ENVIRONMENT,
      consumerOrigin: vars.LANGO_CONSUMER_ORIGIN,
      publicOrigin: vars.LANGO_PUBLIC_ORIGIN,
      qstash: {
        url: vars.QSTASH_URL,
        token: vars.QSTASH_TOKEN,
        currentSigningKey: vars.QSTASH_CURRENT_SIGNING_KEY,
        nextSigningKey: vars.QSTASH_NEXT_SIGNING_KEY,
      },
      webhookKey: vars.LANGO_WEBHOOK_KEY,
      operatorKey: vars.LANGO_OPERATOR_KEY,
      clearingDays: vars.LANGO_CLEARING_DAYS,
      retentionMs: vars.LANGO_RETENTION_DAYS,
      referenceKey: vars.LANGO_REFERENCE_KEY,
      routing: readRouting(vars.LANGO_ROUTING),
      redis: redisUrl === undefined || redisToken === undefined ? null : { url: redisUrl, token: redisToken },
      redisLacks: lackOf(redisUrl, redisToken),
      vault: vars.VAULT as VaultForConsumer,
      fulfilment: (vars.FULFILMENT as FulfilmentService | undefined) ?? null,
      database: vars.DB as D1Database,
      payment: (id: PaymentId) => payments.get(payments.idFromName(id)) as unknown as PaymentObjectRpc,
      isObjectOf: (objectId: DurableObjectId, id: PaymentId) => payments.idFromName(id).equals(objectId),
    }),
  )
}
