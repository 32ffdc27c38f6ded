import { PORTS } from '../stack/ports.ts'
import type { Stack } from '../stack/stack.ts'

const openCheckout = async (stack: Stack, invoice: string): Promise<string> => {
  const response = await fetch(`${stack.edgeUrl}/v1/checkouts`, {
    method: 'POST',
    headers: { authorization: `Bearer ${stack.secretKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ invoice, amount: '40', currency: 'ZMW', description: 'Two bags of maize' }),
  })
  const checkout = (await response.json()) as { url: string }
  return checkout.url
}

const curl = (stack: Stack, key: string, invoice: string, phoneNumber: string): string =>
  `curl -s -w '\\n' ${stack.edgeUrl}/v1/payments -H 'Authorization: Bearer ${stack.secretKey}' -H 'Idempotency-Key: ${key}' -H 'Content-Type: application/json' -d '{"sessionId":"me","invoice":"${invoice}","amount":"12.50","currency":"ZMW","phoneNumber":"${phoneNumber}"}'`

/** In another terminal the variables that moved the ports are not set. */
const whereItIs = ({ edgeUrl }: Stack): string =>
  new URL(edgeUrl).port === String(PORTS.edge.standard) ? '' : ` --url ${edgeUrl}`

/** The next steps, ready to paste. `invoice` is the stem of invoices that nobody has used yet. */
export const whatToTry = async (stack: Stack, invoice: string): Promise<string> => {
  const url = await openCheckout(stack, `${invoice}-1`)
  return `What to try next

  A checkout page (pay with 0763 456 789; works without JavaScript):
    ${url}

  A customer who does not approve (ends failed, PAYMENT_NOT_APPROVED):
    ${curl(stack, `${invoice}-2`, `${invoice}-2`, '260763456039')}

  A payment that gets stuck (stays pending, never failed):
    ${curl(stack, `${invoice}-3`, `${invoice}-3`, '260763456129')}

    … until the customer approves after all (put in the attempt's reference from the answer):
    curl -s ${stack.pawapay.url}/_sim/settle -d '{"depositId":"<reference>","outcome":"COMPLETED"}'

  A double tap: two requests at once, one payment, one charge:
    ${curl(stack, `${invoice}-4`, `${invoice}-4`, '260763456789')} &
    ${curl(stack, `${invoice}-4`, `${invoice}-4`, '260763456789')}; wait

  Be told what happens, in another terminal (docs/webhooks.md; the shop above does the same by itself):
    npm run listen -- --forward http://localhost:3000/hooks${whereItIs(stack)}
    curl -s -w '\\n' ${stack.edgeUrl}/v1/events -H 'Authorization: Bearer ${stack.secretKey}'

  What the gateway saw and what it took, and a hand on its clock and customers:
    ${stack.pawapay.url}/sim
`
}
