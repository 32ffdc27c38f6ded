import type { System } from './code/system.ts'
import type { Faults, Outage } from './faults.ts'
import type { Notes } from './notes.ts'
import type { Random } from './random.ts'
import { createPlace, type Place, type Scheduler } from './scheduler.ts'

/** What all parts of one shard share. */
export interface World {
  readonly system: System
  readonly scheduler: Scheduler
  readonly random: Random
  readonly faults: Faults
  readonly notes: Notes
  /** By name, where a policy decides between several; none in a world as it was before there was a choice. */
  readonly gateways: readonly string[]
  /** Slower, and nothing of it is ours: SQLite for the objects, and no text is remembered. The histories are the same. */
  readonly plain: boolean
}

/** Where steps run that belong to no isolate of ours: wires, other people's services, the shops. */
export const OUTSIDE: Place = createPlace('outside')

/** Mostly milliseconds, sometimes long enough to be overtaken by anything. */
export const latencyMs = ({ random }: World): number => {
  const kind = random.int(100)
  if (kind < 75) return random.between(1, 25)
  return kind < 97 ? random.between(20, 300) : random.between(300, 3_000)
}

export type Reply<Answer> = (answer: () => Answer) => void

/**
 * A question over the network from the place whose step it is. `deliver` runs at the other end and answers whenever it
 * likes; never, and the asker waits for ever. An answer to a place that has died meanwhile is lost.
 */
export const ask = <Answer>(world: World, deliver: (reply: Reply<Answer>) => void): Promise<Answer> => {
  const { scheduler } = world
  const asker = scheduler.place
  return new Promise<Answer>((resolve, reject) => {
    const leave = () =>
      scheduler.after(latencyMs(world), OUTSIDE, () =>
        deliver((answer) =>
          scheduler.after(latencyMs(world), asker, () => {
            try {
              resolve(answer())
            } catch (error) {
              reject(error)
            }
          }),
        ),
      )
    if (asker.gate) asker.gate(leave)
    else leave()
  })
}

/** The answer of a service that is down, or none at all. */
export const isDown = (world: World, outage: Outage): boolean => world.faults.during(outage, world.scheduler.nowMs)

export const refuse = (why: string) => (): never => {
  throw new Error(why)
}
