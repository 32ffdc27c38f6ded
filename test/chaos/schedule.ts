import { LANES, type Lane, type SystemFault } from './faults.ts'
import type { Random } from './random.ts'

export interface Planned {
  readonly fault: SystemFault
  /** From the beginning of the load. */
  readonly atMs: number
}

/** What is left at the end, for what has just begun to strike. */
const LAST_MS = 1_500
const FIRST_MS = 600
/** Restarting takes a second or two; in between something should go on. */
const PAUSE_MS: Readonly<Record<Lane, readonly [from: number, to: number]>> = {
  workerd: [2_500, 9_000],
  network: [300, 1_800],
  redis: [300, 1_800],
  qstash: [300, 1_800],
  gateway: [300, 2_000],
  d1: [1_500, 6_000],
}
/** A fault with `ms` 0 is not instant: a restart, a point that has yet to be reached. */
const INSTANT_MS: Readonly<Partial<Record<Lane, number>>> = { workerd: 3_000 }

/**
 * Which faults strike when: each part has its own line of faults, so that several parts fail at a time; within a line, all
 * kinds come once in a random order before any comes again.
 */
export const schedule = (random: Random, durationMs: number, faults: readonly SystemFault[]): Planned[] =>
  LANES.flatMap((lane) => {
    const draw = random.fork(lane)
    const ofLane = faults.filter((fault) => fault.lane === lane)
    const planned: Planned[] = []
    let round: SystemFault[] = []
    let atMs = FIRST_MS + draw.below(1_000)
    while (ofLane.length > 0) {
      if (round.length === 0) round = draw.shuffled(ofLane)
      const fault = round.shift() as SystemFault
      const takesMs = fault.ms || (INSTANT_MS[lane] ?? 0)
      if (atMs + takesMs > durationMs - LAST_MS) return planned
      planned.push({ fault, atMs })
      atMs += takesMs + draw.between(...PAUSE_MS[lane])
    }
    return planned
  })
