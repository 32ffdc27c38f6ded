import type { CronTask } from './cron.ts'
import type { ConsumerSettings } from './env.ts'

/** All that the consumer does by the clock. */
export const tasksOf = (_settings: ConsumerSettings): readonly CronTask[] => []
