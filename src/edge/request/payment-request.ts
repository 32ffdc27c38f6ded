import * as v from 'valibot'
import type { FieldError } from '../../domain/errors.ts'
import { amount, checkFields, currency, line, phoneNumber, provider, returnUrl } from './fields.ts'

const METADATA_ENTRIES_MAX = 8

const metadata = v.pipe(
  v.custom<Record<string, string>>(
    (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
    'Send an object of strings.',
  ),
  v.metadata({
    type: 'object',
    maxProperties: METADATA_ENTRIES_MAX,
    propertyNames: { pattern: '^[A-Za-z0-9_.-]{1,40}$' },
    additionalProperties: { type: 'string', minLength: 1, maxLength: 200 },
  }),
  v.check(
    (value) => Object.keys(value).length <= METADATA_ENTRIES_MAX,
    `Send at most ${METADATA_ENTRIES_MAX} entries.`,
  ),
  v.check(
    (value) => Object.keys(value).every((key) => /^[A-Za-z0-9_.-]{1,40}$/.test(key) && key !== '__proto__'),
    'Names are 1–40 letters, digits, dots, hyphens and underscores.',
  ),
  v.check(
    (value) => Object.values(value).every((text) => v.is(line(200), text)),
    'Values are strings of 1–200 characters, on one line.',
  ),
  v.transform((value) => Object.fromEntries(Object.entries(value).map(([key, text]) => [key, text.normalize('NFC')]))),
)

/** The body of `POST /v1/payments`: what is checked, and what the API description is made of. */
export const paymentRequest = v.object({
  sessionId: line(128),
  invoice: v.exactOptional(line(128)),
  amount,
  currency,
  phoneNumber,
  provider: v.exactOptional(provider),
  customerMessage: v.exactOptional(
    v.pipe(v.string('Send a string.'), v.regex(/^[A-Za-z0-9 ]{4,22}$/, 'Send 4–22 letters, digits and spaces.')),
  ),
  metadata: v.exactOptional(metadata),
  returnUrl: v.exactOptional(returnUrl),
  allowRepeat: v.exactOptional(v.boolean('Send true or false.')),
})

/** As far as its own shape goes. Text is in NFC. */
export type PaymentRequest = v.InferOutput<typeof paymentRequest>

/** Fields that are right are there even when others are wrong, so that all errors can be told at once. */
export const checkPaymentRequest = (
  input: unknown,
): { readonly fields: Partial<PaymentRequest>; readonly errors: readonly FieldError[] } => {
  const { fields, errors } = checkFields(paymentRequest, input)
  const invoiceIsMissing =
    fields.invoice === undefined &&
    fields.allowRepeat !== true &&
    !errors.some(({ field }) => field === 'invoice' || field === 'body')
  return {
    fields,
    errors: invoiceIsMissing
      ? [...errors, { field: 'invoice', message: 'This field is required, unless allowRepeat is true.' }]
      : errors,
  }
}
