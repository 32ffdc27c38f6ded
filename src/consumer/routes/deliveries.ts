import { type Context, Hono } from 'hono'
import * as v from 'valibot'
import type { QueueMessage } from '../../contracts/queue.ts'
import { deliverCallback } from '../../flows/deliver-callback.ts'
import { deliverFulfilment } from '../../flows/deliver-fulfilment.ts'
import { acceptFailure } from '../accept-failure.ts'
import type { ConsumerDeps } from '../deps.ts'
import { describeError, log } from '../log.ts'
import { callbackMessage, fulfilmentMessage, notificationMessage } from '../messages.ts'
import { readText } from '../read-text.ts'
import { createUsedTokens } from '../used-tokens.ts'

type Kind = QueueMessage['kind'] | 'failure'

/** A failure callback quotes the dead message in base64, and the answer that it last got. */
const BODY_BYTES_MAX: Readonly<Record<Kind, number>> = {
  callback: 256 * 1024,
  fulfilment: 256 * 1024,
  notification: 16 * 1024,
  failure: 1024 * 1024,
}
const KEY_ALERT_PAUSE_MS = 600_000

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
  const { payment, post, notify, fulfilOrder, keepUnmatched, nowMs } = deps
  if (kind === 'notification') {
    const message = v.safeParse(notificationMessage, parse(text))
    return message.success ? deps.deliverNotification(message.output) : null
  }
  if (kind === 'callback') {
    const message = v.safeParse(callbackMessage, parse(text))
    if (!message.success) return null
    const delivered = await deliverCallback(
      {
        checkAttestation: (attested) => deps.vault.checkAttestation(attested),
        payment,
        post,
        notify,
        fulfilOrder,
        keepUnmatched,
        alertUnmatched: ({ gateway, reference }, reason) =>
          log({ event: 'alert', code: 'callback_unmatched', gateway, reference, reason }),
        nowMs,
      },
      message.output,
    )
    if (delivered !== 'forged') return delivered
    log({ event: 'forged_attestation', security: true })
    return null
  }
  if (kind === 'failure') return acceptFailure(deps, parse(text))
  const message = v.safeParse(fulfilmentMessage, parse(text))
  return message.success ? deliverFulfilment({ payment, post, notify, fulfilOrder, nowMs }, message.output) : null
}

/** People are told of a rotation, once in ten minutes and isolate: a second one before ours would shut QStash out. */
const createKeyWatch = (nowMs: () => number) => {
  let toldAtMs = Number.NEGATIVE_INFINITY
  return (key: 'current' | 'next'): void => {
    if (key === 'current' || nowMs() - toldAtMs < KEY_ALERT_PAUSE_MS) return
    toldAtMs = nowMs()
    log({ event: 'alert', code: 'queue_keys_rotated' })
  }
}

/**
 * What QStash delivers. 200: done, or done before · 401: QStash did not sign this, or its token has been used · 413: too long ·
 * 489: no retry will mend it · 503: a part is down, deliver again.
 */
export const deliveryRoutes = (deps: ConsumerDeps) => {
  const usedTokens = createUsedTokens()
  const watchKey = createKeyWatch(deps.nowMs)
  const handle = (kind: Kind) => async (c: Context) => {
    const text = await readText(c.req.raw, BODY_BYTES_MAX[kind])
    if (text === null) return c.text('too long, or not UTF-8', 413)
    const signature = c.req.header('Upstash-Signature') ?? ''
    const token = await deps.verifyQueue(signature, text, c.req.path)
    if (!token) {
      log({ event: 'queue_signature_refused', security: true, kind })
      return c.text('not authentic', 401)
    }
    watchKey(token.key)
    const message = c.req.header('Upstash-Message-Id')
    const { jti } = token
    if (jti !== null && !usedTokens.take(jti, token.expiresAtMs, deps.nowMs())) {
      log({ event: 'queue_token_replayed', security: true, kind, message })
      return c.text('not authentic', 401)
    }
    // failPoint('delivery_verified')
    try {
      const outcome = await deliver(deps, kind, text)
      // failPoint('delivery_marked')
      log({ event: 'delivery', kind, message, outcome: outcome ?? 'poison' })
      return outcome === null ? poison('no such message') : c.text(outcome)
    } catch (error) {
      if (jti !== null) usedTokens.giveBack(jti)
      log({ event: 'delivery_failed', kind, message, error: describeError(error) })
      return c.text('try again', 503)
    }
  }
  return new Hono()
    .post('/callback', handle('callback'))
    .post('/fulfilment', handle('fulfilment'))
    .post('/failure', handle('failure'))
    .post('/notification', handle('notification'))
}
