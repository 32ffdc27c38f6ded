/** Deliveries of five minutes at 30 a second; of more the oldest are forgotten first. */
const KEPT_MAX = 10_000

/**
 * The tokens of deliveries that are under way or done. QStash signs each try anew, so a token that comes again was sent by
 * somebody who had read it.
 *
 * What such a repetition could do: nothing to a payment, since every delivery is idempotent whoever repeats it, but it would
 * cost work at the vault, the object and D1, within the five minutes of the token's life. What this buys: that work, and an
 * alert that somebody reads our deliveries. It is therefore kept in memory, one set for each isolate: a row for each token
 * would cost every callback a write, to protect what is safe already.
 *
 * INVARIANT: a message is never lost by it. A delivery that failed gives its token back, should QStash repeat it as it was
 * after all; and what is refused QStash delivers again.
 */
export const createUsedTokens = () => {
  const untilMs = new Map<string, number>()
  return {
    /** False: it is in use, or has been. */
    take(jti: string, expiresAtMs: number, nowMs: number): boolean {
      const known = untilMs.get(jti)
      if (known !== undefined && known >= nowMs) return false
      untilMs.delete(jti)
      untilMs.set(jti, expiresAtMs)
      for (const [oldest, until] of untilMs) {
        if (until >= nowMs && untilMs.size <= KEPT_MAX) break
        untilMs.delete(oldest)
      }
      return true
    },
    giveBack(jti: string): void {
      untilMs.delete(jti)
    },
  }
}
