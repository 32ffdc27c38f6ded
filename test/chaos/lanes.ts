import { setTimeout as sleep } from 'node:timers/promises'
import { LANES, type Lane, type World } from './faults.ts'
import type { Planned } from './schedule.ts'

/** One fault that was begun. Times from the beginning of the load. */
export interface Span {
  readonly name: string
  readonly lane: Lane
  readonly fromMs: number
  readonly toMs: number
  readonly label?: string
  /** How often it struck; `later`: the history tells. */
  readonly hits: number | 'later'
}

/** A fault that has struck nobody yet stays for that many times its length: it is there to be met. */
const PATIENCE = 3

/**
 * Runs each part's line of faults beside the others. What has not begun when the load ends is not begun. Adds to `spans`
 * as faults end, and keeps in `now` what is going wrong.
 */
export const strike = async (
  world: World,
  planned: readonly Planned[],
  beganMs: number,
  durationMs: number,
  spans: Span[],
  now: Map<string, string>,
): Promise<void> => {
  const passedMs = () => Date.now() - beganMs
  const line = async (lane: Lane): Promise<void> => {
    for (const { fault, atMs } of planned.filter((each) => each.fault.lane === lane)) {
      await sleep(Math.max(0, atMs - passedMs()))
      if (passedMs() >= durationMs) return
      const fromMs = passedMs()
      now.set(lane, fault.name)
      const running = await fault.begin(world)
      const untilMs = fromMs + fault.ms
      await sleep(Math.max(0, untilMs - passedMs()))
      while (fault.ms > 0 && running.hits() === 0 && passedMs() < Math.min(durationMs, fromMs + fault.ms * PATIENCE))
        await sleep(100)
      const hits = running.hits()
      await running.end()
      now.delete(lane)
      const { label } = running
      spans.push({ name: fault.name, lane, fromMs, toMs: passedMs(), hits, ...(label ? { label } : {}) })
    }
  }
  await Promise.all(LANES.map(line))
}
