/** Which format a file has, by its shape and never by its name. */
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { caseRows, digestRows, isMessageCase, keyRows, type Material, materialOf } from './messages.ts'
import { isSignedCallback, isWorkedRequest, signedCallbackRows, workedRequestRows } from './pawapay.ts'
import { isObject, objects, type Row } from './row.ts'
import { fieldRows, isFieldCase, parseWithSpelling } from './structured-fields.ts'

export interface VectorFile {
  readonly file: string
  readonly format: string
  readonly rows: (material: Material) => readonly Row[]
  /** Keys that the file brings along. */
  readonly material: Material
}

/** The file cannot be used at all: there is nothing to count. */
export class UnknownFormat extends Error {
  override readonly name = 'UnknownFormat'
}

export const FORMATS = [
  'structured fields: an array of {name, header_type, raw, expected, canonical, must_fail}',
  'components, signatures or messages under a policy: {cases: [{component} | {label, signature_base, valid} | {expect}]}',
  'digests: {positive: [{field, body_b64}], negative: [{field, body_b64, error}]}',
  'keys: {keys: [{kid, algs, jwk, pem}]}',
  "pawaPay's worked request: {request, signature_base, public_key_spki_pem}",
  'a signed callback of pawaPay: {method, authority, path, headers, public_key, expected}',
] as const

const recognise = (text: string, parsed: unknown): Omit<VectorFile, 'file'> | undefined => {
  if (Array.isArray(parsed)) {
    if (!parsed.some(isFieldCase)) return undefined
    const cases = parseWithSpelling(text) as readonly unknown[]
    return { format: 'structured fields', rows: () => fieldRows(cases), material: {} }
  }
  if (!isObject(parsed)) return undefined
  if (objects(parsed['cases']).some(isMessageCase))
    return { format: 'messages', rows: (material) => caseRows(parsed, material), material: {} }
  if (
    objects(parsed['positive'])
      .concat(objects(parsed['negative']))
      .some(({ field }) => typeof field === 'string')
  )
    return { format: 'digests', rows: () => digestRows(parsed), material: {} }
  if (objects(parsed['keys']).some(({ kid }) => typeof kid === 'string'))
    return { format: 'keys', rows: () => keyRows(parsed), material: materialOf(parsed) }
  if (isWorkedRequest(parsed)) return { format: 'worked request', rows: () => workedRequestRows(parsed), material: {} }
  if (isSignedCallback(parsed))
    return { format: 'signed callback', rows: () => signedCallbackRows(parsed), material: {} }
  return undefined
}

export const readVectors = (file: string): VectorFile => {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch {
    throw new UnknownFormat(`${file}: cannot be read`)
  }
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    throw new UnknownFormat(`${file}: is not JSON`)
  }
  const found = recognise(text, parsed)
  if (found === undefined)
    throw new UnknownFormat(
      `${file}: none of the known formats. Known are:\n${FORMATS.map((it) => `  ${it}`).join('\n')}`,
    )
  return { file, ...found }
}

const COMMITTED_KEYS = path.resolve(import.meta.dirname, '../../test/vectors/rfc9421/keys.json')

/** The keys for a file's rows: those of the key files that were named, else of a keys.json beside it, else the committed ones. */
export const materialFor = (file: VectorFile, named: readonly VectorFile[]): Material => {
  const beside = path.join(path.dirname(file.file), 'keys.json')
  const own = existsSync(beside) ? readVectors(beside).material : {}
  return Object.assign({}, readVectors(COMMITTED_KEYS).material, own, ...named.map(({ material }) => material))
}
