import { html } from 'hono/html'
import type { Checkout } from '../../contracts/consumer.ts'
import type { FieldError } from '../../domain/errors.ts'
import type { PaymentView } from '../../domain/payment.ts'
import { homeCountry } from '../../flows/phone-number.ts'
import type { Html, Page } from './layout.ts'
import { providersFor } from './providers.ts'

/** What a customer typed, to be shown again. */
export interface Typed {
  readonly phoneNumber: string
  readonly provider: string
}

const REFRESH_S = 3
/** After two minutes most phones have answered or gave up: ask less often. */
const PATIENT_AFTER_MS = 120_000
const PATIENT_REFRESH_S = 15

/** `amount` is a decimal string; `format` reads it exactly, no float is made of it. */
const money = (amount: string, currency: string): string =>
  new Intl.NumberFormat('en', {
    style: 'currency',
    currency,
    currencyDisplay: 'code',
    minimumFractionDigits: amount.split('.')[1]?.length ?? 0,
  }).format(amount as `${number}`)

const countryName = (code: string): string => new Intl.DisplayNames('en', { type: 'region' }).of(code) ?? code

const heading = (checkout: Checkout, amount: string): Html => html`<header>
<p>${checkout.merchantName}</p>
<p class="amount">${money(amount, checkout.currency)}</p>
<p>${checkout.description ?? `Invoice ${checkout.invoice}`}</p>
</header>`

const back = (checkout: Checkout): Html | string =>
  checkout.returnUrl === null
    ? ''
    : html`<a class="button quiet" href="${checkout.returnUrl}">Back to ${checkout.merchantName}</a>`

const details = (checkout: Checkout, view: PaymentView): Html => html`<dl>
<dt>Phone</dt><dd>${view.phoneNumber}</dd>
<dt>Invoice</dt><dd>${checkout.invoice}</dd>
<dt>Reference</dt><dd>${view.id}</dd>
</dl>`

const form = (
  checkout: Checkout,
  attempt: number,
  typed: Typed,
  errors: readonly FieldError[],
  label: string,
): Html => {
  const choices = providersFor(checkout.currency)
  const countries = new Set(choices.map(({ country }) => country))
  const home = homeCountry(undefined, checkout.currency)
  const errorOf = (field: string) => errors.find((error) => error.field === field)?.message
  const [number, network] = [errorOf('phoneNumber'), errorOf('provider')]
  const other = errors.filter(({ field }) => field !== 'phoneNumber' && field !== 'provider')
  return html`${errors.length === 0 ? '' : html`<div class="alert" role="alert">${number ?? network ?? other[0]?.message}</div>`}
<form method="post" action="/c/${checkout.id}">
<input type="hidden" name="attempt" value="${attempt}">
<label for="phone">Mobile money number</label>
<input id="phone" name="phoneNumber" type="tel" inputmode="tel" autocomplete="tel" required maxlength="40" value="${typed.phoneNumber}" aria-describedby="phone-hint" ${number ? html`aria-invalid="true"` : ''}>
<p class="hint" id="phone-hint">${
    home
      ? `A number of ${countryName(home)} as you dial it, or any number with + and country code.`
      : 'With + and country code.'
  }</p>
${
  choices.length === 0
    ? ''
    : html`<label for="network">Network</label>
<select id="network" name="provider" ${network ? html`aria-invalid="true"` : ''}>
<option value="">Find it by my number</option>
${choices.map(
  ({ provider, name, country }) =>
    html`<option value="${provider}" ${provider === typed.provider ? 'selected' : ''}>${name}${countries.size > 1 ? `, ${countryName(country)}` : ''}</option>`,
)}
</select>`
}
<button type="submit">${label}</button>
</form>`
}

const NOTHING_TYPED: Typed = { phoneNumber: '', provider: '' }

export const formPage = (
  checkout: Checkout,
  amount: string,
  attempt: number,
  typed: Typed = NOTHING_TYPED,
  errors: readonly FieldError[] = [],
): Page => ({
  title: `${errors.length > 0 ? 'Please check: ' : ''}Pay ${checkout.merchantName}`,
  status: errors.length > 0 ? 400 : 200,
  content: html`${heading(checkout, amount)}
<h1>Pay with mobile money</h1>
<p>Your phone will ask you to confirm with your PIN.</p>
${form(checkout, attempt, typed, errors, `Pay ${money(amount, checkout.currency)}`)}`,
})

