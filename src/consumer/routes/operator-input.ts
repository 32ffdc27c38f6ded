/** What the operator's routes read, and how they refuse it. */
import type { Context } from 'hono'
import * as v from 'valibot'
import { readText } from '../read-text.ts'

/** RFC 3339, read as milliseconds. */
export const time = v.pipe(v.string(), v.isoTimestamp(), v.transform(Date.parse))
/** Half a pair of surrogates is stored as something else, and an entry with it would not have the digest that it was given. */
const isWhole = v.check((text: string) => text.isWellFormed(), 'This is not well-formed Unicode.')
export const word = v.pipe(v.string(), v.minLength(1), v.maxLength(200), isWhole)
export const mode = v.picklist(['test', 'live'])
export const gatewayId = v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{1,64}$/))
export const currency = v.pipe(v.string(), v.regex(/^[A-Z]{3}$/))
/** As people write it; how many decimals there may be, the currency says. */
export const amount = v.pipe(v.string(), v.regex(/^\d{1,15}(\.\d{1,4})?$/))
/** A person's words. Seven digits in a row look like a phone number, which has no place in the ledger. */
export const note = v.pipe(
  v.string(),
  v.minLength(3),
  v.maxLength(500),
  isWhole,
  v.check((text) => !/\d[\d\s-]{5,}\d/.test(text), 'Leave out phone numbers and other long numbers.'),
)

export const refuse = (c: Context, issues: readonly v.BaseIssue<unknown>[]): Response =>
  c.json(
    {
      code: 'invalid_request',
      errors: issues.map((issue) => ({ field: v.getDotPath(issue) ?? '', message: issue.message })),
    },
    400,
  )

/** The body as JSON; undefined when it is too long or none. */
export const jsonOf = async (c: Context, bytesMax: number): Promise<unknown> => {
  try {
    return JSON.parse((await readText(c.req.raw, bytesMax)) ?? '')
  } catch {
    return undefined
  }
}
