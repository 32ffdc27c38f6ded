import type { TryOutcome } from '../contracts/webhook-delivery.ts'
import { readBytes } from './read-bytes.ts'

/** Within what Standard Webhooks advises (15–30 s), answer included. */
const TIMEOUT_MS = 20_000
const ANSWER_BYTES_MAX = 16 * 1024

const DATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/

/** `Retry-After` in either form (RFC 9110 10.2.3); null when there is none, or it cannot be read. */
export const readRetryAfterMs = (header: string | null, nowMs: number): number | null => {
  if (header === null) return null
  if (/^\d{1,9}$/.test(header)) return Number(header) * 1000
  // One that looks like a date need not be one: an hour 25, a month in another language.
  const atMs = DATE.test(header) ? Date.parse(header) : Number.NaN
  return Number.isNaN(atMs) ? null : Math.max(0, atMs - nowMs)
}

/** The shop says `{"applied": true}` when it has done what the event asks for, and not merely received it. */
const saysApplied = async (response: Response): Promise<boolean> => {
  if (!/^application\/json\b/i.test(response.headers.get('Content-Type') ?? '')) {
    await response.body?.cancel()
    return false
  }
  const bytes = await readBytes(response.body as ReadableStream<Uint8Array> | null, ANSWER_BYTES_MAX)
  try {
    const answer: unknown = JSON.parse(new TextDecoder().decode(bytes ?? undefined))
    return typeof answer === 'object' && answer !== null && (answer as { applied?: unknown }).applied === true
  } catch {
    return false
  }
}

/**
 * One request to a shop. Follows no redirect: its target was never looked at. Never throws; what the other side said in an
 * error is not passed on.
 */
export const createWebhookSender =
  (nowMs: () => number, timeoutMs = TIMEOUT_MS) =>
  async (url: URL, headers: Readonly<Record<string, string>>, body: string): Promise<TryOutcome> => {
    const signal = AbortSignal.timeout(timeoutMs)
    let response: Response
    try {
      response = await fetch(url.href, { method: 'POST', headers, body, redirect: 'manual', signal })
    } catch {
      return { kind: 'failed', why: signal.aborted ? 'timeout' : 'connection' }
    }
    const { status } = response
    const mayWait = status === 429 || status === 503
    const retryAfterMs = mayWait ? readRetryAfterMs(response.headers.get('Retry-After'), nowMs()) : null
    try {
      const applied = response.ok ? await saysApplied(response) : false
      if (!response.ok) await response.body?.cancel()
      return { kind: 'answered', status, applied, retryAfterMs }
    } catch {
      // The head said yes. An answer that breaks off after it has applied nothing, as far as anybody can tell.
      return { kind: 'answered', status, applied: false, retryAfterMs }
    }
  }
