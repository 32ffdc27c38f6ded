import type { Checkout } from '../contracts/consumer.ts'
import type { PaymentError } from '../domain/errors.ts'
import { parseCheckoutId } from '../domain/ids.ts'
import { err, ok, type Result } from '../domain/result.ts'
import { type EdgeContext, noteIn } from './context.ts'
import type { EdgeDeps } from './deps.ts'

/** The checkout that an address of ours names; `not_found` when there is none. It may have expired. */
export const loadCheckout = async (
  deps: EdgeDeps,
  c: EdgeContext,
  text: string,
): Promise<Result<Checkout, PaymentError>> => {
  const id = parseCheckoutId(text)
  if (!id) return err({ reason: 'not_found' })
  try {
    const checkout = await deps.consumer.checkout(id)
    return checkout ? ok(checkout) : err({ reason: 'not_found' })
  } catch (error) {
    noteIn(deps, c)('load_checkout_failed', error)
    return err({ reason: 'unavailable', part: 'consumer' })
  }
}
