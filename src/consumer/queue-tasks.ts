import { createD1DeadLetters } from '../adapters/d1-dead-letters.ts'
import { createD1OpenPayments } from '../adapters/d1-open-payments.ts'
import { createD1Sweeps } from '../adapters/d1-sweeps.ts'
import { createQstashDlq } from '../adapters/qstash-dlq.ts'
import { copyDeadLetters, watchDeadLetters } from './copy-dead-letters.ts'
import type { CronTask } from './cron.ts'
import type { ConsumerSettings } from './env.ts'
import { sweepPayments } from './sweep-payments.ts'

/** What looks for payments and messages that got lost. */
export const queueTasks = ({ database, qstash, consumerOrigin, payment }: ConsumerSettings): readonly CronTask[] => {
  const letters = createD1DeadLetters(database)
  const sweeps = createD1Sweeps(database)
  return [
    ...sweepPayments({ open: createD1OpenPayments(database), sweeps, payment }),
    copyDeadLetters({ list: createQstashDlq(qstash), letters, sweeps, consumerOrigin }),
    watchDeadLetters({ letters }),
  ]
}
