/** The httpwg's conformance cases for RFC 9651: an array of `{name, header_type, raw?, expected?, canonical?, must_fail?, can_fail?}`. */
import { isDeepStrictEqual } from 'node:util'
import type { Core } from './core.ts'
import { Unreadable } from './core.ts'
import { isObject, type Json, type Row } from './row.ts'

export const isFieldCase = (value: unknown): value is Json =>
  isObject(value) && typeof value['header_type'] === 'string' && typeof value['name'] === 'string'

/** JSON with its numbers as they are spelled: 1 is an integer, 1.0 a decimal. */
export const parseWithSpelling = (text: string): unknown =>
  JSON.parse(text, ((_: string, value: unknown, context: { readonly source?: string }) => {
    if (typeof value !== 'number') return value
    const spelling = context.source ?? String(value)
    return { __type: /[.eE]/.test(spelling) ? 'decimal' : 'integer', value: spelling }
  }) as Parameters<typeof JSON.parse>[1])

/** Numbers that mean the same become the same text; a date's number becomes a text, as the core writes it. */
const normal = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(normal)
  if (!isObject(value)) return value
  const inner = isObject(value['value']) ? value['value']['value'] : value['value']
  const isNumber = value['__type'] === 'decimal' || value['__type'] === 'integer'
  return { __type: value['__type'], value: isNumber ? String(Number(inner)) : inner }
}

const lines = (value: unknown): string => {
  if (!Array.isArray(value) || !value.every((line) => typeof line === 'string')) throw new Unreadable('no lines')
  return value.join(', ')
}

const check = (row: Json, core: Core): string | undefined => {
  const mustFail = row['must_fail'] === true
  const type = row['header_type']
  const parses = row['raw'] !== undefined
  const answer = parses
    ? core('parseField', { type, raw: lines(row['raw']) })
    : core('serialiseField', { type, value: withPlainNumbers(row['expected']) })
  if (answer['error'] !== undefined) {
    // To be refused for its size is not to be refused for what it says.
    const refused = answer['error'] === 'E_SF_PARSE'
    return refused && (mustFail || row['can_fail'] === true)
      ? undefined
      : `${mustFail ? 'must fail to parse' : 'must be read'}, got ${answer['error']}`
  }
  if (mustFail) return `must fail, got ${JSON.stringify(answer['canonical'])}`
  const canonical = lines(row['canonical'] ?? row['raw'])
  if (answer['canonical'] !== canonical)
    return `serialised: expected ${JSON.stringify(canonical)}, got ${JSON.stringify(answer['canonical'])}`
  if (!parses || isDeepStrictEqual(normal(answer['value']), normal(row['expected']))) return undefined
  return `value: expected ${JSON.stringify(row['expected'])}, got ${JSON.stringify(answer['value'])}`
}

/** A date's number as the core reads it. */
const withPlainNumbers = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(withPlainNumbers)
  if (!isObject(value) || !isObject(value['value'])) return value
  return { ...value, value: value['value']['value'] }
}

export const fieldRows = (cases: readonly unknown[]): readonly Row[] =>
  cases.map((row, index) => ({
    name: isFieldCase(row) ? `${index} ${row['name']}` : `${index}`,
    check: (core) => (isFieldCase(row) ? check(row, core) : 'is no case of a structured field'),
  }))
