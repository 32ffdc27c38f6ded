import { parseRetryExpression } from './retry-expression.ts'

const DAY_MS = 86_400_000
const HEADERS = ['Retry-After', 'X-Ratelimit-Reset', 'X-Ratelimit-Reset-Requests', 'X-Ratelimit-Reset-Tokens']

/** `min(86400, e^(2.5 n))` seconds before retry n, from 1: 12 s, 2 m 28 s, 30 m 8 s, 6 h 7 m, 24 h. */
export const standardBackoffMs = (n: number): number => Math.min(DAY_MS, Math.floor(Math.exp(2.5 * n)) * 1000)

/** Seconds (also with a fraction), an RFC 1123 date, or `6m5s`. */
const parseWait = (text: string, wallMs: number): number | null => {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1000
  const parts = /^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s)?$/.exec(text)
  if (parts && text !== '')
    return Number(parts[1] ?? 0) * 3_600_000 + Number(parts[2] ?? 0) * 60_000 + Number(parts[3] ?? 0) * 1000
  const date = /^[A-Z][a-z]{2}, /.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(date) ? null : Math.max(0, date - wallMs)
}

/**
 * How long to wait before the next try, after `retried` retries so far. What the destination asks for wins over the
 * publisher's expression; a wish beyond one day is ignored (upstash.com/docs/qstash/features/retry).
 */
export const retryDelayMs = (input: {
  readonly retried: number
  readonly expression: string | null
  readonly responseHeaders: Readonly<Record<string, readonly string[]>>
  readonly wallMs: number
}): number => {
  for (const name of HEADERS) {
    const wait = parseWait(input.responseHeaders[name]?.[0] ?? '', input.wallMs)
    if (wait !== null) return wait <= DAY_MS ? wait : standardBackoffMs(input.retried + 1)
  }
  const asked = input.expression === null ? Number.NaN : parseRetryExpression(input.expression)?.(input.retried)
  return asked !== undefined && Number.isFinite(asked)
    ? Math.min(DAY_MS, Math.max(0, Math.round(asked)))
    : standardBackoffMs(input.retried + 1)
}
