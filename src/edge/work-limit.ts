/** How much of one kind of work an isolate does at once. */
export interface WorkLimit {
  /** Takes a place; null when there is none. What is returned gives the place back. */
  enter(): (() => void) | null
}

/**
 * Under more work than it can do, an isolate that takes on everything ends nothing in time: each piece waits for all others,
 * until whoever sent it sends it again. So it takes what it can end, and refuses the rest at once, which costs next to nothing.
 *
 * A request whose client went away may be ended by the platform in the middle, and gives nothing back: a place is free again
 * after `heldMs`.
 */
export const createWorkLimit = (places: number, heldMs: number, nowMs: () => number): WorkLimit => {
  /** Since when each place is taken, oldest first. */
  const taken = new Map<symbol, number>()
  const free = () => {
    const lapsedMs = nowMs() - heldMs
    for (const [place, atMs] of taken) {
      if (atMs > lapsedMs) break
      taken.delete(place)
    }
  }
  return {
    enter() {
      if (taken.size >= places) free()
      if (taken.size >= places) return null
      const place = Symbol()
      taken.set(place, nowMs())
      return () => void taken.delete(place)
    },
  }
}
