import type { PaymentObjectRpc } from '../contracts/payment-object.ts'
import type { FulfilmentMessage } from '../contracts/queue.ts'
import type { PaymentId } from '../domain/ids.ts'
import { type FulfilPorts, fulfil } from './fulfil.ts'

export interface DeliverFulfilmentPorts {
  readonly payment: (id: PaymentId) => Pick<PaymentObjectRpc, 'due' | 'markFulfilled'>
  readonly post: FulfilPorts['post']
  readonly notify: FulfilPorts['notify']
  readonly fulfilOrder: FulfilPorts['fulfilOrder']
  readonly nowMs: () => number
}

/** The message is a nudge that anybody with the queue's token could write: what is due, if anything, the object says. */
export const deliverFulfilment = async (
  ports: DeliverFulfilmentPorts,
  message: FulfilmentMessage,
): Promise<'fulfilled' | 'nothing_due'> => {
  const payment = ports.payment(message.paymentId)
  const due = await payment.due()
  if (!due) return 'nothing_due'
  await fulfil({ ...ports, payment }, due, message.via)
  return 'fulfilled'
}
