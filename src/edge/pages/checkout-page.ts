import type { PaymentView } from '../../domain/payment.ts'
import { otherPrice } from '../other-price.ts'
import type { CheckoutContext } from './checkout-context.ts'
import { expiredPage, failedPage, otherPricePage, paidPage, reviewPage } from './ended.ts'
import { formPage } from './form.ts'
import type { Page } from './layout.ts'
import { otpPage, wantsOtp } from './otp.ts'
import { paceOf, waitingPage } from './waiting.ts'

/**
 * The page of a checkout as its payment stands; `view` is null while there is none. `codeSent`: the customer has just sent a code,
 * and is not asked for it again while nobody knows what came of it.
 */
export const checkoutPage = (context: CheckoutContext, view: PaymentView | null, codeSent = false): Page => {
  const isExpired = context.nowMs >= context.checkout.expiresAtMs
  if (!view) return isExpired ? expiredPage(context) : formPage(context, 1)
  const { amount, checkout } = context
  const isOtherPrice = otherPrice(view, { amount, currency: checkout.currency }) !== null
  switch (view.status) {
    // Nothing has left for this payment yet, and nothing is under way.
    case 'created':
      if (isExpired) return expiredPage(context)
      return isOtherPrice ? otherPricePage(context) : formPage(context, view.attempts.length + 1)
    case 'pending':
    case 'needs_action':
    case 'unknown':
      return wantsOtp(view) && !codeSent ? otpPage(context, view) : waitingPage(context, view)
    case 'succeeded':
      return paidPage(context, view)
    case 'failed':
    case 'expired':
      return isOtherPrice && !isExpired ? otherPricePage(context) : failedPage(context, view)
    case 'review':
      return reviewPage(context, view)
  }
}

/** All that makes one state of the page another: who has the page with the same text need not load it again. */
export const stateText = (
  { checkout, language, nowMs }: Pick<CheckoutContext, 'checkout' | 'language' | 'nowMs'>,
  view: PaymentView | null,
): string =>
  JSON.stringify([
    language,
    nowMs >= checkout.expiresAtMs,
    view && [
      view.status,
      view.attempts.length,
      view.nextAction,
      view.fulfilment.status,
      view.refundedAmount,
      paceOf(view, nowMs),
    ],
  ])
