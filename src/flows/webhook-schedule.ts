import type { TryOutcome } from '../contracts/webhook-delivery.ts'

const SECOND_MS = 1_000
const MINUTE_MS = 60 * SECOND_MS
const HOUR_MS = 60 * MINUTE_MS

/** Between one try and the next, as Standard Webhooks 1.0 publishes it: ten tries in a little over three days. */
const PAUSES_MS = [
  5 * SECOND_MS,
  5 * MINUTE_MS,
  30 * MINUTE_MS,
  2 * HOUR_MS,
  5 * HOUR_MS,
  10 * HOUR_MS,
  14 * HOUR_MS,
  20 * HOUR_MS,
  24 * HOUR_MS,
]
export const TRIES_MAX = PAUSES_MS.length + 1
/** Nothing but failures for this long, and the endpoint is disabled. As long as one event is tried. */
export const FAILING_MS_MAX = PAUSES_MS.reduce((sum, pause) => sum + pause, 0)
const RETRY_AFTER_MS_MAX = 24 * HOUR_MS
/** A first try takes a moment to be made, and to fail. */
const FAILING_GRACE_MS = 10 * MINUTE_MS
/** Spreads what failed together by up to a tenth. */
const JITTER = 0.1

export interface Tried {
  /** 1–10. */
  readonly n: number
  /** When the first try of this round was due. */
  readonly startedAtMs: number
  /** Since when this endpoint has done nothing but fail; null: its last try was a success. */
  readonly failingSinceMs: number | null
}

export type NextStep =
  | { readonly kind: 'delivered'; readonly applied: boolean }
  | { readonly kind: 'retry'; readonly pauseMs: number }
  /** Every try was in vain, though the endpoint takes other events. */
  | { readonly kind: 'give_up' }
  | { readonly kind: 'disable'; readonly reason: 'gone' | 'failing' }

/** `random`: 0 up to 1. */
const pauseMs = (n: number, retryAfterMs: number | null, random: number): number | null => {
  const pause = PAUSES_MS[n - 1]
  if (pause === undefined) return null
  return Math.max(Math.round(pause * (1 + JITTER * random)), Math.min(retryAfterMs ?? 0, RETRY_AFTER_MS_MAX))
}

/** What to do after a try, by Standard Webhooks: 2xx is done, 410 is a wish, anything else is tried again. */
export const decideNext = (outcome: TryOutcome, tried: Tried, nowMs: number, random: number): NextStep => {
  const status = outcome.kind === 'answered' ? outcome.status : 0
  if (outcome.kind === 'answered' && status >= 200 && status < 300)
    return { kind: 'delivered', applied: outcome.applied }
  if (status === 410) return { kind: 'disable', reason: 'gone' }
  const failingSinceMs = tried.failingSinceMs ?? nowMs
  if (nowMs - failingSinceMs >= FAILING_MS_MAX) return { kind: 'disable', reason: 'failing' }
  const pause = pauseMs(tried.n, outcome.kind === 'answered' ? outcome.retryAfterMs : null, random)
  if (pause !== null) return { kind: 'retry', pauseMs: pause }
  // Nothing has succeeded since this event was first tried: it is not the event.
  return failingSinceMs <= tried.startedAtMs + FAILING_GRACE_MS
    ? { kind: 'disable', reason: 'failing' }
    : { kind: 'give_up' }
}
