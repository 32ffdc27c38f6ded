import type { Checkout } from '../contracts/consumer.ts'
import type { PaymentView } from '../domain/payment.ts'
import { otherPrice } from './other-price.ts'

/**
 * `pending`: a payment is under way, or its end is not known yet. `closed`: the invoice has a payment at another price, however
 * that stands, so that this one is paid by nobody.
 */
export type CheckoutStatus = 'open' | 'pending' | 'paid' | 'closed' | 'expired'

/** `isOurs`: the payment is of this checkout's price. An invoice may have had several checkouts. */
const statusOf = (payment: PaymentView | null, isOurs: boolean, isOver: boolean): CheckoutStatus => {
  switch (payment?.status) {
    case 'succeeded':
      return isOurs ? 'paid' : 'closed'
    case undefined:
      return isOver ? 'expired' : 'open'
    case 'failed':
    case 'expired':
      if (isOver) return 'expired'
      return isOurs ? 'open' : 'closed'
    default:
      return isOurs ? 'pending' : 'closed'
  }
}

/** A checkout as the shop's server or page reads it. Nothing of the customer is in it. */
export const checkoutView = (given: {
  readonly checkout: Checkout
  readonly amount: string
  readonly url: string
  readonly payment: PaymentView | null
  readonly nowMs: number
}) => {
  const { checkout, amount, url, payment, nowMs } = given
  const { id, invoice, currency, description, returnUrl, createdAtMs, expiresAtMs } = checkout
  const isOurs = payment !== null && otherPrice(payment, { amount, currency }) === null
  return {
    id,
    url,
    status: statusOf(payment, isOurs, nowMs >= expiresAtMs),
    invoice,
    amount,
    currency,
    ...(description === null ? {} : { description }),
    ...(returnUrl === null ? {} : { returnUrl }),
    ...(payment === null ? {} : { paymentId: payment.id }),
    createdAt: new Date(createdAtMs).toISOString(),
    expiresAt: new Date(expiresAtMs).toISOString(),
  }
}
