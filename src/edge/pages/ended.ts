import { html } from 'hono/html'
import type { PaymentView } from '../../domain/payment.ts'
import { addressOfPage, backToShop, type CheckoutContext, details, heading, shopName } from './checkout-context.ts'
import { failureReason } from './failure.ts'
import { NOTHING_TYPED, payForm } from './form.ts'
import { moment, money } from './formats.ts'
import type { Page } from './layout.ts'
import { providerName } from './providers.ts'

export const paidPage = (context: CheckoutContext, view: PaymentView): Page => {
  const { messages, checkout } = context
  const { paid } = messages
  const isTold = view.fulfilment.status === 'fulfilled'
  const refunded = /[1-9]/.test(view.refundedAmount) ? money(messages, view.refundedAmount, view.currency) : null
  return {
    title: paid.title(shopName(context)),
    status: 200,
    content: html`${heading(context, view.amount)}
<h1 class="good" tabindex="-1"><span aria-hidden="true">✓ </span>${paid.heading}</h1>
<p>${isTold ? paid.told(shopName(context)) : paid.telling(shopName(context))}</p>
${refunded === null ? '' : html`<p>${paid.refunded(refunded)}</p>`}
${checkout.returnUrl === null ? '' : html`<a class="button" href="${checkout.returnUrl}">${messages.backTo(shopName(context))}</a>`}
<a class="button quiet" href="${addressOfPage(context, '/receipt')}">${paid.receipt}</a>
${details(context, view)}`,
  }
}

export const receiptPage = (context: CheckoutContext, view: PaymentView): Page => {
  const { messages, checkout } = context
  const { receipt } = messages
  return {
    title: receipt.title(shopName(context)),
    status: 200,
    content: html`${heading(context, view.amount)}
<h1>${receipt.heading}</h1>
<dl>
<dt>${receipt.shop}</dt><dd>${shopName(context)}</dd>
<dt>${receipt.amount}</dt><dd>${money(messages, view.amount, view.currency)}</dd>
<dt>${receipt.date}</dt><dd>${moment(messages, view.fulfilment.at ?? view.updatedAt)}</dd>
<dt>${messages.details.phone}</dt><dd><bdi>${view.phoneNumber}</bdi></dd>
<dt>${messages.details.network}</dt><dd>${providerName(view.provider)}</dd>
<dt>${messages.details.invoice}</dt><dd>${checkout.invoice}</dd>
<dt>${messages.details.reference}</dt><dd>${view.id}</dd>
</dl>
<a class="button quiet" href="${addressOfPage(context)}">${receipt.back}</a>`,
  }
}

export const failedPage = (context: CheckoutContext, view: PaymentView): Page => {
  const { messages, checkout, nowMs } = context
  const { failed } = messages
  const isCoded = context.choices.some(({ provider, auth }) => provider === view.provider && auth === 'preauth')
  const reason = failureReason(view, isCoded)
  const [what, next] = failed.reasons[reason]
  const isExpired = nowMs >= checkout.expiresAtMs
  return {
    title: failed.title(shopName(context)),
    status: 200,
    content: html`${heading(context, context.amount)}
<h1 class="bad" tabindex="-1">${failed.heading}</h1>
<p>${reason === 'other' ? what : `${what} ${failed.nothingTaken}`}</p>
${
  isExpired
    ? html`<p>${failed.expired(shopName(context))}</p>`
    : html`<p class="next">${next}</p>
<h2>${failed.again}</h2>
${payForm(context, view.attempts.length + 1, NOTHING_TYPED, [])}`
}
${backToShop(context)}`,
  }
}

export const reviewPage = (context: CheckoutContext, view: PaymentView): Page => ({
  title: context.messages.review.title(shopName(context)),
  status: 200,
  content: html`${heading(context, view.amount)}
<h1 tabindex="-1">${context.messages.review.heading}</h1>
<p>${context.messages.review.text(shopName(context))}</p>
${backToShop(context)}
${details(context, view)}`,
})

/** No form: what it would send is never taken. */
export const otherPricePage = (context: CheckoutContext): Page => ({
  title: context.messages.otherPrice.title(shopName(context)),
  status: 410,
  content: html`${heading(context, context.amount)}
<h1 tabindex="-1">${context.messages.otherPrice.heading}</h1>
<p>${context.messages.otherPrice.text(shopName(context))}</p>
${backToShop(context)}`,
})

export const expiredPage = (context: CheckoutContext): Page => ({
  title: context.messages.expired.title(shopName(context)),
  status: 410,
  content: html`${heading(context, context.amount)}
<h1>${context.messages.expired.heading}</h1>
<p>${context.messages.expired.text(shopName(context))}</p>
${backToShop(context)}`,
})
