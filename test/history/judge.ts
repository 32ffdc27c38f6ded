import type { Claim, Judgement } from './history.ts'

const NAMED_MAX = 20

/** Collects what one claim was judged on. */
export interface Judge {
  /** One more fact looked at. */
  look(): void
  violation(what: string): void
  done(): Judgement
}

export const createJudge = (claim: Claim, says: string): Judge => {
  const violations: string[] = []
  let judged = 0
  let broken = false
  return {
    look() {
      judged += 1
    },
    violation(what) {
      broken = true
      if (violations.length < NAMED_MAX) violations.push(what)
    },
    done: () => ({ claim, says, holds: !broken, judged, violations }),
  }
}
