import { errorOf, type LangoError, retryAfterMs } from './errors.ts'
import { err, ok, type Result } from './result.ts'

export interface TransportOptions {
  readonly baseUrl: string
  readonly apiKey: string
  readonly fetch: typeof fetch
  /** How many times more after the first try. */
  readonly retries: number
  /** For each try, answer included. */
  readonly timeoutMs: number
  readonly nowMs: () => number
  readonly random: () => number
  /** Resolves early when the signal ends. */
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>
}

export interface Call {
  readonly method: 'GET' | 'POST' | 'DELETE'
  readonly path: string
  readonly query?: Readonly<Record<string, string | number | undefined>>
  readonly body?: unknown
  /** With it a POST may be tried again: it is the same request. */
  readonly idempotencyKey?: string
  /** A POST that is its own key. */
  readonly isRepeatable?: true
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal | undefined
}

export interface Answer {
  readonly status: number
  readonly headers: Headers
  /** JSON, or null when there was none. */
  readonly body: unknown
}

/** A server that asks for a longer pause is told to the caller instead of being waited for. */
const PAUSE_MS_MAX = 30_000
const FIRST_PAUSE_MS = 300

const ABORTED: LangoError = { reason: 'aborted', message: 'The call was aborted. What was sent may still happen.' }

const read = async (response: Response): Promise<unknown> => {
  const text = await response.text()
  if (text === '') return null
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** Doubling, and anywhere in the upper half: many clients that failed together must not come back together. */
const pauseMs = (n: number, random: () => number): number => FIRST_PAUSE_MS * 2 ** n * (0.5 + random() / 2)

export type Transport = (call: Call) => Promise<Result<Answer, LangoError>>

/**
 * Sends a call, and again while that is safe and of use: after no answer, 5xx and 429, if it only reads or has a key. The
 * key never changes on the way.
 */
export const createTransport = (options: TransportOptions): Transport => {
  const { nowMs, random, sleep } = options
  const origin = options.baseUrl.replace(/\/+$/, '')

  const send = async (call: Call): Promise<Result<{ response: Response; body: unknown }, LangoError>> => {
    const query = new URLSearchParams()
    for (const [name, value] of Object.entries(call.query ?? {}))
      if (value !== undefined) query.set(name, String(value))
    const asked = query.toString()
    const timeout = AbortSignal.timeout(options.timeoutMs)
    try {
      const response = await options.fetch(`${origin}${call.path}${asked && `?${asked}`}`, {
        method: call.method,
        headers: {
          accept: 'application/json',
          authorization: `Bearer ${options.apiKey}`,
          ...(call.body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(call.idempotencyKey === undefined ? {} : { 'idempotency-key': call.idempotencyKey }),
          ...call.headers,
        },
        ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
        signal: call.signal ? AbortSignal.any([call.signal, timeout]) : timeout,
        // A redirect would carry the key to wherever it points. (Workers do not know `error`.)
        redirect: 'manual',
      })
      return ok({ response, body: await read(response) })
    } catch (cause) {
      if (call.signal?.aborted) return err(ABORTED)
      const what = timeout.aborted
        ? `no answer within ${options.timeoutMs} ms`
        : String((cause as Error)?.message ?? cause)
      return err({ reason: 'no_answer', message: `${origin} could not be asked: ${what}`, cause })
    }
  }

  return async (call) => {
    const repeatable = call.method !== 'POST' || call.idempotencyKey !== undefined || call.isRepeatable === true
    for (let n = 0; ; n++) {
      if (call.signal?.aborted) return err(ABORTED)
      const sent = await send(call)
      const response = sent.ok ? sent.value.response : null
      if (sent.ok && sent.value.response.ok)
        return ok({ status: sent.value.response.status, headers: sent.value.response.headers, body: sent.value.body })
      const error = sent.ok ? errorOf(sent.value.response, sent.value.body, nowMs()) : sent.error
      const worthIt = response ? response.status >= 500 || response.status === 429 : error.reason === 'no_answer'
      if (!repeatable || !worthIt || n >= options.retries) return err(error)
      const asked = (response && retryAfterMs(response.headers, nowMs())) ?? 0
      if (asked > PAUSE_MS_MAX) return err(error)
      await sleep(Math.max(asked, pauseMs(n, random)), call.signal)
    }
  }
}
