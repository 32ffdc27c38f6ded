import { type Context, Hono } from 'hono'
import * as v from 'valibot'
import { deliverCallback } from '../../flows/deliver-callback.ts'
import { deliverFulfilment } from '../../flows/deliver-fulfilment.ts'
import type { ConsumerDeps } from '../deps.ts'
import { describeError, log } from '../log.ts'
import { callbackMessage, fulfilmentMessage } from '../messages.ts'
import { readText } from '../read-text.ts'

const BODY_BYTES_MAX = 256 * 1024

type Kind = 'callback' | 'fulfilment'

/** QStash drops a message answered like this into its dead-letter queue at once; any other non-2xx it would repeat. */
const poison = (why: string): Response =>
  new Response(why, { status: 489, headers: { 'Upstash-NonRetryable-Error': 'true' } })

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** `null`: a message that no retry will mend. */
const deliver = async (deps: ConsumerDeps, kind: Kind, text: string): Promise<string | null> => {
  const { payment, post, notify, keepUnmatched, nowMs } = deps
  if (kind === 'callback') {
    const message = v.safeParse(callbackMessage, parse(text))
    if (!message.success) return null
    const delivered = await deliverCallback(
      {
        checkAttestation: (attested) => deps.vault.checkAttestation(attested),
        payment,
        post,
        notify,
        keepUnmatched,
        nowMs,
      },
      message.output,
    )
    if (delivered !== 'forged') return delivered
    log({ event: 'forged_attestation', security: true })
    return null
  }
  const message = v.safeParse(fulfilmentMessage, parse(text))
  return message.success ? deliverFulfilment({ payment, post, notify, nowMs }, message.output) : null
}

/**
 * What QStash delivers. 200: done, or done before · 401: QStash did not sign this · 413: too long · 489: no retry will
 * mend it · 503: a part is down, deliver again.
 */
export const deliveryRoutes = (deps: ConsumerDeps) => {
  const handle = (kind: Kind) => async (c: Context) => {
    const text = await readText(c.req.raw, BODY_BYTES_MAX)
    if (text === null) return c.text('too long, or not UTF-8', 413)
    const signature = c.req.header('Upstash-Signature') ?? ''
    if (!(await deps.verifyQueue(signature, text, c.req.path))) {
      log({ event: 'queue_signature_refused', security: true, kind })
      return c.text('not authentic', 401)
    }
    // failPoint('delivery_verified')
    const message = c.req.header('Upstash-Message-Id')
    try {
      const outcome = await deliver(deps, kind, text)
      // failPoint('delivery_marked')
      log({ event: 'delivery', kind, message, outcome: outcome ?? 'poison' })
      return outcome === null ? poison('no such message') : c.text(outcome)
    } catch (error) {
      log({ event: 'delivery_failed', kind, message, error: describeError(error) })
      return c.text('try again', 503)
    }
  }
  return new Hono().post('/callback', handle('callback')).post('/fulfilment', handle('fulfilment'))
}
