/** Numbers in [0, 1) that are the same for the same seed (mulberry32). */
export const seeded = (seed: number): (() => number) => {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** A fixed number of milliseconds, or a log-normal distribution by its median and its 99th percentile. */
export type Latency = number | { readonly p50: number; readonly p99: number }

/** The 99th percentile of the standard normal distribution. */
const Z99 = 2.3263

export const sampleMs = (latency: Latency, random: () => number): number => {
  if (typeof latency === 'number') return latency
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
  const sigma = Math.log(latency.p99 / latency.p50) / Z99
  return Math.round(latency.p50 * Math.exp(sigma * normal))
}
