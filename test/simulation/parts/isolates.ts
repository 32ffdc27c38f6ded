import type { LightResponse } from '../code/http.ts'
import type { Worker } from '../code/system.ts'
import { createPlace, type Place } from '../scheduler.ts'
import { latencyMs, OUTSIDE, type World } from '../world.ts'

interface Isolate {
  readonly place: Place
  readonly worker: Worker
  /** Whoever waits for an answer of it: told that there will be none. */
  readonly asking: Set<() => void>
}

/** A Worker that runs in several isolates; a request comes to any of them. */
export const createIsolates = (world: World, name: string, count: number, create: () => Worker, env: unknown) => {
  const { scheduler, random } = world
  const fresh = (): Isolate => ({ place: createPlace(name), worker: create(), asking: new Set() })
  const isolates = Array.from({ length: count }, fresh)
  return {
    /** The answer, or null when the isolate died over it. */
    fetch: (request: Request): Promise<LightResponse | null> =>
      new Promise((resolve) => {
        scheduler.after(latencyMs(world), OUTSIDE, () => {
          const isolate = isolates[random.int(count)] as Isolate
          const answered = (response: LightResponse | null) => {
            if (isolate.asking.delete(died)) scheduler.after(latencyMs(world), OUTSIDE, () => resolve(response))
          }
          const died = () => answered(null)
          isolate.asking.add(died)
          scheduler.after(0, isolate.place, () => {
            void isolate.worker.fetch(request, env, { waitUntil: () => {} }).then(answered, died)
          })
        })
      }),
    has: (place: Place): boolean => place.name === name,
    /** It dies, with all that it was doing; another takes its place. */
    crash: (place: Place): void => {
      const at = isolates.findIndex((each) => each.place === place)
      const isolate = isolates[at]
      if (!isolate) return
      place.dead = true
      isolates[at] = fresh()
      for (const died of isolate.asking) died()
    },
  }
}
