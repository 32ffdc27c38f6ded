import { uniformInt } from 'pure-rand/distribution/uniformInt'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'

/** Choices that are the same for the same seed, and independent of those made for other purposes. */
export interface Random {
  /** 0 … below − 1. */
  below(below: number): number
  /** from … to, both included. */
  between(from: number, to: number): number
  chance(probability: number): boolean
  pick<Item>(items: readonly Item[]): Item
  shuffled<Item>(items: readonly Item[]): Item[]
  weighted<Item extends { readonly weight: number }>(items: readonly Item[]): Item
  /** Of the same seed, for one purpose: what is drawn here does not move what is drawn there. */
  fork(purpose: string): Random
}

/** FNV-1a, to make a number of a name. */
const hash = (text: string): number => {
  let value = 0x811c9dc5
  for (const letter of text) value = Math.imul(value ^ (letter.codePointAt(0) ?? 0), 0x01000193)
  return value | 0
}

export const createRandom = (seed: string): Random => {
  const generator = xoroshiro128plus(hash(seed))
  // The first few values of neighbouring seeds are alike.
  for (let i = 0; i < 8; i++) generator.next()
  const below = (limit: number): number => uniformInt(generator, 0, limit - 1)
  const random: Random = {
    below,
    between: (from, to) => uniformInt(generator, from, to),
    chance: (probability) => below(1_000_000) < probability * 1_000_000,
    pick: (items) => {
      const item = items[below(items.length)]
      if (item === undefined) throw new Error('nothing to pick from')
      return item
    },
    shuffled: (items) => {
      const mixed = [...items]
      for (let i = mixed.length - 1; i > 0; i--) {
        const j = below(i + 1)
        const [a, b] = [mixed[i], mixed[j]] as [(typeof mixed)[number], (typeof mixed)[number]]
        mixed[i] = b
        mixed[j] = a
      }
      return mixed
    },
    weighted: (items) => {
      let left = below(items.reduce((sum, { weight }) => sum + weight, 0))
      for (const item of items) {
        left -= item.weight
        if (left < 0) return item
      }
      throw new Error('nothing to pick from')
    },
    fork: (purpose) => createRandom(`${seed}/${purpose}`),
  }
  return random
}
