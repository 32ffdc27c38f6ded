import * as v from 'valibot'
import type { FieldError } from '../../domain/errors.ts'
import { amount, checkFields, currency, dateTime, line, signedReturnUrl } from './fields.ts'

/** What a signed link says (docs/checkout-links.md). Either an invoice, paid once, or a product, paid for again and again. */
export const linkPayload = v.object({
  invoice: v.exactOptional(line(128)),
  product: v.exactOptional(line(64)),
  allowRepeat: v.exactOptional(v.boolean('Send true or false.')),
  amount,
  currency,
  description: v.exactOptional(line(140)),
  returnUrl: v.exactOptional(signedReturnUrl),
  expiresAt: dateTime,
})
export type LinkPayload = v.InferOutput<typeof linkPayload>

/** The body of `POST /v1/checkouts` that opens a signed link. Nothing of the price can be in it. */
export const linkRequest = v.object({
  link: v.pipe(
    v.string('Send a string.'),
    v.metadata({ description: 'lnk1.…, as the shop signed it.', pattern: '^lnk1\\.' }),
    v.maxLength(4200, 'This is not a link.'),
  ),
})

export const checkLinkRequest = (
  input: unknown,
): { readonly fields: Partial<v.InferOutput<typeof linkRequest>>; readonly errors: readonly FieldError[] } =>
  checkFields(linkRequest, input)

/** Undefined: signed, and yet no payload of version 1. */
export const readLinkPayload = (input: unknown): LinkPayload | undefined => {
  const { fields, errors } = checkFields(linkPayload, input)
  if (errors.length > 0) return undefined
  const repeats = fields.allowRepeat === true
  return repeats === (fields.product !== undefined) && repeats === (fields.invoice === undefined)
    ? (fields as LinkPayload)
    : undefined
}
