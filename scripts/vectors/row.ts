/** A row of a vector file: it has a name and says what is wrong, or nothing. */
import type { Core } from './core.ts'

export interface Row {
  readonly name: string
  /** `undefined`: the row holds. Otherwise what was expected and what came. */
  readonly check: (core: Core) => string | undefined
}

export type Json = Readonly<Record<string, unknown>>

export const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export const objects = (value: unknown): readonly Json[] => (Array.isArray(value) ? value.filter(isObject) : [])

/** The first of the differences, in words. */
export const firstDifference = (
  rows: readonly (readonly [what: string, expected: unknown, actual: unknown])[],
): string | undefined => {
  const wrong = rows.find(([, expected, actual]) => expected !== actual)
  if (wrong === undefined) return undefined
  const [what, expected, actual] = wrong
  return `${what}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(actual)}`
}

/** Rows for members that the file has; what it does not say is not compared. */
export const given = (
  rows: readonly (readonly [what: string, expected: unknown, actual: unknown])[],
): readonly (readonly [what: string, expected: unknown, actual: unknown])[] =>
  rows.filter(([, expected]) => expected !== undefined && expected !== null)
