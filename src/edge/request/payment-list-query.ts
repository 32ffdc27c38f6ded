import * as v from 'valibot'
import type { FieldError } from '../../domain/errors.ts'
import { checkFields, dateTime, line, pageLimit } from './fields.ts'

const LIMIT_MAX = 50

/** The query of `GET /v1/payments`. */
export const paymentListQuery = v.object({
  invoice: v.exactOptional(line(128)),
  phoneSuffix: v.exactOptional(
    v.pipe(v.string(), v.regex(/^\d{4}$/, 'Send the last four digits of the phone number.')),
  ),
  providerTransactionId: v.exactOptional(line(128)),
  status: v.exactOptional(
    v.picklist(
      ['created', 'pending', 'needs_action', 'unknown', 'succeeded', 'failed', 'expired', 'review'],
      'Send a status, such as "succeeded".',
    ),
  ),
  from: v.exactOptional(dateTime),
  to: v.exactOptional(dateTime),
  cursor: v.exactOptional(v.pipe(v.string(), v.maxLength(200, 'Send the nextCursor of the page before.'))),
  limit: pageLimit(LIMIT_MAX),
})

/** `from` and `to` in milliseconds, inclusive and exclusive; all but `limit` may be missing. */
export type PaymentListQuery = v.InferOutput<typeof paymentListQuery>

/** The query of `GET /v1/payments`, with all that is wrong in it. */
export const checkPaymentListQuery = (
  params: URLSearchParams,
): { readonly fields: Partial<PaymentListQuery>; readonly errors: readonly FieldError[] } => {
  // No prototype: a parameter may be called anything.
  const input: Record<string, string> = Object.create(null)
  const repeated = new Set<string>()
  for (const [name, value] of params) {
    if (name in input) repeated.add(name)
    input[name] = value
  }
  const { fields, errors } = checkFields(paymentListQuery, input)
  const order =
    fields.from !== undefined && fields.to !== undefined && fields.from >= fields.to
      ? [{ field: 'to', message: 'Send a time after "from".' }]
      : []
  return {
    fields,
    errors: [...errors, ...[...repeated].map((field) => ({ field, message: 'Send this once.' })), ...order],
  }
}
