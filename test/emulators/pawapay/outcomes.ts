import { sandboxNumbers } from './recorded.ts'

/** How an operation ends. `stuck`: it stays PROCESSING and no callback is ever sent. */
export type Outcome =
  | { readonly kind: 'completed' }
  | { readonly kind: 'failed'; readonly failureCode: string }
  | { readonly kind: 'stuck' }

const outcomeOf = (text: string): Outcome => {
  const [kind, detail = ''] = text.split('/')
  if (kind === 'COMPLETED') return { kind: 'completed' }
  if (kind === 'STUCK') return { kind: 'stuck' }
  if (kind === 'FAILED' && detail !== '') return { kind: 'failed', failureCode: detail }
  throw new Error(`sandbox numbers: unknown outcome ${text}`)
}

const byNumber = new Map(sandboxNumbers.map((row) => [`${row.operation} ${row.msisdn}`, outcomeOf(row.v2_outcome)]))

/** The documented outcome of a sandbox number; any other valid number succeeds. */
export const outcomeFor = (operation: 'DEPOSIT' | 'PAYOUT', msisdn: string): Outcome =>
  byNumber.get(`${operation} ${msisdn}`) ?? { kind: 'completed' }

/** Words for a failure code, for developers and not for customers (docs.pawapay.io/v2/docs/failure_codes). */
export const failureMessage = (code: string): string => MESSAGES[code] ?? 'Unspecified failure'

const MESSAGES: Readonly<Record<string, string>> = {
  PAYER_NOT_FOUND: 'The phone number does not belong to a wallet of this provider',
  PAYMENT_NOT_APPROVED: 'Customer did not authorise the payment',
  PAYER_LIMIT_REACHED: 'The customer has reached a limit of their wallet',
  PAYMENT_IN_PROGRESS: 'The customer already has a payment in progress',
  TRANSACTION_ALREADY_IN_PROCESS: 'The customer already has a payment in progress',
  INSUFFICIENT_BALANCE: 'The customer does not have enough funds',
  WALLET_LIMIT_REACHED: 'The wallet has reached a limit',
  UNKNOWN_ERROR: 'The provider answered with an unknown error',
}
