/**
 * Spares an isolate the wait for a part that is down: after `failuresMax` failures in a row nothing is tried for
 * `pauseMs`, then one try in each `pauseMs` until one succeeds.
 */
export const createCircuitBreaker = (options: {
  readonly failuresMax: number
  readonly pauseMs: number
  readonly nowMs: () => number
}) => {
  let failures = 0
  let closedUntilMs = 0
  return {
    /** Asking is taking the try: whoever is told `true` reports back. */
    mayTry(): boolean {
      if (failures < options.failuresMax) return true
      if (options.nowMs() < closedUntilMs) return false
      closedUntilMs = options.nowMs() + options.pauseMs
      return true
    },
    succeeded(): void {
      failures = 0
    },
    failed(): void {
      failures += 1
      if (failures >= options.failuresMax) closedUntilMs = options.nowMs() + options.pauseMs
    },
  }
}
