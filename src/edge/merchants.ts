import type { ConsumerForEdge } from '../contracts/consumer.ts'
import type { KeyHolder } from '../domain/merchant.ts'

const KNOWN_TTL_MS = 60_000
/** Short: a key that was just created must soon work. Long enough that guessing keys costs the guesser, not D1. */
const UNKNOWN_TTL_MS = 5_000
const ENTRIES_MAX = 1_000

export interface FindMerchant {
  (keyHash: string): Promise<KeyHolder | null>
  /** What is remembered; undefined: somebody must be asked. */
  readonly known: (keyHash: string) => KeyHolder | null | undefined
}

/**
 * Merchants by the hash of their key, remembered per isolate. Only answers are kept, never promises: in Workers a promise
 * belongs to the request that made it. Throws when the consumer does not answer.
 */
export const createMerchantCache = (ask: ConsumerForEdge['merchantByKeyHash'], nowMs: () => number): FindMerchant => {
  const kept = new Map<string, { readonly holder: KeyHolder | null; readonly untilMs: number }>()
  const known = (keyHash: string) => {
    const found = kept.get(keyHash)
    return found && found.untilMs > nowMs() ? found.holder : undefined
  }
  const find = async (keyHash: string) => {
    const remembered = known(keyHash)
    if (remembered !== undefined) return remembered
    const holder = await ask(keyHash)
    kept.delete(keyHash)
    const oldest = kept.size >= ENTRIES_MAX ? kept.keys().next() : undefined
    if (oldest && !oldest.done) kept.delete(oldest.value)
    kept.set(keyHash, { holder, untilMs: nowMs() + (holder ? KNOWN_TTL_MS : UNKNOWN_TTL_MS) })
    return holder
  }
  return Object.assign(find, { known })
}
