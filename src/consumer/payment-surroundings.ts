import { createKeptPublisher, type PublishKept } from '../adapters/qstash-publish.ts'
import { createRedisRouteHealth } from '../adapters/redis-route-health.ts'
import { toHex } from '../domain/encoding.ts'
import { routeCore } from './core.ts'
import { type ConsumerSettings, parseEnv } from './env.ts'
import { describeError, log } from './log.ts'
import { createRouteWatch, type RouteWatch } from './route-watch.ts'

/** What a payment object has from its isolate. */
export interface Surroundings {
  readonly settings: ConsumerSettings
  readonly publish: PublishKept
  /** Null without a routing policy that can be read. What its payments saw is one memory. */
  readonly routes: RouteWatch | null
  /** What is wrong in a policy that cannot be read: nothing is sent by it. */
  readonly routingProblem: string | null
}

const surroundings = new WeakMap<object, Surroundings>()

/** One for the isolate and not for each of its objects, of which there is one per payment. Null on a bad environment, which is logged. */
export const surroundingsIn = (env: unknown): Surroundings | null => {
  const known = surroundings.get(env as object)
  if (known) return known
  const parsed = parseEnv(env)
  if (!parsed.ok) {
    log({ event: 'misconfigured', ...parsed.error })
    return null
  }
  const { qstash, consumerOrigin, routing, redis, redisLacks, vault } = parsed.value
  if (redisLacks !== null) log({ event: 'misconfigured', variable: redisLacks, problem: 'nothing is shared' })
  const publish = createKeptPublisher({
    ...qstash,
    consumerOrigin,
    onFailure: (error) => log({ event: 'publish_failed', error: describeError(error) }),
  })
  const routingProblem = routing.ok ? null : routing.error
  if (routingProblem !== null) log({ event: 'misconfigured', variable: 'LANGO_ROUTING', problem: routingProblem })
  const policy = routing.ok ? routing.value : null
  const routes =
    policy &&
    createRouteWatch({
      policy,
      router: routeCore().createRouter(policy),
      conditions: (gateway, country) => vault.conditions(gateway, country),
      exchange: redis && createRedisRouteHealth(redis),
      isolate: toHex(crypto.getRandomValues(new Uint8Array(16))),
      nowMs: () => Date.now(),
      sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    })
  const made = { settings: parsed.value, publish, routes, routingProblem }
  surroundings.set(env as object, made)
  return made
}

/** The same for who can do nothing without. Throws on a bad environment. */
export const surroundingsOf = (env: unknown): Surroundings => {
  const known = surroundingsIn(env)
  if (!known) throw new Error('the environment lacks what the log has named')
  return known
}
