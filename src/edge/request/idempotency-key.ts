import type { FieldError } from '../../domain/errors.ts'
import { err, ok, type Result } from '../../domain/result.ts'

const VISIBLE = /^[\x21-\x7e]{1,255}$/
/** A structured-field string (RFC 9651 §3.3.3): the form that the Idempotency-Key draft asks for. */
const QUOTED = /^"((?:[^"\\]|\\["\\])*)"$/

const read = (header: string): string | undefined => {
  const text = header.trim()
  const quoted = QUOTED.exec(text)
  const key = quoted ? (quoted[1] ?? '').replace(/\\(["\\])/g, '$1') : text.startsWith('"') ? '' : text
  return VISIBLE.test(key) ? key : undefined
}

/**
 * Reads `Idempotency-Key` (or `X-Idempotency-Key`), bare or quoted: both spellings are the same key. `null`: none was
 * sent. A header sent twice arrives joined by `, ` and is refused, for nobody can say which one was meant.
 */
export const readIdempotencyKey = (headers: {
  get(name: string): string | null
}): Result<string | null, FieldError> => {
  const sent = ['Idempotency-Key', 'X-Idempotency-Key'].flatMap((name) => {
    const value = headers.get(name)
    return value === null || value.trim() === '' ? [] : [{ name, key: read(value) }]
  })
  const [first, second] = sent
  if (!first) return ok(null)
  const bad = sent.find(({ key }) => key === undefined)
  if (bad) return err({ field: bad.name, message: 'Send 1–255 visible ASCII characters, with or without quotes.' })
  if (second && second.key !== first.key)
    return err({ field: 'X-Idempotency-Key', message: 'It differs from Idempotency-Key. Send one of them.' })
  return ok(first.key ?? null)
}
