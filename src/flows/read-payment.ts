import type { PaymentLock, PaymentOwner } from '../contracts/payment-lock.ts'
import type { PaymentObjectRpc, Snapshot } from '../contracts/payment-object.ts'
import type { PaymentError } from '../domain/errors.ts'
import type { PaymentId } from '../domain/ids.ts'
import type { PaymentView } from '../domain/payment.ts'
import { err, ok, type Result } from '../domain/result.ts'
import { type CheckSeal, trustedView, viewOf } from './trusted-view.ts'

export interface ReadPaymentPorts {
  readonly lock: Pick<PaymentLock, 'snapshot' | 'keep'>
  /** A fresh stub each time: one that threw may be broken. */
  readonly payment: (id: PaymentId) => Pick<PaymentObjectRpc, 'get'>
  readonly checkSeal: CheckSeal
  readonly nowMs: () => number
  readonly later: (work: Promise<unknown>) => void
  readonly note: (event: string, error: unknown) => void
}

/** A reader waits so long for the gateway to be asked about an open payment; then it is told what is known. */
const ASK_WITHIN_MS = 1_500

/** What the object says of itself; null: no such payment. With `askWithinMs`, see `PaymentObjectRpc.get`. */
export const askPayment = async (
  ports: Pick<ReadPaymentPorts, 'payment' | 'note'>,
  id: PaymentId,
  askWithinMs = 0,
): Promise<Result<Snapshot | null, PaymentError>> => {
  for (const event of ['get_repeated', 'get_failed']) {
    try {
      return ok(await ports.payment(id).get(askWithinMs))
    } catch (error) {
      ports.note(event, error)
    }
  }
  return err({ reason: 'unavailable', part: 'payments' })
}

/** Redis first, the object behind it. Another merchant's payment, or the other mode's, is not there. */
export const readPayment = async (
  ports: ReadPaymentPorts,
  owner: PaymentOwner,
): Promise<Result<PaymentView, PaymentError>> => {
  const isOurs = (snapshot: Snapshot) => snapshot.merchantId === owner.merchantId && snapshot.mode === owner.mode
  const kept = await ports.lock.snapshot(owner)
  const view = kept && isOurs(kept) ? await trustedView(kept, owner.paymentId, ports) : null
  if (view) return ok(view)

  const told = await askPayment(ports, owner.paymentId, ASK_WITHIN_MS)
  if (!told.ok) return told
  if (!told.value || !isOurs(told.value)) return err({ reason: 'not_found' })
  ports.later(ports.lock.keep(owner, told.value))
  return ok(viewOf(told.value))
}
