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

/** After a fault that took longer than planned, the part works for a while before the next one; after a restart, longer. */
const REST_MS = 500
const RESTARTS_APART = 2

/**
 * Runs each part's line of faults beside the others, from `fromMs` to `toMs` of the load. What has not begun by then is not
 * begun. Adds to `spans` as faults end, and keeps in `now` what is going wrong.
 */
export const strike = async (
  world: World,
  planned: readonly Planned[],
  time: { readonly passedMs: () => number; readonly fromMs: number; readonly toMs: number },
  spans: Span[],
  now: Map<string, string>,
): Promise<void> => {
  const { passedMs, toMs } = time
  const line = async (lane: Lane): Promise<void> => {
    let restedMs = 0
    for (const { fault, atMs } of planned.filter((each) => each.fault.lane === lane)) {
      await sleep(Math.max(0, restedMs - passedMs(), time.fromMs + atMs - passedMs()))
      if (passedMs() >= toMs) return
      const fromMs = passedMs()
      now.set(lane, fault.name)
      const running = await fault.begin(world)
      await sleep(Math.max(0, fromMs + fault.ms - passedMs()))
      const patientMs = Math.min(toMs, passedMs() + fault.ms * PATIENCE)
      while (running.hits() === 0 && passedMs() < patientMs) await sleep(100)
      const hits = running.hits()
      await running.end()
      now.delete(lane)
      const { label } = running
      spans.push({ name: fault.name, lane, fromMs, toMs: passedMs(), hits, ...(label ? { label } : {}) })
      restedMs = passedMs() + (fault.ms > 0 ? REST_MS : RESTARTS_APART * (passedMs() - fromMs))
    }
  }
  await Promise.all(LANES.map(line))
}
