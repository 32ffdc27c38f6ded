import type { PaymentOwner } from '../contracts/payment-lock.ts'
import type { Decisions, PaymentObjectRpc } from '../contracts/payment-object.ts'
import type { PaymentError } from '../domain/errors.ts'
import type { PaymentId } from '../domain/ids.ts'
import { err, ok, type Result } from '../domain/result.ts'

export interface ReadDecisionsPorts {
  /** A fresh stub each time: one that threw may be broken. */
  readonly payment: (id: PaymentId) => Pick<PaymentObjectRpc, 'decisions'>
  readonly note: (event: string, error: unknown) => void
}

/** Why the attempts of this payment went where they went. Another merchant's payment, or the other mode's, is not there. */
export const readDecisions = async (
  ports: ReadDecisionsPorts,
  { merchantId, mode, paymentId }: PaymentOwner,
): Promise<Result<Decisions['decisions'], PaymentError>> => {
  try {
    const found = await ports.payment(paymentId).decisions()
    if (found?.merchantId !== merchantId || found.mode !== mode) return err({ reason: 'not_found' })
    return ok(found.decisions)
  } catch (error) {
    ports.note('decisions_failed', error)
    return err({ reason: 'unavailable', part: 'payments' })
  }
}
