import type { LinkSigner } from '../contracts/consumer.ts'
import type { KeyHolder } from '../domain/merchant.ts'

const KNOWN_TTL_MS = 60_000
/** Short: a key that was just created must soon work. Long enough that guessing keys costs the guesser, not D1. */
const UNKNOWN_TTL_MS = 5_000
const ENTRIES_MAX = 1_000

export interface Find<Found> {
  (name: string): Promise<Found | null>
  /** What is remembered; undefined: somebody must be asked. */
  readonly known: (name: string) => Found | null | undefined
}

/** Who holds a key, by its SHA-256. */
export type FindMerchant = Find<KeyHolder>
/** Who signs links, by the id of the key. */
export type FindSigner = Find<LinkSigner>

/**
 * Merchants by the hash or the id of their key, remembered per isolate. Only answers are kept, never promises: in Workers a promise
 * belongs to the request that made it. Throws when the consumer does not answer.
 */
export const createMerchantCache = <Found>(
  ask: (name: string) => Promise<Found | null>,
  nowMs: () => number,
): Find<Found> => {
  const kept = new Map<string, { readonly found: Found | null; readonly untilMs: number }>()
  const known = (name: string) => {
    const entry = kept.get(name)
    return entry && entry.untilMs > nowMs() ? entry.found : undefined
  }
  const find = async (name: string) => {
    const remembered = known(name)
    if (remembered !== undefined) return remembered
    const found = await ask(name)
    kept.delete(name)
    const oldest = kept.size >= ENTRIES_MAX ? kept.keys().next() : undefined
    if (oldest && !oldest.done) kept.delete(oldest.value)
    kept.set(name, { found, untilMs: nowMs() + (found ? KNOWN_TTL_MS : UNKNOWN_TTL_MS) })
    return found
  }
  return Object.assign(find, { known })
}
