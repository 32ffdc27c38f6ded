import * as v from 'valibot'
import type { DlqEntry, NewDeadLetter } from '../contracts/dead-letters.ts'
import { FAILURE_PATH } from '../contracts/queue.ts'

/** Longer than any delivery may be (`deliveries.ts`): such a message could never have arrived. */
const BODY_CHARS_MAX = 256 * 1024

/** Body of a failure callback, as far as it is read. Unknown fields are passed over. */
const failure = v.object({
  sourceMessageId: v.pipe(v.string(), v.minLength(1), v.maxLength(200)),
  dlqId: v.optional(v.string()),
  url: v.string(),
  status: v.number(),
  /** Base64. */
  sourceBody: v.optional(v.string(), ''),
})

const text = (base64: string): string | null => {
  try {
    const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0))
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return null
  }
}

/** QStash writes `REDACTED:<digest>` in the place of what it was told to hide. No message of ours is empty. */
const whole = (body: string | null): string | null =>
  !body || body.length > BODY_CHARS_MAX || body.startsWith('REDACTED:') ? null : body

/** The kind that a message was for; null: another application's message, or a failure callback, which is not news itself. */
const kindOf = (url: string, consumerOrigin: string): string | null => {
  const prefix = `${consumerOrigin}/deliveries/`
  const kind = url.startsWith(prefix) ? url.slice(prefix.length) : ''
  return /^[a-z][a-z0-9_-]{0,39}$/.test(kind) && url !== `${consumerOrigin}${FAILURE_PATH}` ? kind : null
}

/** Entries are called after the time at which they were made: `<ms>-<n>`. */
const diedAt = (dlqId: string | null | undefined, nowMs: number): number => {
  const ms = Number(/^(\d{13})-\d+$/.exec(dlqId ?? '')?.[1])
  return Number.isSafeInteger(ms) ? ms : nowMs
}

const paymentIn = (body: string | null): string | null => /\bpay_[0-9a-f]{26}\b/.exec(body ?? '')?.[0] ?? null

/** What a failure callback tells; `foreign`: of nothing that is delivered to us; null: it is none. */
export const letterOfFailure = (
  parsed: unknown,
  consumerOrigin: string,
  nowMs: number,
): NewDeadLetter | 'foreign' | null => {
  const told = v.safeParse(failure, parsed)
  if (!told.success) return null
  const { sourceMessageId, dlqId = null, url, status, sourceBody } = told.output
  const kind = kindOf(url, consumerOrigin)
  if (kind === null) return 'foreign'
  const body = whole(text(sourceBody))
  return {
    messageId: sourceMessageId,
    dlqId,
    kind,
    paymentId: paymentIn(body),
    body,
    responseStatus: status,
    diedAtMs: diedAt(dlqId, nowMs),
  }
}

/** Null: of nothing that is delivered to us. */
export const letterOfEntry = (entry: DlqEntry, consumerOrigin: string, nowMs: number): NewDeadLetter | null => {
  const kind = kindOf(entry.url, consumerOrigin)
  if (kind === null) return null
  const body = whole(entry.body ?? (entry.bodyBase64 === undefined ? '' : text(entry.bodyBase64)))
  return {
    messageId: entry.messageId,
    dlqId: entry.dlqId,
    kind,
    paymentId: paymentIn(body),
    body,
    responseStatus: entry.responseStatus ?? 0,
    diedAtMs: diedAt(entry.dlqId, nowMs),
  }
}
