import { html } from 'hono/html'
import type { Checkout } from '../../contracts/consumer.ts'
import type { PaymentView } from '../../domain/payment.ts'
import { logoOf } from './branding.ts'
import { money } from './formats.ts'
import type { Language } from './language.ts'
import { type Html, inLanguage } from './layout.ts'
import type { Messages } from './messages/messages.ts'
import { type ProviderChoice, providerName } from './providers.ts'

/** Everything that the pages of one checkout are made from. */
export interface CheckoutContext {
  readonly checkout: Checkout
  /** Path of its page. */
  readonly address: string
  /** The checkout's, as a decimal string. */
  readonly amount: string
  readonly choices: readonly ProviderChoice[]
  readonly messages: Messages
  readonly language: Language
  readonly nowMs: number
}

export const shopName = ({ checkout }: CheckoutContext): string => checkout.branding?.name ?? checkout.merchantName

/** The page's address, or one `below` it. */
export const addressOfPage = (context: CheckoutContext, below = ''): string =>
  inLanguage(context, `${context.address}${below}`)

export const heading = (context: CheckoutContext, amount: string): Html => {
  const { checkout, messages } = context
  const logo = logoOf(checkout.branding)
  return html`<header>
${checkout.mode === 'test' ? html`<p class="test">${messages.testMode}</p>` : ''}
<p class="shop">${logo === null ? '' : html`<img src="${logo}" alt="" width="40" height="40">`}<span>${shopName(context)}</span></p>
<p class="amount">${money(messages, amount, checkout.currency)}</p>
<p>${checkout.description ?? messages.invoice(checkout.invoice)}</p>
</header>`
}

export const backToShop = (context: CheckoutContext): Html | string =>
  context.checkout.returnUrl === null
    ? ''
    : html`<a class="button quiet" href="${context.checkout.returnUrl}">${context.messages.backTo(shopName(context))}</a>`

export const details = ({ checkout, messages }: CheckoutContext, view: PaymentView): Html => html`<dl>
<dt>${messages.details.phone}</dt><dd><bdi>${view.phoneNumber}</bdi></dd>
<dt>${messages.details.network}</dt><dd>${providerName(view.provider)}</dd>
<dt>${messages.details.invoice}</dt><dd>${checkout.invoice}</dd>
<dt>${messages.details.reference}</dt><dd>${view.id}</dd>
</dl>`
