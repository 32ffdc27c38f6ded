import { type ExchangeRouteHealth, OWN_BYTES_MAX } from '../adapters/redis-route-health.ts'
import type { Router } from '../contracts/route.ts'

/** What this isolate saw is published so often at most, and what the others saw is heard. */
export const SHARE_EVERY_MS = 5_000
/** One that has not ended by then died with the object that it ran in. */
const ROUND_MS_MAX = 5_000
const COMPLAIN_EVERY_MS = 60_000

interface Ports {
  readonly router: Pick<Router, 'own' | 'hear'>
  readonly exchange: ExchangeRouteHealth
  /** Random, of this isolate. */
  readonly isolate: string
  readonly nowMs: () => number
  readonly sleep: (ms: number) => Promise<void>
  readonly onFailure: (error: unknown) => void
  /** Told once: from then on the others hear only what matters most. */
  readonly onTooLong: (length: number) => void
}

export interface RouteSharing {
  /** There is something to publish. */
  readonly observed: () => void
  /**
   * A round, now or once the last one is `SHARE_EVERY_MS` ago; null when there is one to come. It never rejects: without Redis the
   * router goes by what it sees itself. Nobody waits for it who has a payment to send.
   */
  readonly soon: () => Promise<void> | null
}

export const createRouteSharing = ({
  router,
  exchange,
  isolate,
  nowMs,
  sleep,
  onFailure,
  onTooLong,
}: Ports): RouteSharing => {
  let unpublished = false
  let lastAtMs = Number.NEGATIVE_INFINITY
  let complainedAtMs = Number.NEGATIVE_INFINITY
  let toldTooLong = false
  let under: { readonly fromMs: number; readonly untilMs: number } | undefined

  const own = (atMs: number): string => {
    const whole = router.own(atMs)
    if (whole.length <= OWN_BYTES_MAX) return whole
    if (!toldTooLong) onTooLong(whole.length)
    toldTooLong = true
    return router.own(atMs, OWN_BYTES_MAX)
  }

  const round = async (delayMs: number): Promise<void> => {
    if (delayMs > 0) await sleep(delayMs)
    const atMs = nowMs()
    lastAtMs = atMs
    const publishes = unpublished
    unpublished = false
    try {
      const others = await exchange(isolate, publishes ? own(atMs) : '', atMs)
      router.hear(others, nowMs())
    } catch (error) {
      unpublished ||= publishes
      if (Math.abs(atMs - complainedAtMs) >= COMPLAIN_EVERY_MS) {
        complainedAtMs = atMs
        onFailure(error)
      }
    } finally {
      under = undefined
    }
  }

  return {
    observed: () => {
      unpublished = true
    },
    soon: () => {
      const atMs = nowMs()
      if (under && atMs >= under.fromMs && atMs < under.untilMs) return null
      const delayMs = Math.min(SHARE_EVERY_MS, Math.max(0, lastAtMs + SHARE_EVERY_MS - atMs))
      under = { fromMs: atMs, untilMs: atMs + delayMs + ROUND_MS_MAX }
      return round(delayMs)
    },
  }
}
