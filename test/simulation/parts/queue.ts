import { lightRequest } from '../code/http.ts'
import type { Publish } from '../code/qstash-message.ts'
import { ask, isDown, OUTSIDE, refuse, type World } from '../world.ts'

/** Delivers to our consumer: the status of its answer, 0 for none. */
export type Deliver = (request: Request) => Promise<number>

/** QStash's own: tried again after 12 s, 2.5 min and half an hour, then given up. */
const PAUSES_MS = [12_000, 148_000, 1_808_000]
const DEDUPLICATED_MS = 600_000
const MONTHS_MS = 91 * 86_400_000
const FAILURE_URL = 'https://deliveries.example.com/deliveries/failure'

/** The queue of a shard. What it took it delivers at least once, unless it gives up: then only people would know. */
export const createQueue = (world: World, deliver: Deliver) => {
  const { scheduler, random, faults, notes } = world
  const known = new Map<string, number>()
  /** The dead-letter queue, as far as our consumer has not been told of it. */
  const given = new Map<string, Publish>()
  let messages = 0

  /** A message of its own, tried as often as any other; its failure tells nobody. */
  const tellFailure = (message: Publish, id: string, status: number): void => {
    given.set(id, message)
    const body = JSON.stringify({
      sourceMessageId: id,
      dlqId: `${scheduler.nowMs}-0`,
      url: message.url,
      status,
      sourceBody: Buffer.from(message.body).toString('base64'),
    })
    const deduplicationId = `failure of ${message.deduplicationId}`
    scheduler.after(random.between(1, 400), OUTSIDE, () =>
      attempt({ url: FAILURE_URL, body, deduplicationId }, `msg_${++messages}`, 0, () => {
        if (given.delete(id)) faults.happened('dead_letter_copied')
      }),
    )
  }

  const attempt = (message: Publish, id: string, tries: number, delivered = () => {}): void => {
    const request = lightRequest(
      'POST',
      message.url,
      {
        'content-type': 'application/json',
        'upstash-signature': `signed ${message.url}`,
        'upstash-message-id': id,
      },
      message.body,
    )
    void deliver(request).then((status) => {
      if (status >= 200 && status < 300) {
        delivered()
        if (faults.strikes('queue_delivered_again'))
          scheduler.after(random.between(0, 900_000), OUTSIDE, () => attempt(message, id, PAUSES_MS.length))
        if (faults.strikes('queue_delivered_months_later'))
          scheduler.after(MONTHS_MS, OUTSIDE, () => attempt(message, id, PAUSES_MS.length))
        return
      }
      const pauseMs = PAUSES_MS[tries]
      if (status === 489 || pauseMs === undefined || faults.strikes('queue_gave_up')) {
        notes.tell(scheduler.nowMs, message.deduplicationId, () => `the queue gave up, last answer ${status}`)
        if (message.url !== FAILURE_URL) tellFailure(message, id, status)
        return
      }
      scheduler.after(pauseMs, OUTSIDE, () => attempt(message, id, tries + 1, delivered))
    })
  }

  const take = (message: Publish): { messageId: string } => {
    const messageId = `msg_${++messages}`
    const untilMs = known.get(message.deduplicationId) ?? 0
    if (untilMs > scheduler.nowMs) return { messageId }
    known.set(message.deduplicationId, scheduler.nowMs + DEDUPLICATED_MS)
    notes.tell(scheduler.nowMs, message.deduplicationId, () => 'queued')
    const delayMs = faults.strikes('queue_delayed') ? random.between(1_000, 3_600_000) : random.between(1, 400)
    if (faults.strikes('queue_lost')) {
      notes.tell(scheduler.nowMs, message.deduplicationId, () => 'the queue took it and never delivers it')
      return { messageId }
    }
    scheduler.after(delayMs, OUTSIDE, () => attempt(message, messageId, 0))
    return { messageId }
  }

  return {
    publish: (message: Publish): Promise<{ messageId: string }> =>
      ask(world, (reply) => {
        if (isDown(world, 'queue_down')) return reply(refuse('QStash is down'))
        const taken = take(message)
        reply(faults.strikes('queue_answer_lost') ? refuse('QStash did not answer') : () => taken)
      }),
    /** What our consumer was never told of people find in QStash's own list, and have it delivered again. */
    replay: (): void => {
      for (const [id, message] of given) attempt(message, id, 0)
      given.clear()
    },
    /** Whoever has stolen the queue's token publishes what he likes. */
    forge: (message: Publish): void => void take(message),
  }
}
