import { inTime } from '../adapters/in-time.ts'
import { describeError, log } from './log.ts'

/** Work that is done now and then and loses nothing by being done late, or twice. */
export interface CronTask {
  readonly name: string
  /** Asked every minute; due when the minute since the epoch is a multiple of this. */
  readonly everyMinutes: number
  /** What was done, in numbers, for the log. Throws when it could not; the next time it is due it is tried again. */
  readonly run: (nowMs: number) => Promise<Readonly<Record<string, number>>>
}

const MINUTE_MS = 60_000
/** One that hangs goes on by itself, and the others have their turn. */
const TURN_MS = 60_000

/** One after another: a sweep is in no hurry, and what one of them breaks on must not keep the others from their turn. */
export const runTasks = async (tasks: readonly CronTask[], nowMs: number, turnMs = TURN_MS): Promise<void> => {
  const minute = Math.floor(nowMs / MINUTE_MS)
  for (const { name, everyMinutes, run } of tasks) {
    if (minute % everyMinutes !== 0) continue
    try {
      log({ event: 'cron', task: name, ...(await inTime(name, run(nowMs), turnMs)) })
    } catch (error) {
      log({ event: 'cron_failed', task: name, error: describeError(error) })
    }
  }
}
