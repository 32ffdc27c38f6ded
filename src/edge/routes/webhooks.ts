import { Hono } from 'hono'
import { GATEWAY_NAME, type RawCallback } from '../../contracts/vault.ts'
import { acceptCallback } from '../../flows/accept-callback.ts'
import { addressOf, type EdgeEnv, fail, laterIn, noteIn } from '../context.ts'
import type { EdgeDeps } from '../deps.ts'
import { readBody } from '../request/body.ts'

const OPERATIONS: readonly string[] = ['deposits', 'payouts', 'refunds'] satisfies RawCallback['operation'][]

/** Which gateways there are the vault knows; of any other it believes nothing. */
const isAddress = ({ gateway, operation }: { readonly gateway: string; readonly operation: string }): boolean =>
  GATEWAY_NAME.test(gateway) && OPERATIONS.includes(operation)

/** As spreading them does, for half of what that makes: of the runtime's iterator each step is two objects. */
const pairsOf = (headers: Headers): readonly (readonly [string, string])[] => {
  const pairs: [string, string][] = []
  headers.forEach((value, name) => {
    pairs.push([name, value])
  })
  return pairs
}

/**
 * A gateway's callbacks. 200 with an empty body: durable, do not send again · 401: not authentic · 413: too large ·
 * 429: too many from this address were not authentic, send again later · 503: could not be made durable, or there are too many at once; send again. The
 * bytes are verified before anyone reads them.
 */
export const webhookRoutes = (deps: EdgeDeps) =>
  new Hono<EdgeEnv>()
    // Some gateways look first whether the address is there (CinetPay: docs.cinetpay.com, notification).
    .get('/:gateway/:operation', (c) =>
      isAddress(c.req.param()) ? c.body(null, 200) : fail(c, { reason: 'not_found' }),
    )
    // Some gateways write with PUT what others write with POST.
    .on(['POST', 'PUT'], '/:gateway/:operation', async (c) => {
      const { gateway, operation } = c.req.param()
      if (!isAddress({ gateway, operation })) return fail(c, { reason: 'not_found' })
      const address = addressOf(c)
      const retryAfterMs = deps.addresses.waitMs(address)
      if (retryAfterMs > 0) return fail(c, { reason: 'rate_limited', limit: 'address', retryAfterMs })
      const body = await readBody(c.req.raw)
      if (!body.ok) return fail(c, body.error)
      // Only now: a body that drips in would hold a place for nothing.
      const leave = deps.callbacks.enter()
      if (!leave) return fail(c, { reason: 'unavailable', part: 'edge' })
      const work = acceptCallback(
        {
          verifyCallback: (callback) => deps.vault.verifyCallback(callback),
          publish: deps.publish,
          payment: deps.payment,
          expectCallback: deps.expectCallback,
          later: laterIn(deps, c),
          note: noteIn(deps, c),
        },
        {
          v: 1,
          gateway,
          operation: operation as RawCallback['operation'],
          method: c.req.method,
          url: c.req.url,
          headers: pairsOf(c.req.raw.headers),
          body: body.value,
        },
      ).finally(leave)
      laterIn(deps, c)(work)
      const accepted = await work
      if (!accepted.ok) {
        const { error } = accepted
        // A key that nobody knows costs a forger nothing to name, and the gateway no more than to send again a little later.
        const isDoubtful = error.reason === 'unavailable' && error.part === 'keys'
        if (error.reason === 'unauthenticated' || isDoubtful) deps.addresses.charge(address)
        return fail(c, error)
      }
      const { verdict, durable } = accepted.value
      if (verdict.paymentId) c.set('paymentId', verdict.paymentId)
      c.set('code', `${verdict.outcome}_${verdict.authentic}_${durable}`)
      return c.body(null, 200)
    })
