import { type Snapshot, sealedText } from '../contracts/payment-object.ts'
import type { Seal } from '../contracts/vault.ts'
import type { PaymentId } from '../domain/ids.ts'
import type { PaymentView } from '../domain/payment.ts'

/** May throw: then nothing is believed. May be called twice. */
export type CheckSeal = (paymentId: PaymentId, text: string, seal: Seal) => Promise<boolean>

/** The view in a snapshot that the object itself answered. */
export const viewOf = (snapshot: Snapshot): PaymentView => JSON.parse(snapshot.text) as PaymentView

/**
 * The view in a snapshot that Redis answered, or null when it is not to be believed: then the object is asked.
 *
 * INVARIANT (I15): who holds the Redis token can write anything, a link for the customer to follow or yesterday's truth as
 * well as "paid". Only what the core sealed is believed, whatever it says, and only until it expires.
 */
export const trustedView = async (
  snapshot: Snapshot,
  paymentId: PaymentId,
  { checkSeal, nowMs }: { readonly checkSeal: CheckSeal; readonly nowMs: () => number },
): Promise<PaymentView | null> => {
  try {
    if (!snapshot.seal || !(nowMs() < snapshot.expiresAtMs)) return null
    if (!(await checkSeal(paymentId, sealedText(snapshot), snapshot.seal))) return null
    const view = viewOf(snapshot)
    return view.id === paymentId ? view : null
  } catch {
    // Whatever is wrong with it (no JSON, no vault), the object knows better.
    return null
  }
}
