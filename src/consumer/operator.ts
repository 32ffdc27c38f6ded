import type { MiddlewareHandler } from 'hono'
import { log } from './log.ts'

const BEARER = /^Bearer +(\S{16,256})$/i

const sha256 = async (text: string): Promise<Uint8Array> =>
  new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)))

/**
 * Lets the people pass who run this deployment: `npm run lango` sends the operator's key as a bearer token. Both sides are
 * hashed first, so the comparison tells nothing about the key by the time that it takes.
 */
export const operatorOnly =
  (operatorKey: string): MiddlewareHandler =>
  async (c, next) => {
    const given = BEARER.exec(c.req.header('Authorization') ?? '')?.[1]
    const [own, other] = await Promise.all([sha256(operatorKey), sha256(given ?? '')])
    if (given !== undefined && crypto.subtle.timingSafeEqual(own, other)) return next()
    log({ event: 'operator_refused', security: true, path: c.req.path })
    return c.json(
      { code: 'unauthenticated', title: 'Send the operator key of this deployment as a bearer token.' },
      401,
    )
  }
