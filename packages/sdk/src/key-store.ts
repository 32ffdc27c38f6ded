type MaybePromise<Value> = Value | Promise<Value>

/**
 * Where idempotency keys are kept, by the name of what they are for. A key that is forgotten, or that makes way for another
 * because the invoice is tried with another number, costs no money: the server knows the invoice too. What forgetting costs is the answer to "did my first request arrive?" after a crash, so a shop's server
 * uses a store that outlives its process.
 */
export interface KeyStore {
  get(name: string): MaybePromise<string | null>
  set(name: string, value: string): MaybePromise<void>
  delete(name: string): MaybePromise<void>
}

/** For tests, scripts and short-lived Workers: forgotten with the process. */
export const memoryKeyStore = (): KeyStore => {
  const kept = new Map<string, string>()
  return {
    get: (name) => kept.get(name) ?? null,
    set: (name, value) => void kept.set(name, value),
    delete: (name) => void kept.delete(name),
  }
}

interface WebStorage {
  getItem(name: string): string | null
  setItem(name: string, value: string): void
  removeItem(name: string): void
}

/** In a browser's `localStorage` or `sessionStorage`. Where the browser refuses to store, keys are kept in memory. */
export const webStorageKeyStore = (storage: WebStorage, prefix = 'lango:'): KeyStore => {
  const memory = memoryKeyStore()
  const tried = <Value>(work: () => Value): Value | undefined => {
    try {
      return work()
    } catch {
      // Private windows and full storages throw; the keys in memory still serve this page.
      return undefined
    }
  }
  return {
    get: (name) => tried(() => storage.getItem(prefix + name)) ?? memory.get(name),
    set: async (name, value) => {
      await memory.set(name, value)
      tried(() => storage.setItem(prefix + name, value))
    },
    delete: async (name) => {
      await memory.delete(name)
      tried(() => storage.removeItem(prefix + name))
    },
  }
}
