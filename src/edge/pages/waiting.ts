import { html, raw } from 'hono/html'
import type { PaymentView } from '../../domain/payment.ts'
import { addressOfPage, type CheckoutContext, details, heading, shopName } from './checkout-context.ts'
import { duration } from './formats.ts'
import type { Html, Page } from './layout.ts'
import { instructionsOf } from './phone-instructions.ts'
import { type ProviderChoice, providerName } from './providers.ts'

const REFRESH_S = 3
/** After two minutes most phones have answered or gave up: ask less often. */
const SLOW_AFTER_MS = 120_000
const SLOW_REFRESH_S = 15
/** Most prompts are there by now. From then on what to do without one stands open: a page that reloads would close it. */
const REVIVE_AFTER_MS = 15_000
/** After ten nobody should sit and wait. */
const VERY_SLOW_AFTER_MS = 600_000

export type Pace = 'usual' | 'slow' | 'verySlow'

const ageMs = (view: PaymentView, nowMs: number): number =>
  Math.max(0, nowMs - Date.parse(view.attempts.at(-1)?.createdAt ?? view.createdAt))

export const paceOf = (view: PaymentView, nowMs: number): Pace => {
  const age = ageMs(view, nowMs)
  return age > VERY_SLOW_AFTER_MS ? 'verySlow' : age > SLOW_AFTER_MS ? 'slow' : 'usual'
}

interface Said {
  readonly heading: string
  readonly text: readonly string[]
  readonly link?: string
  /** Whether a PIN prompt may be waiting on the phone. */
  readonly prompts: boolean
}

const said = ({ messages }: CheckoutContext, view: PaymentView, choice: ProviderChoice | undefined): Said => {
  const words = messages.waiting
  const name = providerName(view.provider)
  if (view.status === 'unknown') return { heading: words.unsureHeading, text: [words.unsure], prompts: true }
  if (view.nextAction?.type === 'redirect' || choice?.auth === 'redirect') {
    const url = view.nextAction?.url
    // The core lets only https addresses of the gateway's answer through; here it is looked at once more.
    const link = url?.startsWith('https://') ? url : undefined
    return {
      heading: words.redirectHeading(name),
      text: [link ? words.redirect(name) : words.redirectSoon(name)],
      ...(link ? { link } : {}),
      prompts: false,
    }
  }
  if (choice?.auth === 'preauth' || view.nextAction?.type === 'otp')
    return { heading: words.unsureHeading, text: [words.codeSent(name)], prompts: false }
  const shownAs = choice?.shownAs
  return {
    heading: words.heading,
    text: [words.prompt(name, view.phoneNumber), ...(shownAs ? [words.shownAs(shownAs)] : [])],
    prompts: true,
  }
}

const revive = (context: CheckoutContext, view: PaymentView, choice: ProviderChoice | undefined): Html => {
  const words = context.messages.waiting
  const name = providerName(view.provider)
  const own = instructionsOf(context, choice?.instructions ?? null, words.reviveDial(name))
  const open = ageMs(view, context.nowMs) > REVIVE_AFTER_MS
  return html`<details ${open ? raw('open') : ''}><summary>${words.nothing}</summary>${own === '' ? html`<p>${words.reviveNone(name)}</p>` : own}</details>`
}

export const waitingPage = (context: CheckoutContext, view: PaymentView): Page => {
  const { messages, nowMs } = context
  const words = messages.waiting
  const pace = paceOf(view, nowMs)
  const choice = context.choices.find(({ provider }) => provider === view.provider)
  const { heading: title, text, link, prompts } = said(context, view, choice)
  const age = ageMs(view, nowMs)
  return {
    title: words.title(shopName(context)),
    status: 200,
    refreshS: pace === 'usual' ? REFRESH_S : SLOW_REFRESH_S,
    content: html`${heading(context, view.amount)}
<div class="bar"><i></i></div>
<h1 tabindex="-1">${title}</h1>
${text.map((line) => html`<p>${line}</p>`)}
${link === undefined ? '' : html`<a class="button" href="${link}" rel="noreferrer">${words.goOn(providerName(view.provider))}</a>`}
<p class="small">${words.since} <time datetime="PT${Math.floor(age / 1000)}S" data-age="${age}">${duration(messages, age)}</time>. ${words[pace]}</p>
${prompts ? revive(context, view, choice) : ''}
<p class="small">${words.close}</p>
<a class="button quiet" href="${addressOfPage(context)}">${view.nextAction?.type === 'otp' ? words.otpHeading : words.again}</a>
${details(context, view)}`,
  }
}
