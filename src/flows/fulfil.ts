import type { FulfilmentDue, PaymentObjectRpc } from '../contracts/payment-object.ts'
import type { DeliveredVia } from '../domain/payment.ts'

export interface FulfilPorts {
  /** Ledger entry, order and search index in one transaction; a repetition changes nothing. Throws when it cannot now. */
  readonly post: (due: FulfilmentDue, via: DeliveredVia, nowMs: number) => Promise<void>
  readonly payment: Pick<PaymentObjectRpc, 'markFulfilled'>
  readonly nowMs: () => number
}

/**
 * First the effect, then the mark: a crash in between repeats an effect that is idempotent, while the other order would
 * lose it (T41). Throws when a part is down; whoever calls runs it again.
 */
export const fulfil = async (ports: FulfilPorts, due: FulfilmentDue, via: DeliveredVia): Promise<void> => {
  await ports.post(due, via, ports.nowMs())
  // failPoint('delivery_posted')
  await ports.payment.markFulfilled(via, due.index?.revision)
}
