import type { PublicKey } from '../contracts/vault-core.ts'

const TTL_MS = 12 * 60 * 60 * 1000
/** Forged callbacks must not be a lever against the gateway: however many come, it is asked no more often. */
const REFETCH_PAUSE_MS = 60_000
/** With nothing to judge by, every callback waits for the keys, and the gateway sends each again for minutes only. */
const FIRST_FETCH_PAUSE_MS = 5_000
/** A fetch that has not ended by then belongs to a request that was cancelled. */
const FLIGHT_MS_MAX = 8_000

export interface KeyCachePorts {
  /** null: the gateway's keys could not be had. Never throws. */
  readonly fetchKeys: () => Promise<readonly PublicKey[] | null>
  readonly nowMs: () => number
  readonly sleep: (ms: number) => Promise<void>
}

export type Refetched =
  | { readonly kind: 'keys'; readonly keys: readonly PublicKey[] }
  /** Too soon after the last fetch. */
  | { readonly kind: 'paused' }
  | { readonly kind: 'failed' }

/** The public keys of one gateway origin. Lives as long as the isolate. */
export const createKeyCache = ({ fetchKeys, nowMs, sleep }: KeyCachePorts) => {
  let kept: { readonly keys: readonly PublicKey[]; readonly atMs: number } | null = null
  let flight: { readonly done: Promise<Refetched>; readonly atMs: number } | null = null
  let triedAtMs: number | null = null

  const current = (): readonly PublicKey[] | null => (kept && nowMs() - kept.atMs < TTL_MS ? kept.keys : null)

  const fetchOnce = async (): Promise<Refetched> => {
    const keys = await fetchKeys()
    if (!keys) return { kind: 'failed' }
    kept = { keys, atMs: nowMs() }
    return { kind: 'keys', keys }
  }

  return {
    /** null: nothing is known, or what is known is too old to be believed. */
    current,
    /**
     * Asks the gateway, at most once per pause; whoever comes while a fetch is under way waits for that one. `keepAlive`
     * holds the fetch when its own request is cancelled: others may be waiting for it.
     */
    async refetch(keepAlive: (work: Promise<unknown>) => void): Promise<Refetched> {
      const startedMs = nowMs()
      if (flight && startedMs - flight.atMs < FLIGHT_MS_MAX) {
        return Promise.race([flight.done, sleep(FLIGHT_MS_MAX).then((): Refetched => ({ kind: 'failed' }))])
      }
      const pauseMs = current() ? REFETCH_PAUSE_MS : FIRST_FETCH_PAUSE_MS
      if (triedAtMs !== null && Math.abs(startedMs - triedAtMs) < pauseMs) return { kind: 'paused' }
      triedAtMs = startedMs
      const mine = { done: fetchOnce(), atMs: startedMs }
      flight = mine
      keepAlive(mine.done)
      try {
        return await mine.done
      } finally {
        if (flight === mine) flight = null
      }
    },
  }
}

export type KeyCache = ReturnType<typeof createKeyCache>