const waiting = (checkout: Checkout, view: PaymentView, nowMs: number): Page => {
  const startedMs = Date.parse(view.attempts.at(-1)?.createdAt ?? view.createdAt)
  const patient = nowMs - startedMs > PATIENT_AFTER_MS
  const url = view.nextAction?.url
  const unsure = view.status === 'unknown'
  return {
    title: `Waiting: ${checkout.merchantName}`,
    status: 200,
    refreshS: patient ? PATIENT_REFRESH_S : REFRESH_S,
    content: html`${heading(checkout, view.amount)}
<div class="bar"><i></i></div>
<div role="status">
<h1>${unsure ? 'We are asking your network' : 'Confirm on your phone'}</h1>
${
  unsure
    ? html`<p>Your network has not answered yet. Do not pay again: if your phone asks for your PIN, you may confirm.</p>`
    : html`<p>A message is on its way to <strong>${view.phoneNumber}</strong>. Enter your PIN there to pay.</p>`
}
${patient ? html`<p>This takes longer than usual. If nothing appears on your phone, look into your network's payment menu for waiting approvals.</p>` : ''}
</div>
${url?.startsWith('https://') ? html`<a class="button" href="${url}">Continue with your network</a>` : ''}
<p class="small">This page looks again by itself. You can close it: the payment goes on, and this link shows how it ended.</p>
<a class="button quiet" href="/c/${checkout.id}">Look again now</a>
${details(checkout, view)}`,
  }
}

const paid = (checkout: Checkout, view: PaymentView): Page => ({
  title: `Paid: ${checkout.merchantName}`,
  status: 200,
  content: html`${heading(checkout, view.amount)}
<div role="status">
<h1 class="good">✓ Paid</h1>
<p>Thank you. ${checkout.merchantName} ${view.fulfilment.status === 'fulfilled' ? 'has been told' : 'is being told'}. You can close this page.</p>
</div>
${back(checkout)}
${details(checkout, view)}`,
})

const failed = (checkout: Checkout, amount: string, view: PaymentView, expired: boolean): Page => ({
  title: `Not paid: ${checkout.merchantName}`,
  status: 200,
  content: html`${heading(checkout, amount)}
<div role="status">
<h1 class="bad">Not paid</h1>
<p>${view.failure?.message ?? 'The payment did not go through.'}</p>
</div>
${
  expired
    ? html`<p>This payment link has expired. Ask ${checkout.merchantName} for a new one.</p>${back(checkout)}`
    : html`<h2>Try again</h2>${form(checkout, view.attempts.length + 1, NOTHING_TYPED, [], `Pay ${money(amount, checkout.currency)}`)}`
}`,
})

const inReview = (checkout: Checkout, view: PaymentView): Page => ({
  title: `Being checked: ${checkout.merchantName}`,
  status: 200,
  content: html`${heading(checkout, view.amount)}
<div role="status">
<h1>Your payment is being checked</h1>
<p>A person looks into it. Do not pay again. ${checkout.merchantName} can tell you more with the reference below.</p>
</div>
${back(checkout)}
${details(checkout, view)}`,
})

const expiredPage = (checkout: Checkout, amount: string): Page => ({
  title: `Expired: ${checkout.merchantName}`,
  status: 410,
  content: html`${heading(checkout, amount)}
<h1>This payment link has expired</h1>
<p>Nothing was paid. Ask ${checkout.merchantName} for a new link.</p>
${back(checkout)}`,
})

/** The page of a checkout as its payment stands; `view` is null while there is none. `amount` is the checkout's. */
export const checkoutPage = (checkout: Checkout, amount: string, view: PaymentView | null, nowMs: number): Page => {
  const expired = nowMs >= checkout.expiresAtMs
  if (!view) return expired ? expiredPage(checkout, amount) : formPage(checkout, amount, 1)
  switch (view.status) {
    // Nothing has left for this payment yet, and nothing is under way.
    case 'created':
      return expired ? expiredPage(checkout, amount) : formPage(checkout, amount, view.attempts.length + 1)
    case 'pending':
    case 'needs_action':
    case 'unknown':
      return waiting(checkout, view, nowMs)
    case 'succeeded':
      return paid(checkout, view)
    case 'failed':
    case 'expired':
      return failed(checkout, amount, view, expired)
    case 'review':
      return inReview(checkout, view)
  }
}

export const notFoundPage: Page = {
  title: 'Not found',
  status: 404,
  content: html`<h1>There is no such payment link</h1>
<p>It may have been cut off when it was copied. Open it again from the message that it came in.</p>`,
}

/** `address` is ours: the page to look at again. */
export const unavailablePage = (address: string): Page => ({
  title: 'Please try again',
  status: 503,
  content: html`<h1>We cannot show this right now</h1>
<p>A payment that you have started goes on, and you are never charged twice through this link.</p>
<a class="button" href="${address}">Look again</a>`,
})

/** Too many payments at once. Nothing was stored or sent. */
export const busyPage = (address: string): Page => ({
  title: 'Please try again',
  status: 429,
  content: html`<h1>One moment, please</h1>
<p>There are too many payments right now, and this one was not started. Nothing was charged. Try again in a minute.</p>
<a class="button" href="${address}">Back to the payment</a>`,
})

export const refusedFormPage = (address: string, status: 413 | 415): Page => ({
  title: 'Please try again',
  status,
  content: html`<h1>This form could not be read</h1>
<a class="button" href="${address}">Back to the payment</a>`,
})
