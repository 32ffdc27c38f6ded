import * as v from 'valibot'
import type { FieldError } from '../../domain/errors.ts'
import { checkFields } from './fields.ts'

/** What a code may be, as every provider makes it. */
export const OTP = /^[A-Za-z0-9]{1,36}$/

/** The body of `POST /v1/payments/{id}/otp`. */
export const otpRequest = v.object({
  otp: v.pipe(
    v.string('Send the code as a string: 0123 is no number.'),
    v.metadata({ description: 'As the customer was given it, without spaces.', examples: ['123456'] }),
    v.regex(OTP, 'Send 1–36 letters and digits.'),
  ),
})

export const checkOtpRequest = (
  input: unknown,
): { readonly fields: Partial<v.InferOutput<typeof otpRequest>>; readonly errors: readonly FieldError[] } =>
  checkFields(otpRequest, input)
