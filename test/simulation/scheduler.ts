import type { Random } from './random.ts'

/** Where code runs: an isolate, or one instance of an object. Dead, nothing of it ever runs again. */
export interface Place {
  readonly name: string
  dead: boolean
  /** How far its clock is from the true one. */
  skewMs: number
  /** Holds back what leaves the place until what it wrote is durable. */
  gate?: (leave: () => void) => void
}

export const createPlace = (name: string): Place => ({ name, dead: false, skewMs: 0 })

interface Step {
  readonly atMs: number
  readonly order: number
  readonly place: Place
  run: (() => void) | null
}

const before = (a: Step, b: Step): boolean => a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order)

/** Between two steps all promises that can go on have gone on: that many are queued at once to save turns of Node's loop. */
const BATCH = 512

/**
 * Virtual time, and the only thing that decides who goes next. A step is the completion of one wait: until the next step
 * only code of its place runs. Steps of the same millisecond come in an order drawn by lot.
 */
export class Scheduler {
  nowMs: number
  /** Whose step it is. */
  place: Place
  steps = 0
  /** Called between steps, when nothing can go on by itself. */
  settle: () => void = () => {}
  /** Asked before a place goes on: `false` and the step is gone (its place has just been struck). */
  mayStep: (place: Place) => boolean = () => true
  readonly #random: Random
  readonly #heap: Step[] = []
  #failure: unknown

  constructor(random: Random, startMs: number) {
    this.#random = random
    this.nowMs = startMs
    this.place = createPlace('nowhere')
  }

  /** Runs `run` at `place` after `delayMs`, unless the place is dead by then. Returns how to take it back. */
  after(delayMs: number, place: Place, run: () => void): () => void {
    const atMs = this.nowMs + Math.max(0, Math.round(delayMs))
    const step: Step = { atMs, order: this.#random.int(0x4000_0000), place, run }
    this.#push(step)
    return () => {
      step.run = null
    }
  }

  /** A promise of the current place, resolved by a step of its own. */
  wait(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      this.after(delayMs, this.place, resolve)
    })
  }

  fail(error: unknown): void {
    this.#failure ??= error
  }

  /** Runs until nothing is left, or `untilMs`, or `stepsMax` steps. True when nothing is left. */
  run(untilMs: number, stepsMax = Number.POSITIVE_INFINITY): Promise<boolean> {
    const limit = this.steps + stepsMax
    return new Promise((resolve, reject) => {
      let done = false
      let left = 0
      const turn = () => {
        left -= 1
        if (!done) {
          try {
            this.settle()
            const next = this.#heap[0]
            if (this.#failure !== undefined || !next || next.atMs > untilMs || this.steps >= limit) done = true
            else this.#step()
          } catch (error) {
            this.fail(error)
            done = true
          }
        }
        if (left > 0) return
        if (!done) return batch()
        if (this.#failure !== undefined) reject(this.#failure)
        else resolve(this.#heap.length === 0)
      }
      const batch = () => {
        left = BATCH
        for (let i = 0; i < BATCH; i++) setImmediate(turn)
      }
      batch()
    })
  }

  #step(): void {
    const step = this.#pop()
    if (!step.run || step.place.dead) return
    this.nowMs = step.atMs
    this.steps += 1
    if (!this.mayStep(step.place)) return
    this.place = step.place
    step.run()
  }

  #push(step: Step): void {
    const heap = this.#heap
    let i = heap.length
    heap.push(step)
    while (i > 0) {
      const parent = (i - 1) >> 1
      const above = heap[parent] as Step
      if (before(above, step)) break
      heap[i] = above
      i = parent
    }
    heap[i] = step
  }

  #pop(): Step {
    const heap = this.#heap
    const top = heap[0] as Step
    const last = heap.pop() as Step
    if (heap.length === 0) return top
    let i = 0
    for (;;) {
      let child = 2 * i + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && before(heap[child + 1] as Step, heap[child] as Step)) child += 1
      if (before(last, heap[child] as Step)) break
      heap[i] = heap[child] as Step
      i = child
    }
    heap[i] = last
    return top
  }
}
