import type { MiddlewareHandler } from 'hono'
import { sha256Hex } from '../adapters/sha256.ts'
import type { PaymentError } from '../domain/errors.ts'
import type { KeyHolder } from '../domain/merchant.ts'
import { addressOf, type EdgeContext, type EdgeEnv, fail, noteIn } from './context.ts'
import type { EdgeDeps } from './deps.ts'

const BEARER = /^Bearer +((?:sk|pk)_(?:test|live)_[A-Za-z0-9_]{4,128})$/i

const LOCAL = /^http:\/\/(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?$/

/**
 * Browsers say where a page is from, and a page cannot make them say something else. Who is no browser says nothing: the
 * key is public, and it opens what its holder could open anyway. A test key works from the shop developer's own machine.
 */
const mayCallFrom = (origin: string | undefined, { mode, allowedOrigins = [] }: KeyHolder): boolean =>
  origin === undefined || allowedOrigins.includes(origin) || (mode === 'test' && LOCAL.test(origin))

/**
 * Lets holders of a key pass, and says who they are. What does not look like a key is not even looked up, and who has
 * guessed too often is not looked up either; a key that is known passes whatever its neighbours do.
 */
const keyOf =
  (deps: EdgeDeps, refusal: (c: EdgeContext, holder: KeyHolder) => PaymentError | null): MiddlewareHandler<EdgeEnv> =>
  async (c, next) => {
    const key = BEARER.exec(c.req.header('Authorization') ?? '')?.[1]
    if (!key) return fail(c, { reason: 'unauthenticated' })
    const keyHash = await sha256Hex(key)
    const address = addressOf(c)
    const retryAfterMs = deps.addresses.waitMs(address)
    if (retryAfterMs > 0 && !deps.findMerchant.known(keyHash))
      return fail(c, { reason: 'rate_limited', limit: 'address', retryAfterMs })
    let holder: KeyHolder | null
    try {
      holder = await deps.findMerchant(keyHash)
    } catch (error) {
      noteIn(deps, c)('find_merchant_failed', error)
      return fail(c, { reason: 'unavailable', part: 'consumer' })
    }
    if (!holder) {
      deps.addresses.charge(address)
      return fail(c, { reason: 'unauthenticated' })
    }
    c.set('holder', holder)
    const refused = refusal(c, holder)
    return refused ? fail(c, refused) : next()
  }

/** Secret keys only. */
export const secretKey = (deps: EdgeDeps): MiddlewareHandler<EdgeEnv> =>
  keyOf(deps, (_, { scope }) => (scope === 'secret' ? null : { reason: 'key_scope' }))

/** Publishable keys too, from pages that their merchant has named. What they may do there is the route's to say. */
export const anyKey = (deps: EdgeDeps): MiddlewareHandler<EdgeEnv> =>
  keyOf(deps, (c, holder) =>
    holder.scope === 'secret' || mayCallFrom(c.req.header('Origin'), holder) ? null : { reason: 'origin_not_allowed' },
  )
