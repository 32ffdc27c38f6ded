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
  // pawaPay, MTN MoMo: not taken by that account in that country. No customer chooses it.
  'INVALID_CURRENCY',
  // MTN MoMo
  'UNAUTHORIZED',
  'NOT_ALLOWED',
  'NOT_ALLOWED_TARGET_ENVIRONMENT',
  'INVALID_CALLBACK_URL_HOST',
  // Paystack, Flutterwave
  'INVALID_KEY',
  'ACCOUNT_DEACTIVATED',
  // Paystack: "… by merchant", which is our account; and the address is the deployment's own (`PAYSTACK_EMAIL`)
  'CURRENCY_NOT_SUPPORTED',
  'INVALID_EMAIL',
  // Wave: our key, or the wallet that it belongs to (docs.wave.com/business, error codes)
  'missing-auth-header',
  'invalid-auth',
  'api-key-not-provided',
  'no-matching-api-key',
  'api-key-revoked',
  'invalid-wallet',
  'disabled-wallet',
  // CinetPay
  'AUTH_NOT_FOUND',
  'ERROR_SITE_ID_NOTVALID',
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
