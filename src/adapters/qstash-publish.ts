import { Client } from '@upstash/qstash'
import { deliveryPath, type QueueMessage } from '../contracts/queue.ts'

export interface QstashSettings {
  readonly url: string
  readonly token: string
  /** Scheme and authority of the consumer: what QStash delivers to, and the `sub` of its signatures. */
  readonly consumerOrigin: string
  /** One try, answer included. */
  readonly timeoutMs?: number
  readonly onFailure?: (error: unknown) => void
}

/** `failed` includes a lost answer: the message may be queued all the same. Its id makes that harmless. Never throws. */
export type Publish = (message: QueueMessage, dedupId: string) => Promise<'published' | 'failed'>
export type PublishKept = (message: Publishable) => Promise<'published' | 'failed'>

/** A message as it will be published, to the byte. */
export interface Publishable {
  readonly kind: QueueMessage['kind']
  readonly body: string
  readonly dedupId: string
  /** Delivered no sooner than that, in seconds. */
  readonly delayS?: number
}

const TIMEOUT_MS = 4_000
/** The consumer answers in well under a second; QStash would wait for a hanging delivery for up to two hours. */
const DELIVERY_TIMEOUT_S = 30

/**
 * Publishes a body exactly as it is. One try: whoever publishes has somewhere else to go (the object's outbox, or the
 * gateway that sends its callback again). The SDK has no timeout of its own.
 */
export const createKeptPublisher = (settings: QstashSettings): PublishKept => {
  const client = new Client({
    baseUrl: settings.url,
    token: settings.token,
    // Fewer sends than the default six; `devMode: false` because a variable could otherwise swap the token for the public one.
    retry: false,
    devMode: false,
    enableTelemetry: false,
  })
  return async (message) => {
    let timer: ReturnType<typeof setTimeout> | undefined
    const expired = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error('QStash did not answer in time')), settings.timeoutMs ?? TIMEOUT_MS)
    })
    try {
      const published = client.publish({
        url: `${settings.consumerOrigin}${deliveryPath(message.kind)}`,
        body: message.body,
        headers: { 'content-type': 'application/json' },
        deduplicationId: message.dedupId,
        ...(message.delayS ? { delay: message.delayS } : {}),
        timeout: DELIVERY_TIMEOUT_S,
      })
      await Promise.race([published, expired])
      return 'published'
    } catch (error) {
      settings.onFailure?.(error)
      return 'failed'
    } finally {
      clearTimeout(timer)
    }
  }
}

export const createQstashPublisher = (settings: QstashSettings): Publish => {
  const publish = createKeptPublisher(settings)
  return (message, dedupId) => publish({ kind: message.kind, body: JSON.stringify(message), dedupId })
}
