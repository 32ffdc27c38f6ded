import { html, raw } from 'hono/html'
import { homeCountry } from '../../flows/phone-number.ts'
import { addressOfPage, backToShop, type CheckoutContext, heading, shopName } from './checkout-context.ts'
import { countryName, duration, money } from './formats.ts'
import type { Html, Page } from './layout.ts'
import { instructionsOf } from './phone-instructions.ts'
import type { ProviderChoice } from './providers.ts'

/** What a customer typed, to be shown again. */
export interface Typed {
  readonly phoneNumber: string
  readonly provider: string
}

export interface FieldProblem {
  readonly field: 'phoneNumber' | 'provider' | 'preAuthorisationCode'
  readonly message: string
}

export const NOTHING_TYPED: Typed = { phoneNumber: '', provider: '' }

const barred = ({ messages, checkout }: CheckoutContext, choice: ProviderChoice): string => {
  switch (choice.barred?.why) {
    case 'closed':
      return messages.form.closed
    case 'decimals':
      return messages.form.wholeOnly
    case 'limits': {
      const { least, most } = choice.barred
      return messages.form.between(money(messages, least, checkout.currency), money(messages, most, checkout.currency))
    }
    case undefined:
      return ''
  }
}

const option = (context: CheckoutContext, choice: ProviderChoice, typed: Typed): Html => {
  const why = barred(context, choice)
  const chosen = choice.provider === typed.provider && why === ''
  return html`<label class="net"><input type="radio" name="provider" value="${choice.provider}" data-starts="${choice.prefixes.join(' ')}" data-digits="${choice.digits.join(' ')}" data-calling="${choice.callingCode}" ${choice.auth === 'preauth' ? raw('data-code') : ''} ${chosen ? 'checked' : ''} ${why === '' ? '' : 'disabled'}><span>${choice.name}${why === '' ? '' : html`<small>${why}</small>`}</span></label>`
}

const network = (context: CheckoutContext, typed: Typed, problem: string | undefined): Html => {
  const { choices, messages } = context
  const countries = [...new Set(choices.map(({ country }) => country))]
  const anyChosen = choices.some(({ provider, barred }) => provider === typed.provider && barred === null)
  return html`<fieldset ${problem ? raw('aria-describedby="problem"') : ''}><legend>${messages.form.network}</legend>
<label class="net"><input type="radio" name="provider" value="" ${anyChosen ? '' : 'checked'}><span>${messages.form.byNumber}</span></label>
${countries.map(
  (country) =>
    html`${countries.length > 1 ? html`<p class="group">${countryName(messages, country)}</p>` : ''}${choices.filter((choice) => choice.country === country).map((choice) => option(context, choice, typed))}`,
)}
</fieldset>`
}

const code = (context: CheckoutContext, problem: string | undefined): Html | string => {
  const { choices, messages } = context
  const coded = choices.find(({ auth }) => auth === 'preauth')
  return coded === undefined
    ? ''
    : html`<div class="code"><label class="field" for="code">${messages.form.code}</label>
<input id="code" name="preAuthorisationCode" inputmode="numeric" autocomplete="one-time-code" maxlength="36" aria-describedby="code-hint" ${problem ? raw('aria-invalid="true"') : ''}>
<p class="hint" id="code-hint">${messages.form.codeHint}</p>
${instructionsOf(context, coded.instructions, messages.form.codeDial)}</div>`
}

/** The form of the next attempt. A second tap carries the same number of the attempt, and is the same request. */
export const payForm = (
  context: CheckoutContext,
  attempt: number,
  typed: Typed,
  problems: readonly FieldProblem[],
): Html => {
  const { messages, checkout, choices, amount, nowMs } = context
  const home = homeCountry(undefined, checkout.currency)
  const problemOf = (field: FieldProblem['field']) => problems.find((problem) => problem.field === field)?.message
  if (choices.length > 0 && choices.every((choice) => choice.barred?.why === 'closed'))
    return html`<p class="alert" role="alert">${messages.form.allClosed}</p><a class="button quiet" href="${addressOfPage(context)}">${messages.waiting.again}</a>`
  return html`${problems.length === 0 ? '' : html`<div class="alert" role="alert" id="problem">${problems[0]?.message}</div>`}
<form method="post" action="${addressOfPage(context)}" data-find="${context.address}/network" ${home ? raw(`data-home="${choices[0]?.callingCode ?? ''}"`) : ''}>
<input type="hidden" name="attempt" value="${attempt}">
<label class="field" for="phone">${messages.form.number}</label>
<input id="phone" name="phoneNumber" type="tel" inputmode="tel" autocomplete="tel" required maxlength="40" value="${typed.phoneNumber}" aria-describedby="phone-hint" ${problemOf('phoneNumber') ? raw('aria-invalid="true"') : ''}>
<p class="hint" id="phone-hint">${home ? messages.form.hintHome(countryName(messages, home)) : messages.form.hintAny}</p>
${choices.length === 0 ? '' : network(context, typed, problemOf('provider'))}
${code(context, problemOf('preAuthorisationCode'))}
<button type="submit"><b>${messages.form.pay(money(messages, amount, checkout.currency))}</b><i>${messages.form.paying}</i></button>
<p class="hint">${messages.form.validFor(duration(messages, checkout.expiresAtMs - nowMs))}</p>
</form>`
}

export const formPage = (
  context: CheckoutContext,
  attempt: number,
  typed: Typed = NOTHING_TYPED,
  problems: readonly FieldProblem[] = [],
): Page => {
  const { messages, amount } = context
  return {
    title: problems.length > 0 ? messages.form.titleWrong(shopName(context)) : messages.form.title(shopName(context)),
    status: problems.length > 0 ? 400 : 200,
    content: html`${heading(context, amount)}
<h1>${messages.form.heading}</h1>
<p>${messages.form.intro}</p>
${payForm(context, attempt, typed, problems)}
${backToShop(context)}`,
  }
}
