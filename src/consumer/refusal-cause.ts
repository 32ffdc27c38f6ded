import type { RefusalCause } from '../contracts/route.ts'

/** The gateway's own trouble, or ours with it: another gateway may well take the payment. */
const OF_GATEWAY: ReadonlySet<string> = new Set([
  // pawaPay
  'NO_AUTHENTICATION',
  'AUTHENTICATION_ERROR',
  'AUTHORISATION_ERROR',
  'HTTP_SIGNATURE_ERROR',
  'DEPOSITS_NOT_ALLOWED',
  'INVALID_PROVIDER',
  // MTN MoMo
  'UNAUTHORIZED',
  'NOT_ALLOWED',
  'NOT_ALLOWED_TARGET_ENVIRONMENT',
  'INTERNAL_PROCESSING_ERROR',
  // Paystack, Flutterwave
  'INVALID_KEY',
  'ACCOUNT_DEACTIVATED',
])

/** The operator behind the gateway, as the gateway says. */
const OF_OPERATOR: ReadonlySet<string> = new Set(['PROVIDER_TEMPORARILY_UNAVAILABLE', 'SERVICE_UNAVAILABLE'])

/**
 * Whose doing a final failure was. A code that is not listed is the customer's: held against nobody, and never a reason to
 * ask the same customer through another gateway.
 */
export const causeOf = (failureCode: string | null): RefusalCause => {
  if (failureCode === null) return 'customer'
  if (OF_GATEWAY.has(failureCode)) return 'gateway'
  return OF_OPERATOR.has(failureCode) ? 'operator' : 'customer'
}
