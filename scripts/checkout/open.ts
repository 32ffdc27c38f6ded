import type { Stack } from '../stack/stack.ts'

let counter = 0

/** Opens a checkout and answers with the address of its page. */
export const openCheckout = async (
  stack: Stack,
  over: { currency?: string; amount?: string; description?: string } = {},
): Promise<{ readonly url: string; readonly id: string; readonly invoice: string }> => {
  const invoice = `INV-2026-${String(++counter).padStart(4, '0')}`
  const answer = await fetch(`${stack.edgeUrl}/v1/checkouts`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${stack.secretKey}`, 'Content-Type': 'application/json' },
    body: JSON.stringify({
      invoice,
      amount: '150.50',
      currency: 'ZMW',
      description: 'Two bags of maize, 25 kg',
      returnUrl: 'https://shop.example/orders/7',
      ...over,
    }),
  })
  if (answer.status !== 201) throw new Error(`POST /v1/checkouts: ${answer.status} ${await answer.text()}`)
  const { url, id } = (await answer.json()) as { url: string; id: string }
  return { url, id, invoice }
}
