import type { CronTask } from './cron.ts'
import type { ConsumerSettings } from './env.ts'
import { ledgerTasks } from './ledger-tasks.ts'
import { personalDataTasks } from './personal-retention.ts'
import { queueTasks } from './queue-tasks.ts'
import { webhookTasks } from './webhook-tasks.ts'

/** All that the consumer does by the clock. The ledger first: it waits for nobody but D1, and must be sealed within minutes. */
export const tasksOf = (settings: ConsumerSettings): readonly CronTask[] => [
  ...ledgerTasks(settings),
  ...queueTasks(settings),
  ...webhookTasks(settings),
  ...personalDataTasks(settings),
]
