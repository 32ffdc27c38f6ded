import type { Snapshot } from '../contracts/payment-object.ts'
import type { Seal } from '../contracts/vault.ts'
import type { PaymentId } from '../domain/ids.ts'
import type { PaymentStatus, PaymentView } from '../domain/payment.ts'

/** May throw: then nothing is believed. May be called twice. */
export type CheckSeal = (paymentId: PaymentId, text: string, seal: Seal) => Promise<boolean>

/** Says nothing that anybody would ship goods for. */
const OPEN: readonly PaymentStatus[] = ['created', 'pending', 'needs_action', 'unknown']

/** The view in a snapshot that the object itself answered. */
export const viewOf = (snapshot: Snapshot): PaymentView => JSON.parse(snapshot.text) as PaymentView

/**
 * The view in a snapshot that Redis answered, or null when it is not to be believed: then the object is asked.
 *
 * INVARIANT (I15): who holds the Redis token can write any snapshot. What the text says decides, never the `final` flag
 * beside it: only a payment that is open, unfulfilled and not refunded is taken without a seal; all else needs the core's.
 */
export const trustedView = async (
  snapshot: Snapshot,
  paymentId: PaymentId,
  checkSeal: CheckSeal,
): Promise<PaymentView | null> => {
  try {
    const view = viewOf(snapshot)
    if (view.id !== paymentId) return null
    const harmless =
      OPEN.includes(view.status) &&
      view.fulfilment.status === 'none' &&
      /^0(\.0+)?$/.test(view.refundedAmount) &&
      view.attempts.every(({ status }) => status !== 'succeeded')
    if (harmless) return view
    if (!snapshot.seal) return null
    return (await checkSeal(paymentId, snapshot.text, snapshot.seal)) ? view : null
  } catch {
    // Whatever is wrong with it (no JSON, no fulfilment, no vault), the object knows better.
    return null
  }
}
