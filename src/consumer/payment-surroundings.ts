import { createKeptPublisher, type PublishKept } from '../adapters/qstash-publish.ts'
import type { Router } from '../contracts/route.ts'
import { routeCore } from './core.ts'
import { type ConsumerSettings, parseEnv } from './env.ts'
import { describeError, log } from './log.ts'

/** What a payment object has from its isolate. */
interface Surroundings {
  readonly settings: ConsumerSettings
  readonly publish: PublishKept
  /** Null without a routing policy. What its payments saw is one memory. */
  readonly router: Router | null
}

const surroundings = new WeakMap<object, Surroundings>()

/** One for the isolate and not for each of its objects, of which there is one per payment. Throws on a bad environment. */
export const surroundingsOf = (env: unknown): Surroundings => {
  const known = surroundings.get(env as object)
  if (known) return known
  const parsed = parseEnv(env)
  if (!parsed.ok) {
    log({ event: 'misconfigured', ...parsed.error })
    throw new Error(`environment: ${parsed.error.variable}`)
  }
  const { qstash, consumerOrigin, routing } = parsed.value
  const publish = createKeptPublisher({
    ...qstash,
    consumerOrigin,
    onFailure: (error) => log({ event: 'publish_failed', error: describeError(error) }),
  })
  const made = { settings: parsed.value, publish, router: routing && routeCore().createRouter(routing) }
  surroundings.set(env as object, made)
  return made
}
