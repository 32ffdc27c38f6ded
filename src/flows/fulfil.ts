import type { DeliveryTry } from '../contracts/events.ts'
import type { FulfilmentDue, PaymentObjectRpc } from '../contracts/payment-object.ts'
import type { DeliveredVia } from '../domain/payment.ts'

export interface FulfilPorts {
  /**
   * Ledger entry, order, search index and event in one transaction; a repetition changes nothing. Answers with what the shop
   * may now be told. Throws when it cannot now.
   */
  readonly post: (due: FulfilmentDue, via: DeliveredVia, nowMs: number) => Promise<readonly DeliveryTry[]>
  readonly payment: Pick<PaymentObjectRpc, 'markFulfilled'>
  /**
   * The extension point (`FulfilmentService`): a shop on the same account does its own part. A throw means once more, later.
   */
  readonly fulfilOrder: (due: FulfilmentDue) => Promise<void>
  /** Gets the shop told. Never throws: what is not told now is in the same rows, and swept. */
  readonly notify: (tries: readonly DeliveryTry[]) => Promise<unknown>
  readonly nowMs: () => number
}

/**
 * First the effect, then the mark: a crash in between repeats an effect that is idempotent, while the other order would
 * lose it (T41). The shop is told before its own part is called: the event is true once it is posted, and only the run that
 * posts it has its tries, so a part that throws would leave them to the sweep. Throws when a part is down; whoever calls runs
 * it again.
 */
export const fulfil = async (ports: FulfilPorts, due: FulfilmentDue, via: DeliveredVia): Promise<void> => {
  const tries = await ports.post(due, via, ports.nowMs())
  // failPoint('delivery_posted')
  await ports.notify(tries)
  await ports.fulfilOrder(due)
  await ports.payment.markFulfilled(via, due.index?.revision)
}
