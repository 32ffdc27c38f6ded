import { createPublicKey } from 'node:crypto'
import { SpecError } from './compile-request.ts'
import type { Policy, PolicyRules } from './spec.ts'

const KEYS_MAX = 16
const KEY_ID = /^[\w.-]{1,64}$/

/** Whether it is a key: 32 bytes of Ed25519, or a point of P-256 as it is written out (65 bytes). */
const isPublicKey = (text: string): boolean => {
  const bytes = Buffer.from(text, 'base64url')
  if (bytes.toString('base64url') !== text) return false
  if (bytes.length === 32) return true
  if (bytes.length !== 65 || bytes[0] !== 4) return false
  const [x, y] = [bytes.subarray(1, 33), bytes.subarray(33)].map((half) => half.toString('base64url'))
  try {
    createPublicKey({ key: { kty: 'EC', crv: 'P-256', x: x as string, y: y as string }, format: 'jwk' })
    return true
  } catch {
    return false
  }
}

const factsOf = (owner: string, { intents }: PolicyRules, where: string): Record<string, string> => {
  const keys = Object.entries(intents?.keys ?? {})
  if (intents?.required && keys.length === 0)
    throw new SpecError(`${where}.intents`, 'are required, and there is no key that could sign one')
  if (keys.length > KEYS_MAX) throw new SpecError(`${where}.intents.keys`, `are more than ${KEYS_MAX}`)
  for (const [id, key] of keys) {
    if (!KEY_ID.test(id)) throw new SpecError(`${where}.intents.keys`, `"${id}" is no key id: letters, digits, - _ .`)
    if (!isPublicKey(key))
      throw new SpecError(
        `${where}.intents.keys.${id}`,
        'is no public key: base64url without padding of 32 bytes (Ed25519) or of an uncompressed point of 65 (P-256)',
      )
  }
  return {
    [`intents:${owner}`]: intents?.required ? 'required' : 'optional',
    ...Object.fromEntries(keys.map(([id, key]) => [`intent-key:${owner}:${id}`, key])),
  }
}

/**
 * Who signs for which merchant, and who must: as facts of the program, which is sealed, signed and in the imprint. A merchant
 * with rules of its own has a line of its own, and so none of the default's keys. Nothing at all where no policy speaks of it.
 */
export const intentFacts = ({ default: fallback, merchants = {} }: Policy): Record<string, string> => {
  const rules = Object.entries(merchants)
  if (![fallback, ...rules.map(([, it]) => it)].some(({ intents }) => intents)) return {}
  for (const [id, { intents }] of rules)
    if (fallback.intents?.required && intents?.required === undefined)
      throw new SpecError(
        `merchants.${id}.intents.required`,
        'is not said, and the default requires intents: a merchant with rules of its own has none of the default ones. Say true or false.',
      )
  return Object.assign(
    factsOf('', fallback, 'default'),
    ...rules.map(([id, it]) => factsOf(id, it, `merchants.${id}`)),
  ) as Record<string, string>
}
