import type { PublishKept } from '../adapters/qstash-publish.ts'
import type { DeliveryTry } from '../contracts/events.ts'
import type { NotificationMessage } from '../contracts/queue.ts'

/** Tells each try from every other, of whatever endpoint and round: the queue passes over an id that it has seen (T49). */
export const dedupIdOf = ({ eventId, endpointId, round, n }: DeliveryTry): string =>
  ['wh', eventId, endpointId, round, n].join('_')

/** A Worker has six connections at once. Many that wait for one would be given up by the clock before they had it. */
const AT_ONCE = 20

/**
 * Hands tries to the queue, each due after `delayMs`. Never throws: what the queue does not take stays due in D1, and is
 * swept. `again`: makes the id a new one, for a message that was taken once and never came.
 */
export const createNotifier =
  (publish: PublishKept) =>
  async (tries: readonly DeliveryTry[], delayMs = 0, again = ''): Promise<number> => {
    const one = (each: DeliveryTry): Promise<'published' | 'failed'> => {
      const { eventId, endpointId, round, n } = each
      const message: NotificationMessage = { v: 1, kind: 'notification', eventId, endpointId, round, n }
      return publish({
        kind: 'notification',
        body: JSON.stringify(message),
        dedupId: `${dedupIdOf(each)}${again}`,
        // One endpoint that hangs must not take the turns of all others.
        flow: `notification_${endpointId}`,
        ...(delayMs > 0 ? { delayS: Math.ceil(delayMs / 1000) } : {}),
      })
    }
    let published = 0
    for (let from = 0; from < tries.length; from += AT_ONCE) {
      const outcomes = await Promise.all(tries.slice(from, from + AT_ONCE).map(one))
      published += outcomes.filter((outcome) => outcome === 'published').length
    }
    return published
  }

export type Notify = ReturnType<typeof createNotifier>
