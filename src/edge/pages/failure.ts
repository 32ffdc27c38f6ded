import { POLICY_CODE } from '../../contracts/vault.ts'
import type { PaymentView } from '../../domain/payment.ts'
import type { FailureReason } from './messages/messages.ts'

/** The codes of gateways and of our own, by what a customer can do about them. */
const REASONS: Readonly<Record<string, FailureReason>> = {
  PAYER_NOT_FOUND: 'noWallet',
  PAYMENT_NOT_APPROVED: 'notApproved',
  PAYER_LIMIT_REACHED: 'limit',
  WALLET_LIMIT_REACHED: 'limit',
  PAYMENT_IN_PROGRESS: 'anotherWaiting',
  TRANSACTION_ALREADY_IN_PROCESS: 'anotherWaiting',
  INSUFFICIENT_BALANCE: 'noMoney',
  AMOUNT_OUT_OF_BOUNDS: 'amount',
  AMOUNT_TOO_SMALL: 'amount',
  AMOUNT_TOO_LARGE: 'amount',
  INVALID_AMOUNT: 'amount',
  INVALID_CURRENCY: 'amount',
  [`${POLICY_CODE}amount_limit`]: 'amount',
  INVALID_PHONE_NUMBER: 'number',
  INVALID_PROVIDER: 'closed',
  PROVIDER_TEMPORARILY_UNAVAILABLE: 'closed',
  expired: 'tooLate',
  not_received: 'notSent',
  not_sent: 'notSent',
}

const reasonOf = (code: string): FailureReason =>
  REASONS[code] ?? (code.startsWith(POLICY_CODE) ? 'shopCannot' : 'other')

/** `coded`: the provider had asked for a code, and that is what it did not approve. */
export const failureReason = (view: PaymentView, coded: boolean): FailureReason => {
  const reason = reasonOf(view.failure?.code ?? '')
  return coded && reason === 'notApproved' ? 'wrongCode' : reason
}
