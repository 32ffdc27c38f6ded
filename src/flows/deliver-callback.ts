import type { ApplyAnswer, PaymentObjectRpc } from '../contracts/payment-object.ts'
import type { CallbackMessage } from '../contracts/queue.ts'
import type { VaultForConsumer, Verdict } from '../contracts/vault.ts'
import type { PaymentId } from '../domain/ids.ts'
import { type FulfilPorts, fulfil } from './fulfil.ts'

export interface DeliverCallbackPorts {
  readonly checkAttestation: VaultForConsumer['checkAttestation']
  readonly payment: (id: PaymentId) => Pick<PaymentObjectRpc, 'apply' | 'refresh' | 'markFulfilled'>
  readonly post: FulfilPorts['post']
  readonly notify: FulfilPorts['notify']
  readonly fulfilOrder: FulfilPorts['fulfilOrder']
  /** For people: a true callback about nothing that we know. Throws when it cannot be kept now. */
  readonly keepUnmatched: (
    verdict: Verdict,
    reason: 'foreign_reference' | 'no_such_payment' | 'operation_not_supported',
    nowMs: number,
  ) => Promise<void>
  /** Money was taken, a gateway says, for a deposit of which we have no payment. Once it is kept, for each delivery. */
  readonly alertUnmatched: (verdict: Verdict, reason: Parameters<DeliverCallbackPorts['keepUnmatched']>[1]) => void
  readonly nowMs: () => number
}

export type Delivered = 'applied' | 'fulfilled' | 'unmatched' | 'forged'

/**
 * INVARIANT (I9, I15): what moves a payment is the verdict that the core's MAC covers, not what the queue says. `forged`:
 * a message with a good queue signature that no core attested. Throws when a part is down: deliver it again.
 */
export const deliverCallback = async (ports: DeliverCallbackPorts, message: CallbackMessage): Promise<Delivered> => {
  const verdict = await ports.checkAttestation(message.attested)
  if (!verdict) return 'forged'

  const unmatched = async (reason: Parameters<typeof ports.keepUnmatched>[1]): Promise<Delivered> => {
    // Anybody can send a hint. Only what a gateway signed is kept.
    if (verdict.authentic === 'signed') {
      await ports.keepUnmatched(verdict, reason, ports.nowMs())
      // Of what was not taken there is nothing to look for: other shops of one sandbox account are told of here, too.
      if (verdict.operation === 'deposit' && verdict.outcome === 'succeeded') ports.alertUnmatched(verdict, reason)
    }
    return 'unmatched'
  }
  if (verdict.operation !== 'deposit') return unmatched('operation_not_supported')
  if (verdict.paymentId === null) return unmatched('foreign_reference')

  const payment = ports.payment(verdict.paymentId)
  const answer: ApplyAnswer =
    verdict.authentic === 'signed'
      ? await payment.apply(verdict, message.via)
      : await payment.refresh(verdict.attempt ?? undefined)
  if (answer.kind === 'absent') return unmatched('no_such_payment')
  if (!answer.due) return 'applied'
  // failPoint('delivery_applied')
  await fulfil({ ...ports, payment }, answer.due, message.via)
  return 'fulfilled'
}
