import * as v from 'valibot'
import type { FieldError } from '../../domain/errors.ts'
import { amount, checkFields, currency, line, returnUrl } from './fields.ts'

/** The body of `POST /v1/checkouts` with a secret key. */
export const checkoutRequest = v.object({
  invoice: line(128),
  amount,
  currency,
  description: v.exactOptional(line(140)),
  returnUrl: v.exactOptional(returnUrl),
  expiresInMinutes: v.optional(
    v.pipe(
      v.number('Send a whole number.'),
      v.integer('Send a whole number.'),
      v.minValue(5, 'At least 5 minutes.'),
      v.maxValue(43_200, 'At most 43200 minutes (30 days).'),
    ),
    1440,
  ),
})

/** As far as its own shape goes. */
export type CheckoutRequest = v.InferOutput<typeof checkoutRequest>

export const checkCheckoutRequest = (
  input: unknown,
): { readonly fields: Partial<CheckoutRequest>; readonly errors: readonly FieldError[] } =>
  checkFields(checkoutRequest, input)
