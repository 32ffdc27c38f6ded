import { createD1EventLog } from '../adapters/d1-event-log.ts'
import { createD1WebhookDeliveries } from '../adapters/d1-webhook-deliveries.ts'
import { createD1WebhookSettling } from '../adapters/d1-webhook-settling.ts'
import type { CronTask } from './cron.ts'
import type { ConsumerSettings } from './env.ts'
import { notifierOf } from './webhook-deps.ts'

/** The queue delivers within seconds, and a try takes less than a minute. */
const OVERDUE_MS = 90_000
const AGAIN_MS = 300_000
/** Of an endpoint that fails, about as many as one that hangs is done with in a minute (ten at once, 20 s each); and of all. */
const SWEPT = { ofFailing: 25, inAll: 500 }
const STALLED_MAX = 50
/** A shop that was away for longer reads its payments from `GET /v1/payments`. */
const KEPT_MS = 90 * 24 * 3_600_000
const FORGOTTEN_MAX = 500
/** In one go: more than arrive between two, at 30 payments a second. */
const FORGOTTEN_TIMES_MAX = 40
/** Portions of a thousand rows in a run, and endpoints that have their turns in it. */
const PORTIONS_MAX = 10

/**
 * Tries whose message was never published or never came: the queue was away, or a Worker died between the commit and the
 * publish, or in the middle of a request. And queues of which nothing is on its way.
 */
export const webhookTasks = (settings: ConsumerSettings): readonly CronTask[] => [
  {
    name: 'webhook_sweep',
    everyMinutes: 1,
    run: async (nowMs) => {
      const deliveries = createD1WebhookDeliveries(settings.database)
      const overdue = await deliveries.overdue(nowMs, OVERDUE_MS, AGAIN_MS, SWEPT)
      const stalled = await deliveries.stalled(nowMs, STALLED_MAX)
      // Another id each time: the queue may have taken the first one, and would pass over it.
      const published = await notifierOf(settings)([...overdue, ...stalled], 0, `_${Math.floor(nowMs / 60_000)}`)
      return { overdue: overdue.length, stalled: stalled.length, published }
    },
  },
  {
    name: 'webhook_settling',
    everyMinutes: 1,
    run: async (nowMs) => {
      const settling = createD1WebhookSettling(settings.database)
      const waiting = [...(await settling.unsettled(PORTIONS_MAX))]
      const counts = { endpoints: waiting.length, rows: 0 }
      for (let i = 0; i < PORTIONS_MAX; i++) {
        const next = waiting.shift()
        if (!next) break
        const { rows, more, due } = await settling.portion(next, nowMs)
        counts.rows += rows
        if (more) waiting.push(next)
        await notifierOf(settings)(due)
      }
      return counts
    },
  },
  {
    name: 'event_retention',
    everyMinutes: 10,
    run: async (nowMs) => {
      const log = createD1EventLog(settings.database)
      let events = 0
      for (let i = 0; i < FORGOTTEN_TIMES_MAX; i++) {
        const forgotten = await log.forget(nowMs - KEPT_MS, FORGOTTEN_MAX)
        events += forgotten
        if (forgotten < FORGOTTEN_MAX) break
      }
      return { events }
    },
  },
]
