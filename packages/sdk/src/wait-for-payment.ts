import type { LangoError } from './errors.ts'
import { err, type Result } from './result.ts'
import type { Payment } from './shapes.ts'

export interface WaitOptions {
  /** How long at most, the question that is under way included; 5 minutes if not said. */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
  /** Called with every view that differs from the one before. */
  readonly onChange?: (payment: Payment) => void
}

/** The payment had no final state in time. It may get one at any moment: a webhook will tell. */
export interface StillOpen {
  readonly reason: 'still_open'
  readonly message: string
  readonly payment: Payment
}

const TIMEOUT_MS = 300_000
const PAUSE_MS_MIN = 1_000
const PAUSE_MS_MAX = 5_000
/** A timer that is set to more goes off at once. */
const TIMER_MS_MAX = 2 ** 31 - 1

const isFinal = ({ status }: Payment): boolean => status === 'succeeded' || status === 'failed' || status === 'expired'

export interface WaitPorts {
  readonly read: (
    signal: AbortSignal | undefined,
  ) => Promise<Result<{ readonly payment: Payment; readonly retryAfterMs: number | null }, LangoError>>
  readonly nowMs: () => number
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>
}

/** Does `work` with a signal that also ends after `ms`. Nothing of the timer is left when it is done. */
const within = async <Value>(
  ms: number,
  signal: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<Value>,
): Promise<Value> => {
  const over = new AbortController()
  const timer = setTimeout(() => over.abort(), Math.min(ms, TIMER_MS_MAX))
  try {
    return await work(signal ? AbortSignal.any([signal, over.signal]) : over.signal)
  } finally {
    clearTimeout(timer)
  }
}

/**
 * Asks until the payment is final: after a second, then ever more seldom, up to every 5 s, or when the server says. One
 * question that failed is not the end: what may pass is asked again until the time is over. A question that is not answered
 * by then is cut off, and is `no_answer` if none was before.
 */
export const waitForPayment = async (
  ports: WaitPorts,
  options: WaitOptions,
): Promise<Result<Payment, LangoError | StillOpen>> => {
  const { signal, onChange, timeoutMs = TIMEOUT_MS } = options
  const untilMs = ports.nowMs() + timeoutMs
  let seen: Payment | undefined
  const stillOpen = (payment: Payment) =>
    err<StillOpen>({
      reason: 'still_open',
      message: `The payment is ${payment.status} and not final yet.`,
      payment,
    })
  for (let n = 0; ; n++) {
    const answer = await within(untilMs - ports.nowMs(), signal, ports.read)
    let asked: number | null = null
    if (answer.ok) {
      const { payment } = answer.value
      if (payment.updatedAt !== seen?.updatedAt || payment.status !== seen.status) onChange?.(payment)
      if (isFinal(payment)) return { ok: true, value: payment }
      seen = payment
      asked = answer.value.retryAfterMs
    } else if (answer.error.reason === 'rate_limited') {
      asked = answer.error.retryAfterMs
    } else if (answer.error.reason === 'aborted' && !signal?.aborted) {
      // Not the caller: the time is over.
      if (seen) return stillOpen(seen)
      return err({
        reason: 'no_answer',
        message: `The payment could not be read within ${timeoutMs} ms. It goes on.`,
        cause: answer.error,
      })
    } else if (answer.error.reason !== 'no_answer' && answer.error.reason !== 'unavailable') {
      return answer
    }
    const pauseMs = asked ?? Math.min(PAUSE_MS_MAX, PAUSE_MS_MIN * 1.5 ** n)
    if (ports.nowMs() + pauseMs > untilMs) {
      if (!seen) return answer as { readonly ok: false; readonly error: LangoError }
      return stillOpen(seen)
    }
    await ports.sleep(pauseMs, signal)
    if (signal?.aborted) return err({ reason: 'aborted', message: 'The wait was aborted. The payment goes on.' })
  }
}
