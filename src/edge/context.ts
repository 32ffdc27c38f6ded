import type { Context, MiddlewareHandler } from 'hono'
import { routePath } from 'hono/route'
import { toHex } from '../domain/encoding.ts'
import type { PaymentError } from '../domain/errors.ts'
import type { PaymentId, RequestId } from '../domain/ids.ts'
import type { KeyHolder } from '../domain/merchant.ts'
import type { EdgeDeps } from './deps.ts'
import { describeError } from './log.ts'
import { codeOf, problemResponse } from './problem.ts'

export interface EdgeEnv {
  Variables: {
    requestId: RequestId
    /** Set by the key middleware: only routes behind it may read it. */
    holder: KeyHolder
    /** For the log line. */
    code?: string
    paymentId?: PaymentId
  }
}

export type EdgeContext = Context<EdgeEnv>

const REQUEST_ID = /^req_[A-Za-z0-9]{16,64}$/

/** Gives each request its id and, when it is over, one log line. */
export const requestContext =
  (deps: EdgeDeps): MiddlewareHandler<EdgeEnv> =>
  async (c, next) => {
    const startedMs = deps.nowMs()
    const given = c.req.header('X-Request-Id') ?? ''
    const requestId = (REQUEST_ID.test(given) ? given : `req_${toHex(deps.randomBytes(12))}`) as RequestId
    c.set('requestId', requestId)
    await next()
    // Not by `c.header`, which makes a second response of one that is there.
    c.res.headers.set('X-Request-Id', requestId)
    const holder = c.get('holder') as KeyHolder | undefined
    deps.log({
      event: 'request',
      requestId,
      method: c.req.method,
      route: routePath(c, -1),
      status: c.res.status,
      ms: deps.nowMs() - startedMs,
      ...(c.get('code') ? { code: c.get('code') } : {}),
      ...(holder ? { merchant: holder.merchantId, mode: holder.mode } : {}),
      ...(c.get('paymentId') ? { payment: c.get('paymentId') } : {}),
    })
  }

/** Who is calling, by Cloudflare's word (a client cannot set this header); null where there is no Cloudflare in front. */
export const addressOf = (c: EdgeContext): string | null => c.req.header('CF-Connecting-IP') ?? null

/** The problem+json answer to an expected failure. */
export const fail = (c: EdgeContext, error: PaymentError): Response => {
  c.set('code', codeOf(error))
  return problemResponse(error, c.get('requestId'))
}

/** Logs what a flow wants known. A string is a reason of our own; an error is described without what it quotes. */
export const noteIn =
  (deps: EdgeDeps, c: EdgeContext) =>
  (event: string, error: unknown): void =>
    deps.log({
      event,
      requestId: c.get('requestId'),
      ...(typeof error === 'string' ? { reason: error } : { error: describeError(error) }),
    })

/** Asks the consumer for what only it has, and answers with it; 503 when it cannot be had. */
export const asked =
  (deps: EdgeDeps) =>
  async <Value>(c: EdgeContext, ask: () => Promise<Value>, answer: (value: Value) => Response): Promise<Response> => {
    let value: Value
    try {
      value = await ask()
    } catch (error) {
      noteIn(deps, c)('consumer_failed', error)
      return fail(c, { reason: 'unavailable', part: 'consumer' })
    }
    return answer(value)
  }

/** Lets work outlive the answer, and the caller: a Worker stops when its client hangs up, but for what is waited for. */
export const laterIn =
  (deps: EdgeDeps, c: EdgeContext) =>
  (work: Promise<unknown>): void =>
    c.executionCtx.waitUntil(work.catch((error: unknown) => noteIn(deps, c)('later_failed', error)))
