import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'

/** All chance in a shard comes from one of these. */
export interface Random {
  /** 0 ≤ n < `below`. */
  int(below: number): number
  /** `low` ≤ n < `high`. */
  between(low: number, high: number): number
  chance(probability: number): boolean
  pick<Item>(items: readonly [Item, ...Item[]]): Item
  bytes(count: number): Uint8Array
}

const MIX = 0x9e3779b1

/** One number from two, well mixed: neighbours of a seed have nothing in common. */
export const mix = (a: number, b: number): number => {
  let h = (Math.imul(a ^ 0x85ebca6b, MIX) + Math.imul(b ^ 0xc2b2ae35, 0x27d4eb2f)) | 0
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d)
  h = Math.imul(h ^ (h >>> 12), 0x297a2d39)
  return (h ^ (h >>> 15)) | 0
}

export const createRandom = (seed: number): Random => {
  const generator = xoroshiro128plus(seed)
  const unit = (): number => (generator.next() >>> 0) / 0x1_0000_0000
  return {
    int: (below) => Math.floor(unit() * below),
    between: (low, high) => low + Math.floor(unit() * (high - low)),
    chance: (probability) => probability > 0 && unit() < probability,
    pick: (items) => items[Math.floor(unit() * items.length)] ?? items[0],
    bytes: (count) => Uint8Array.from({ length: count }, () => generator.next() & 0xff),
  }
}
