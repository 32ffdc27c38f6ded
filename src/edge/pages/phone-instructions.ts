import { html } from 'hono/html'
import type { PhoneInstructions } from '../../contracts/vault.ts'
import type { CheckoutContext } from './checkout-context.ts'
import type { Html } from './layout.ts'

/** `*` may stand in a `tel` URI as it is (RFC 3966 §3 has it as a phone digit); `#` would begin a fragment. */
const telephone = (code: string): string => `tel:${code.replaceAll('#', '%23')}`

/** What to dial, and the provider's own steps; in English when the gateway has none in the page's language. */
export const instructionsOf = (
  { messages, language }: CheckoutContext,
  instructions: PhoneInstructions | null,
  lead: string,
): Html | string => {
  if (instructions === null) return ''
  const { ussd, steps } = instructions
  const shown = steps[language] ? language : 'en'
  const list = steps[shown] ?? []
  if (ussd === null && list.length === 0) return ''
  return html`<p class="small">${lead}</p>
${ussd === null ? '' : html`<a class="button quiet" href="${telephone(ussd)}"><bdi>${messages.waiting.call(ussd)}</bdi></a>`}
${list.length === 0 ? '' : html`<ol lang="${shown}">${list.map((step) => html`<li>${step}</li>`)}</ol>`}`
}
