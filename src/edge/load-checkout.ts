import type { Checkout } from '../contracts/consumer.ts'
import type { PaymentError } from '../domain/errors.ts'
import { parseCheckoutId } from '../domain/ids.ts'
import { err, ok, type Result } from '../domain/result.ts'
import { parseLink } from '../flows/checkout-link.ts'
import { type EdgeContext, noteIn } from './context.ts'
import type { EdgeDeps } from './deps.ts'
import { openLink } from './open-link.ts'

/**
 * The checkout that an address of ours names: one that is stored, or a signed link. `not_found` when there is none, or the
 * link is not good. It may have expired.
 */
export const loadCheckout = async (
  deps: EdgeDeps,
  c: EdgeContext,
  text: string,
): Promise<Result<Checkout, PaymentError>> => {
  if (parseLink(text)) {
    const opened = await openLink(deps, c, text)
    if (!opened.ok) return opened.error.reason === 'link_invalid' ? err({ reason: 'not_found' }) : opened
    const { repeats, link, checkout } = opened.value
    // Without an opening it is no purchase yet: the page's address gets one first.
    return repeats && link.opening === null ? err({ reason: 'not_found' }) : ok(checkout)
  }
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
