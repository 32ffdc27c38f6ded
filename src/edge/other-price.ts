import type { PaymentView } from '../domain/payment.ts'

export interface Price {
  /** Decimal string, as `formatAmount` writes it. */
  readonly amount: string
  readonly currency: string
}

/**
 * Which field of a checkout's price its invoice's payment has otherwise; null: none. The price of an invoice is that of its
 * payment's first attempt, for good: however that ended, another amount is another charge and takes another invoice.
 */
export const otherPrice = (payment: PaymentView, { amount, currency }: Price): keyof Price | null => {
  // Of another currency the amounts say nothing about each other.
  if (payment.currency !== currency) return 'currency'
  return payment.amount === amount ? null : 'amount'
}
