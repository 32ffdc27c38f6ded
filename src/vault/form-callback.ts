import type { RawCallback } from '../contracts/vault.ts'

const FORM = /^application\/x-www-form-urlencoded *(?:;|$)/i

/** The fields of a form, or null: one that comes twice would be read differently by different readers. */
const fieldsOf = (body: Uint8Array): Record<string, string> | null => {
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body)
  } catch {
    return null
  }
  const entries = [...new URLSearchParams(text)]
  const isPlain = new Set(entries.map(([name]) => name)).size === entries.length
  return isPlain ? Object.fromEntries(entries) : null
}

/**
 * A callback that is a form becomes a JSON object of its fields, as the core reads one. What is signed over its bytes does not
 * verify then: only gateways whose callbacks are a reason to ask write forms. What is no form stays as it is, and is refused.
 */
export const formAsJson = (callback: RawCallback): RawCallback => {
  const types = callback.headers.filter(([name]) => name.toLowerCase() === 'content-type')
  if (types.length !== 1 || !FORM.test(types[0]?.[1] ?? '')) return callback
  const fields = fieldsOf(callback.body)
  return fields === null ? callback : { ...callback, body: new TextEncoder().encode(JSON.stringify(fields)) }
}
