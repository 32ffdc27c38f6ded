import type { KeyStore } from './key-store.ts'

/** One kept key. `attempt`: how many attempts its payment had when an answer to it was last seen. */
interface Kept {
  readonly key: string
  readonly expiresAtMs: number
  readonly attempt?: number
}

/** As long as the server remembers a key. */
const KEPT_FOR_MS = 30 * 24 * 3_600_000

const read = (text: string | null): Kept | null => {
  if (text === null) return null
  try {
    const kept = JSON.parse(text) as Partial<Kept>
    return typeof kept.key === 'string' && typeof kept.expiresAtMs === 'number' ? (kept as Kept) : null
  } catch {
    return null
  }
}

export interface Keys {
  /** The key of this name: the kept one, or a new one that is stored before it is returned. */
  keyFor(name: string): Promise<string>
  /** Notes what is known of it now. `expiresAtMs`: from then on the name gets a new key. */
  answered(
    name: string,
    key: string,
    known: { readonly attempt?: number; readonly expiresAtMs?: number },
  ): Promise<void>
  /** Its request has come to a definite end: the next one of this name is another. */
  spent(name: string, key: string): Promise<void>
  /**
   * The same, when a payment was seen to have failed: but only if the key is known to be the one of that very attempt. One
   * that was never answered may be of the next attempt, which is on its way while this one is read.
   */
  spentBy(name: string, attempt: number): Promise<void>
  /**
   * The server has this key for other content: it makes way for another. `putBack` when the other was not taken either: the
   * name has the first again, and its request stays the same request.
   */
  another(name: string, key: string): Promise<{ readonly key: string; readonly putBack: () => Promise<void> }>
}

export const createKeys = (store: KeyStore, nowMs: () => number, newKey: () => string): Keys => {
  // Two calls at once for one name must not make two keys.
  const making = new Map<string, Promise<string>>()
  const load = async (name: string): Promise<Kept | null> => {
    const kept = read(await store.get(name))
    return kept && kept.expiresAtMs > nowMs() ? kept : null
  }
  const make = async (name: string): Promise<string> => {
    const kept = await load(name)
    if (kept) return kept.key
    const key = newKey()
    await store.set(name, JSON.stringify({ key, expiresAtMs: nowMs() + KEPT_FOR_MS } satisfies Kept))
    return key
  }
  const keyFor = (name: string): Promise<string> => {
    const begun = making.get(name)
    if (begun) return begun
    const key = make(name).finally(() => making.delete(name))
    making.set(name, key)
    return key
  }
  const spent = async (name: string, key: string): Promise<void> => {
    if ((await load(name))?.key === key) await store.delete(name)
  }
  return {
    keyFor,
    answered: async (name, key, known) => {
      const kept = await load(name)
      if (kept?.key === key) await store.set(name, JSON.stringify({ ...kept, ...known } satisfies Kept))
    },
    spent,
    spentBy: async (name, attempt) => {
      if ((await load(name))?.attempt === attempt) await store.delete(name)
    },
    another: async (name, key) => {
      const first = await store.get(name)
      await spent(name, key)
      const other = await keyFor(name)
      const putBack = async () => {
        if (first !== null && (await load(name))?.key === other) await store.set(name, first)
      }
      return { key: other, putBack }
    },
  }
}
