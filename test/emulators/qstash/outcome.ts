import type { Acceptor } from './accept.ts'
import { retryDelayMs } from './backoff.ts'
import type { Answered, CallbackTarget, Stored } from './message.ts'
import { DEFAULTS } from './publish-headers.ts'
import type { Surroundings } from './surroundings.ts'
import { callbackBody, logView } from './views.ts'

export type Settle = (message: Stored, body: Buffer, answer: Answered) => 'delivered' | 'not_delivered'

/** 489 alone is an ordinary failure; the header says that no retry will help. */
const isNonRetryable = (answer: Answered): boolean =>
  answer.status === 489 && answer.headers['Upstash-Nonretryable-Error']?.[0]?.toLowerCase() === 'true'

/** Writes down how a try ended, together with what follows from it: the end, the next try, the DLQ, the callbacks. */
export const createSettle = ({ store, clock, persona }: Surroundings, accept: Acceptor): Settle => {
  /** Callbacks are messages of their own: signed, retried, and able to end in the DLQ. */
  const call = (target: CallbackTarget | null, { envelope }: Stored, body: Buffer): void => {
    if (!target) return
    const { url, method, headers, maxRetries, retryDelay, timeoutMs, delayMs } = target
    const { labels, callerIp, queue: blocksQueue } = envelope
    const own = { url, method, headers, maxRetries, retryDelay, timeoutMs, labels, callerIp, blocksQueue }
    accept({ ...DEFAULTS, ...own, queue: null, notBeforeMs: clock.nowMs() + delayMs }, body)
  }

  const settle: Settle = (message, body, answer) => {
    const { envelope, retried } = message
    const { id, maxRetries } = envelope
    const nowMs = clock.nowMs()
    const log = (event: Omit<Parameters<typeof logView>[2], 'atMs'>) =>
      store.log(nowMs, id, logView(envelope, body, { ...event, atMs: nowMs }))

    call(envelope.callback, message, callbackBody(envelope, body, { answer, retried }))
    if (answer.status >= 200 && answer.status < 300) {
      store.finish(id, 'DELIVERED', nowMs)
      log({ state: 'DELIVERED' })
      return 'delivered'
    }
    log({ state: 'ERROR', answer })
    if (isNonRetryable(answer) || retried >= maxRetries) {
      const dlqId = freshDlqId(nowMs)
      store.finish(id, 'FAILED', nowMs)
      store.bury(dlqId, nowMs, envelope, body, answer)
      log({ state: 'FAILED' })
      if (persona.loseFailureCallbacks > 0 && envelope.failureCallback) persona.loseFailureCallbacks--
      else call(envelope.failureCallback, message, callbackBody(envelope, body, { answer, retried, dlqId }))
    } else if (store.find(id)?.cancelRequested) {
      store.finish(id, 'CANCELLED', nowMs)
      log({ state: 'CANCELLED' })
    } else {
      const asked = { retried, expression: envelope.retryDelay, responseHeaders: answer.headers }
      const nextDeliveryAtMs = nowMs + retryDelayMs({ ...asked, wallMs: Date.now() })
      store.retryAt(id, nextDeliveryAtMs)
      log({ state: 'RETRY', nextDeliveryAtMs })
    }
    return 'not_delivered'
  }
  return (message, body, answer) => store.atomically(() => settle(message, body, answer))
}

let lastMs = 0
let inThisMs = 0

/** A stream id: `<ms>-<n>`. */
const freshDlqId = (nowMs: number): string => {
  inThisMs = nowMs === lastMs ? inThisMs + 1 : 0
  lastMs = nowMs
  return `${nowMs}-${inThisMs}`
}
