import type { GatewayToken } from '../contracts/vault-core.ts'

/** A token is not used in its last minute, or in its last half if it lives less than two: a request may be under way for long. */
const MARGIN_MS = 60_000
/** A fetch that has not ended by then belongs to a request that was cancelled. */
const FLIGHT_MS_MAX = 12_000

export interface TokenCachePorts {
  /** null: the gateway gave none. Never throws. */
  readonly fetchToken: () => Promise<GatewayToken | null>
  readonly nowMs: () => number
  readonly sleep: (ms: number) => Promise<void>
}

type KeepAlive = (work: Promise<unknown>) => void

/** The token of one gateway. Lives as long as the isolate, is written nowhere, and is fetched once for all who wait for it. */
export const createTokenCache = ({ fetchToken, nowMs, sleep }: TokenCachePorts) => {
  let kept: { readonly token: string; readonly untilMs: number } | null = null
  let flight: { readonly done: Promise<string | null>; readonly atMs: number } | null = null

  const current = (): string | undefined => (kept && nowMs() < kept.untilMs ? kept.token : undefined)

  const fetchOnce = async (): Promise<string | null> => {
    const askedMs = nowMs()
    const fetched = await fetchToken()
    if (!fetched) return null
    const lifeMs = fetched.expiresInS * 1000
    kept = { token: fetched.token, untilMs: askedMs + lifeMs - Math.min(MARGIN_MS, lifeMs / 2) }
    return fetched.token
  }

  /** `keepAlive` holds the fetch when its own request is cancelled: others may be waiting for it. */
  const fetch = async (keepAlive: KeepAlive): Promise<string | null> => {
    if (flight && nowMs() - flight.atMs < FLIGHT_MS_MAX)
      return Promise.race([flight.done, sleep(FLIGHT_MS_MAX).then(() => null)])
    const mine = { done: fetchOnce(), atMs: nowMs() }
    flight = mine
    keepAlive(mine.done)
    try {
      return await mine.done
    } finally {
      if (flight === mine) flight = null
    }
  }

  return {
    /** undefined: there is none that can still be used. */
    current,
    fetch,
    /** Another one than the one that was refused; who comes later takes what was fetched meanwhile. */
    async renew(refused: string, keepAlive: KeepAlive): Promise<string | null> {
      if (kept?.token === refused) kept = null
      return current() ?? fetch(keepAlive)
    },
  }
}

export type TokenCache = ReturnType<typeof createTokenCache>
