import * as v from 'valibot'
import type { FieldError } from '../../domain/errors.ts'
import { isHostTaken } from '../../flows/resume-url.ts'

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/

/**
 * One line of text in NFC: the same words typed on two systems are the same text. A lone surrogate is refused, because
 * its UTF-8 form is U+FFFD, and two different texts would then become one.
 */
export const line = (charactersMax: number) =>
  v.pipe(
    v.string('Send a string.'),
    v.metadata({ minLength: 1, maxLength: charactersMax }),
    v.check((text) => text.isWellFormed() && !CONTROL.test(text), 'Send one line of text, without control characters.'),
    v.transform((text) => text.normalize('NFC')),
    v.check((text) => text.trim() !== '' && text.length <= charactersMax, `Send 1–${charactersMax} characters.`),
  )

/** A number is refused: JSON numbers are floats in most languages, and 8.2 * 100 is not 820. */
export const amount = v.pipe(
  v.string('Send the amount as a string, such as "10.50".'),
  v.metadata({ description: 'Decimal string, with at most the decimals of the currency.', examples: ['10.50'] }),
  v.regex(/^\d{1,15}(\.\d{1,6})?$/, 'Send a decimal number without sign or separators, such as "10.50".'),
)

export const currency = v.pipe(
  v.string('Send a string.'),
  v.metadata({ description: 'ISO 4217.', examples: ['ZMW'] }),
  v.regex(/^[A-Z]{3}$/, 'Send an ISO 4217 code, such as "ZMW".'),
)

export const phoneNumber = v.pipe(
  v.string('Send the phone number as a string.'),
  v.metadata({
    description: 'In any usual form; without a country code where the currency has one country.',
    examples: ['+260763456789'],
  }),
  v.maxLength(40, 'This is not a phone number.'),
)

export const provider = v.pipe(
  v.string('Send a string.'),
  v.metadata({
    description:
      "The operator whose wallet it is, by pawaPay's code. Predicted from the number if left out; where nobody can, a 400 asks for it.",
    examples: ['MTN_MOMO_ZMB'],
  }),
  v.regex(/^[A-Z0-9_]{3,40}$/, 'Send a provider code, such as "MTN_MOMO_ZMB".'),
)

/** Of a link that a shop signed: its host is not looked at, for the link is out, and its own page comes before this. */
export const signedReturnUrl = v.pipe(
  v.string('Send a string.'),
  v.metadata({ format: 'uri', description: 'https, or http on this machine: where the customer goes back to.' }),
  v.maxLength(2048, 'Send at most 2048 characters.'),
  v.check((text) => {
    if (!URL.canParse(text)) return false
    const { protocol, hostname, username, password } = new URL(text)
    if (username !== '' || password !== '') return false
    return protocol === 'https:' || (protocol === 'http:' && ['localhost', '127.0.0.1', '[::1]'].includes(hostname))
  }, 'Send an https URL.'),
)

export const returnUrl = v.pipe(
  signedReturnUrl,
  v.check(
    (text) => !URL.canParse(text) || isHostTaken(new URL(text).host),
    'Send a URL whose host is an address, or a name of letters, digits, hyphens and dots.',
  ),
)

const DATE_TIME = /^(\d{4})-(\d\d)-(\d\d)T\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/

/** V8 reads the 30th of February as the 2nd of March. */
const isDay = (text: string): boolean => {
  const [, year, month, day] = (DATE_TIME.exec(text) ?? []).map(Number)
  return year !== undefined && month !== undefined && day !== undefined
    ? day <= new Date(Date.UTC(year, month, 0)).getUTCDate()
    : false
}

/** RFC 3339, as milliseconds. */
export const dateTime = v.pipe(
  v.string(),
  v.metadata({ format: 'date-time' }),
  v.check(
    (text) => DATE_TIME.test(text) && isDay(text) && !Number.isNaN(Date.parse(text)),
    'Send an RFC 3339 date and time, such as "2026-11-21T08:00:00Z" (a "+" in it as %2B).',
  ),
  v.transform((text) => Date.parse(text)),
)

const path = (issue: v.BaseIssue<unknown>): string => issue.path?.map(({ key }) => String(key)).join('.') || 'body'

type Single = readonly [name: string, schema: v.GenericSchema]
const known = new WeakMap<object, readonly Single[]>()

/**
 * A schema for each field by itself, so that a later check of one still runs when another is wrong. Made once: it takes
 * longer than the check.
 */
const singlesOf = (schema: v.ObjectSchema<v.ObjectEntries, undefined>): readonly Single[] => {
  const singles =
    known.get(schema) ??
    Object.entries(schema.entries).map(([name, entry]) => [name, v.object({ [name]: entry })] as const)
  known.set(schema, singles)
  return singles
}

/**
 * All that is wrong at once. Unknown members are found here and not by `strictObject`, which names only the first and,
 * looking with `in`, lets `toString` and `constructor` pass.
 */
export const checkFields = <Entries extends v.ObjectEntries>(
  schema: v.ObjectSchema<Entries, undefined>,
  input: unknown,
): { readonly fields: Partial<v.InferOutput<typeof schema>>; readonly errors: readonly FieldError[] } => {
  if (typeof input !== 'object' || input === null || Array.isArray(input))
    return { fields: {}, errors: [{ field: 'body', message: 'Send a JSON object.' }] }
  const errors: FieldError[] = []
  const fields: Record<string, unknown> = {}
  for (const name of Object.keys(input))
    if (!Object.hasOwn(schema.entries, name)) errors.push({ field: name, message: 'There is no such field.' })
  for (const [name, single] of singlesOf(schema)) {
    const parsed = v.safeParse(
      single,
      Object.hasOwn(input, name) ? { [name]: (input as Record<string, unknown>)[name] } : {},
    )
    if (parsed.success) Object.assign(fields, parsed.output)
    else {
      const [issue] = parsed.issues
      const message = Object.hasOwn(input, name) ? issue.message : 'This field is required.'
      errors.push({ field: path(issue), message })
    }
  }
  return { fields: fields as Partial<v.InferOutput<typeof schema>>, errors }
}

const PAGE_USUAL = 20

/** How many of a list: from a query, where everything is text. */
export const pageLimit = (max: number) => {
  const message = `Send a whole number from 1 to ${max}.`
  return v.exactOptional(
    v.pipe(
      v.string(),
      v.metadata({ type: 'integer', minimum: 1, maximum: max }),
      v.regex(/^\d{1,3}$/, message),
      v.transform(Number),
      v.check((limit) => limit >= 1 && limit <= max, message),
    ),
    String(PAGE_USUAL),
  )
}
