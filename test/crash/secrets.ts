import type { Stack } from '../../scripts/stack/stack.ts'
import { type Place, place, search } from '../scan/forms.ts'
import { forbidden, placesOf } from '../scan/stack.ts'

/**
 * T55: full phone numbers, tokens and keys in logs, queue messages, dead letters, Redis, D1, the disk or the given payments'
 * objects. Says where and of what kind, never the secret itself; empty when there is none.
 */
export const scanForSecrets = async (
  stack: Stack,
  logs: readonly string[],
  payments: readonly string[] = [],
): Promise<string[]> => {
  const objects = payments.map(async (id): Promise<Place> => {
    const payment = await stack.payment(id)
    return place(`object ${id}`, JSON.stringify([await payment.history(), await payment.state()]))
  })
  const places = [
    ...logs.map((text) => place('log', text)),
    ...(await placesOf(stack)),
    ...(await Promise.all(objects)),
  ]
  return search(places, forbidden(stack))
}
