/** One call over a network, as seen where it arrived. Times are wall-clock ms with fractions. */
export interface Hop {
  readonly to: 'redis' | 'object' | 'database' | 'gateway'
  readonly what: string
  readonly fromMs: number
  readonly toMs: number
}

/** Two processes' clocks, and workerd's whole milliseconds, may disagree by this much. */
const CLOCK_SLACK_MS = 2

/**
 * The most hops before `atMs` of which each began when the one before had ended: round trips that add up. A hop that the
 * send itself happens inside of (the object's call, from which the gateway is called) counts by when it began.
 */
export const sequentialHops = (hops: readonly Hop[], atMs: number): readonly Hop[] => {
  const before = hops.filter(({ fromMs }) => fromMs < atMs).toSorted((a, b) => a.fromMs - b.fromMs)
  const longest: (readonly Hop[])[] = []
  before.forEach((hop, i) => {
    const chains = before
      .slice(0, i)
      .flatMap((earlier, j) => (earlier.toMs <= hop.fromMs + CLOCK_SLACK_MS ? [longest[j] ?? []] : []))
    const best = chains.reduce<readonly Hop[]>((most, chain) => (chain.length > most.length ? chain : most), [])
    longest[i] = [...best, hop]
  })
  return longest.reduce((most, chain) => (chain.length > most.length ? chain : most), [])
}
