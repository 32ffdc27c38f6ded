import type { MiddlewareHandler } from 'hono'
import { sha256Hex } from '../adapters/hash.ts'
import type { KeyHolder } from '../domain/merchant.ts'
import { addressOf, type EdgeEnv, fail, noteIn } from './context.ts'
import type { EdgeDeps } from './deps.ts'

const BEARER = /^Bearer +((?:sk|pk)_(?:test|live)_[A-Za-z0-9_]{4,128})$/i

/**
 * Lets holders of a secret key pass, and says who they are. What does not look like a key is not even looked up, and who
 * has guessed too often is not looked up either; a key that is known passes whatever its neighbours do.
 */
export const secretKey =
  (deps: EdgeDeps): MiddlewareHandler<EdgeEnv> =>
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
    if (holder.scope !== 'secret') return fail(c, { reason: 'key_scope' })
    return next()
  }
