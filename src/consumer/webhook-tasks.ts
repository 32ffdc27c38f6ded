import { createD1WebhookDeliveries } from '../adapters/d1-webhook-deliveries.ts'
import type { CronTask } from './cron.ts'
import type { ConsumerSettings } from './env.ts'
import { notifierOf } from './webhook-deps.ts'

/** The queue delivers within seconds, and a try takes less than a minute. */
const OVERDUE_MS = 90_000
const AGAIN_MS = 300_000
const SWEPT_MAX = 500

/**
 * Tries whose message was never published or never came: the queue was away, or a Worker died between the commit and the
 * publish, or in the middle of a request.
 */
export const webhookTasks = (settings: ConsumerSettings): readonly CronTask[] => [
  {
    name: 'webhook_sweep',
    everyMinutes: 1,
    run: async (nowMs) => {
      const tries = await createD1WebhookDeliveries(settings.database).overdue(nowMs, OVERDUE_MS, AGAIN_MS, SWEPT_MAX)
      // Another id each time: the queue may have taken the first one, and would pass over it.
      const published = await notifierOf(settings)(tries, 0, `_${Math.floor(nowMs / 60_000)}`)
      return { overdue: tries.length, published }
    },
  },
]
