import { html, raw } from 'hono/html'
import type { PaymentView } from '../../domain/payment.ts'
import { addressOfPage, type CheckoutContext, details, heading, shopName } from './checkout-context.ts'
import type { Html, Page } from './layout.ts'
import { providerName } from './providers.ts'

/** Whether the gateway waits for a code that the customer is to enter here. */
export const wantsOtp = (view: PaymentView | null): boolean =>
  view?.status === 'needs_action' && view.nextAction?.type === 'otp'

const otpForm = (context: CheckoutContext, wrong: boolean): Html => {
  const { messages } = context
  return html`<form method="post" action="${addressOfPage(context, '/otp')}">
<label class="field" for="code">${messages.form.code}</label>
<input id="code" name="otp" inputmode="text" autocomplete="one-time-code" required maxlength="40" ${wrong ? raw('aria-invalid="true" aria-describedby="problem"') : ''}>
<button type="submit"><b>${messages.waiting.otpSend}</b><i>${messages.form.paying}</i></button>
</form>`
}

/** The page of a payment whose code is being checked, which follows it: the form would not. */
export const codeSentAddress = (context: CheckoutContext): string => `${addressOfPage(context)}&code=sent`

/** No more codes are taken. */
export const otpExhaustedPage = (context: CheckoutContext, view: PaymentView): Page => ({
  title: context.messages.waiting.title(shopName(context)),
  status: 400,
  content: html`${heading(context, view.amount)}
<h1 tabindex="-1">${context.messages.waiting.otpExhaustedHeading}</h1>
<div class="alert" role="alert">${context.messages.waiting.otpExhausted}</div>
<a class="button quiet" href="${codeSentAddress(context)}">${context.messages.waiting.again}</a>
${details(context, view)}`,
})

/** It does not ask for itself again: what is being typed would be gone. Sent, the form leads to how the payment stands. */
export const otpPage = (context: CheckoutContext, view: PaymentView, problem?: string): Page => {
  const { messages } = context
  const name = providerName(view.provider)
  const how = view.nextAction?.message
  return {
    title: messages.waiting.title(shopName(context)),
    status: problem === undefined ? 200 : 400,
    content: html`${heading(context, view.amount)}
${problem === undefined ? '' : html`<div class="alert" role="alert" id="problem">${problem}</div>`}
<h1 tabindex="-1">${messages.waiting.otpHeading}</h1>
<p>${messages.waiting.otp(name)}</p>
${how === undefined ? '' : html`<p lang="en">${how}</p>`}
${otpForm(context, problem !== undefined)}
<p class="small">${messages.waiting.close}</p>
${details(context, view)}`,
  }
}
