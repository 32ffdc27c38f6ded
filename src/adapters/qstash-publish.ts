import { deliveryPath, FAILURE_PATH, type QueueMessage } from '../contracts/queue.ts'
import { inTime } from './in-time.ts'
import { createQstashMessages } from './qstash-message.ts'

export interface QstashSettings {
  readonly url: string
  readonly token: string
  /** Scheme and authority of the consumer: what QStash delivers to, and the `sub` of its signatures. */
  readonly consumerOrigin: string
  /** One try, answer included. */
  readonly timeoutMs?: number
  readonly onFailure?: (error: unknown) => void
}

/** A message as it will be published, to the byte. */
export interface Publishable {
  /** That of a `QueueMessage`; of a dead letter, whatever it was. */
  readonly kind: string
  readonly body: string
  /**
   * A repetition within QStash's window is passed over: 10 minutes say its documents, 90 days its SDK. Right under both is
   * an id that stands for the same effect however often it comes, and that nobody uses again after its message has died.
   */
  readonly dedupId: string
  /** Delivered no sooner than that, in seconds. */
  readonly delayS?: number
  /** What shares the limit of deliveries under way; the kind, if not said. */
  readonly flow?: string
}

/** `failed` includes a lost answer: the message may be queued all the same. Its id makes that harmless. Never throws. */
export type PublishTo = (
  message: Publishable,
) => Promise<{ readonly kind: 'published'; readonly messageId: string } | { readonly kind: 'failed' }>
export type Publish = (message: QueueMessage, dedupId: string, flow?: string) => Promise<'published' | 'failed'>
export type PublishKept = (message: Publishable) => Promise<'published' | 'failed'>

const TIMEOUT_MS = 4_000
/** The consumer answers in well under a second; QStash would wait for a hanging delivery for up to two hours. */
const DELIVERY_TIMEOUT_S = 30
/** After 12 s, 2.5 minutes and half an hour. The most that every plan of QStash allows. */
const RETRIES = 3
/** Deliveries under way at once, of what shares a limit: D1 has one writer. The most that every plan of QStash allows. */
const PARALLELISM = 10

/** One account may serve several deployments, each with a consumer of its own to be gentle with. */
const flowKey = (consumerHost: string, flow: string): string =>
  `${flow}_${consumerHost}`.replace(/[^A-Za-z0-9_-]/g, '-')

/** One try: whoever publishes has somewhere else to go (the object's outbox, or the gateway that sends its callback again). */
export const createQueuePublisher = (settings: QstashSettings): PublishTo => {
  const { consumerOrigin } = settings
  const consumerHost = new URL(consumerOrigin).host
  const send = createQstashMessages(settings)
  return async ({ kind, body, dedupId, delayS, flow = kind }) => {
    try {
      const published = send({
        url: `${consumerOrigin}${deliveryPath(kind)}`,
        body,
        deduplicationId: dedupId,
        ...(delayS ? { delayS } : {}),
        timeoutS: DELIVERY_TIMEOUT_S,
        retries: RETRIES,
        failureCallback: `${consumerOrigin}${FAILURE_PATH}`,
        flow: { key: flowKey(consumerHost, flow), parallelism: PARALLELISM },
        label: kind,
      })
      const { messageId } = await inTime('QStash', published, settings.timeoutMs ?? TIMEOUT_MS)
      return { kind: 'published', messageId }
    } catch (error) {
      settings.onFailure?.(error)
      return { kind: 'failed' }
    }
  }
}

export const createKeptPublisher = (settings: QstashSettings): PublishKept => {
  const publish = createQueuePublisher(settings)
  return async (message) => (await publish(message)).kind
}

export const createQstashPublisher = (settings: QstashSettings): Publish => {
  const publish = createKeptPublisher(settings)
  return (message, dedupId, flow) =>
    publish({ kind: message.kind, body: JSON.stringify(message), dedupId, ...(flow ? { flow } : {}) })
}
