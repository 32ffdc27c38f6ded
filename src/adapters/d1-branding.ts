import type { Branding } from '../domain/merchant.ts'

/** The columns of `merchants` that a checkout page is made of. */
export interface BrandingRow {
  readonly name: string
  readonly colour: string | null
  readonly logo: string | null
  readonly languages: string | null
}

/** A JSON list of strings as it was written by us; NULL is the empty one. */
export const listOf = (json: string | null): readonly string[] =>
  json === null ? [] : (JSON.parse(json) as readonly string[])

export const brandingOf = ({ name, colour, logo, languages }: BrandingRow): Branding => ({
  name,
  colour,
  logo,
  languages: listOf(languages),
})
