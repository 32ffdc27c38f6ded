import { freshId } from './message.ts'
import type { Store } from './store.ts'

export interface SigningKeys {
  readonly current: string
  readonly next: string
}

/** Rotated keys outlive a restart, unless the caller brings keys of its own. */
export const createKeys = (store: Store, initial: SigningKeys, brought: boolean) => {
  const load = (): SigningKeys => {
    const kept = brought ? null : store.setting('signing_keys')
    return kept === null ? initial : (JSON.parse(kept) as SigningKeys)
  }
  let keys = load()
  return {
    get: () => keys,
    /** current := next, next := a new one. Twice without telling the receiver, and it believes nothing any more. */
    rotate: (): SigningKeys => {
      keys = { current: keys.next, next: freshId('sig_') }
      store.set('signing_keys', JSON.stringify(keys))
      return keys
    },
    reset: () => {
      keys = initial
    },
  }
}

export type Keys = ReturnType<typeof createKeys>
