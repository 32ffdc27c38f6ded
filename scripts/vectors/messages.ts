/** Rows of RFC 9421 and RFC 9530: components, signatures, messages under a policy, digests, keys. */
import type { Core } from './core.ts'
import { isSameRefusal } from './refusals.ts'
import { firstDifference, given, isObject, type Json, objects, type Row } from './row.ts'

/** Key records by their id. */
export type Material = Readonly<Record<string, unknown>>

/** A row of a file's `cases`, by what it holds. */
export const isMessageCase = (row: Json): boolean =>
  typeof row['component'] === 'string' || typeof row['expect'] === 'string' || typeof row['label'] === 'string'

export const caseRows = (file: Json, material: Material): readonly Row[] =>
  (Array.isArray(file['cases']) ? file['cases'] : []).map((row: unknown, index) => ({
    name: isObject(row) && typeof row['id'] === 'string' ? row['id'] : `${index}`,
    check: (core) => {
      if (!isObject(row)) return 'is no object'
      if (typeof row['component'] === 'string') return checkComponent(row, core)
      if (typeof row['expect'] === 'string') return checkPolicy(row, file['policy'], material, core)
      if (typeof row['label'] === 'string') return checkSignature(row, material, core)
      return 'is neither a component, nor a signature, nor a message under a policy'
    },
  }))

const checkComponent = (row: Json, core: Core): string | undefined => {
  const { component, message, target, related_request } = row
  const answer = core('component', { component, message, target, related_request })
  if (typeof row['error'] === 'string') return expectRefusal(row['error'], answer['error'], answer['line'])
  if (row['line'] === undefined && row['value'] === undefined) return 'names neither a line nor an error'
  return firstDifference([
    ['error', undefined, answer['error']],
    ...given([
      ['line', row['line'], answer['line']],
      ['value', row['value'], answer['value']],
    ]),
  ])
}

const expectRefusal = (expected: string, actual: unknown, accepted: unknown): string | undefined => {
  if (typeof actual !== 'string') return `expected ${expected}, was accepted as ${JSON.stringify(accepted)}`
  return isSameRefusal(expected, actual) ? undefined : `expected ${expected}, got ${actual}`
}

const checkPolicy = (row: Json, policy: unknown, material: Material, core: Core): string | undefined => {
  if (!isObject(policy)) return 'the file has no policy'
  const overrides = row['policy_overrides'] ?? {}
  if (!isObject(overrides)) return 'policy_overrides is no object'
  const answer = core('policy', {
    message: row['message'],
    related_request: row['related_request'],
    policy: { ...policy, ...overrides },
    material,
  })
  switch (row['expect']) {
    case 'accept':
      return answer['accepted'] === undefined ? `must be accepted, got ${answer['refused']}` : undefined
    case 'reject':
      return typeof row['error'] === 'string'
        ? expectRefusal(row['error'], answer['refused'], answer['accepted'])
        : 'must be rejected and does not say why'
    default:
      return `expects ${JSON.stringify(row['expect'])}: neither accept nor reject`
  }
}

const checkSignature = (row: Json, material: Material, core: Core): string | undefined => {
  if (typeof row['valid'] !== 'boolean') return 'does not say whether it is valid'
  const key = row['key'] ?? material[String(row['keyid'])]
  if (key === undefined) return `no key ${row['keyid']}`
  const { message, target, related_request, label, alg } = row
  const answer = core('signature', { message, target, related_request, label, alg, key })
  if (typeof answer['error'] === 'string') {
    if (typeof row['error'] === 'string') return expectRefusal(row['error'], answer['error'], answer['base'])
    // A message that has no base is invalid; where one is given, it had to come out.
    const hasBase = typeof row['signature_base'] === 'string'
    return row['valid'] || hasBase ? `got ${answer['error']}` : undefined
  }
  const holds = answer['verified'] === true && answer['alg_agrees'] === true && (answer['digest'] ?? 'ok') === 'ok'
  // Where the private half is there and the algorithm draws no randomness, our signature is the same bytes. Whatever was
  // signed was signed over another base when the row is invalid.
  const isOurs = row['valid'] && row['deterministic'] === true && answer['signed_b64'] !== null
  return firstDifference([
    ...given([
      ['signature base', row['signature_base'], answer['base']],
      ['signature parameters', row['signature_params'], answer['params']],
      ['signature', row['signature_b64'], answer['signature_b64']],
      ['keyid', answer['keyid'] === null ? undefined : row['keyid'], answer['keyid']],
      ['RFC 6979 signature', row['rfc6979_signature_b64'], answer['signed_b64']],
    ]),
    ...(isOurs ? ([['our signature', row['signature_b64'], answer['signed_b64']]] as const) : []),
    [`valid (${reasons(answer)})`, row['valid'], holds],
  ])
}

const reasons = (answer: Json): string =>
  `verified ${answer['verified']}, algorithm agrees ${answer['alg_agrees']}, digest ${answer['digest'] ?? 'not covered'}`

/** `{positive: [{body_b64, field, sha-256, sha-512}], negative: [{body_b64, field, error}], accept_unknown_if_known_ok?}` */
export const digestRows = (file: Json): readonly Row[] => {
  const positive = objects(file['positive'])
  const negative = objects(file['negative'])
  const unknown = file['accept_unknown_if_known_ok']
  const digest = (row: Json, core: Core): Json => core('digest', { ...row, body_b64: row['body_b64'] ?? '' })
  return [
    ...positive.map((row, index) => ({
      name: `positive ${index}`,
      check: (core: Core) => {
        const answer = digest(row, core)
        const right = isObject(answer['right']) ? answer['right'] : {}
        const spelled = (name: string) => (row[name] === undefined ? undefined : `${name}=:${row[name]}:`)
        return firstDifference([
          ['error', undefined, answer['error']],
          ...given([
            ['sha-256', spelled('sha-256'), right['sha256']],
            ['sha-512', spelled('sha-512'), right['sha512']],
          ]),
        ])
      },
    })),
    ...negative.map((row, index) => ({
      name: `negative ${index}${typeof row['why'] === 'string' ? ` (${row['why']})` : ''}`,
      check: (core: Core) =>
        typeof row['error'] === 'string'
          ? expectRefusal(row['error'], digest(row, core)['error'], row['field'])
          : 'must be refused and does not say why',
    })),
    ...(unknown === undefined
      ? []
      : [
          {
            name: 'accept_unknown_if_known_ok',
            check: (core: Core) => {
              const fits = positive.some(
                ({ body_b64 }) => core('digest', { field: unknown, body_b64 })['error'] === undefined,
              )
              return fits ? undefined : 'is right for no body of this file'
            },
          },
        ]),
  ]
}

/** `{keys: [{kid, algs, jwk, pem?, b64?}]}`: every spelling of a key is the same key, and its halves belong together. */
export const keyRows = (file: Json): readonly Row[] =>
  objects(file['keys']).map((key) => ({
    name: String(key['kid']),
    check: (core) => {
      const { error, signs } = core('key', key)
      if (error !== undefined) return String(error)
      // Every algorithm but RSA's has its private half in the file, and must have signed with it.
      const isRsa = isObject(key['jwk']) && key['jwk']['kty'] === 'RSA'
      return isRsa || signs === true ? undefined : 'has no private half to sign with'
    },
  }))

export const materialOf = (file: Json): Material =>
  Object.fromEntries(objects(file['keys']).map((key) => [String(key['kid']), key]))
