import type { PaymentEvent, PaymentState, RefundState, StepAnswer } from '../contracts/decide.ts'
import type { GivenBack, SettledRefund } from '../contracts/payment-object.ts'
import type { GatewayReference } from '../domain/ids.ts'

/** Under which a refund that Lango did not make is known: no gateway has ever seen it. */
const referenceOf = ({ key }: RefundState): GatewayReference => `by-hand-${key}` as GatewayReference

/**
 * What people gave back at the gateway, in the reducer's words: begun and told of, so that its rules hold for it too (never more
 * than was taken, one refund a task). Only a task can be settled so; what Lango sent itself, the gateway answers for.
 */
export const byHand = (
  state: PaymentState,
  refund: RefundState,
  { amountMinor, transactionId }: GivenBack,
  nowMs: number,
  step: (state: PaymentState, event: PaymentEvent) => StepAnswer,
): SettledRefund | readonly PaymentEvent[] => {
  const { status, amountMinor: given, providerTransactionId } = refund
  if (status === 'succeeded' && given === amountMinor && providerTransactionId === transactionId)
    return { kind: 'settled' }
  if (status !== 'due') return { kind: 'refused', code: 'refund_exists' }
  const { n, attempt, key } = refund
  const begin: PaymentEvent = {
    type: 'refundBegin',
    n,
    attempt,
    key,
    reference: referenceOf(refund),
    amountMinor,
    nowMs,
  }
  const begun = step(state, begin)
  if (!begun.ok) return { kind: 'refused', code: begun.code }
  return [
    begin,
    {
      type: 'refundTold',
      n,
      outcome: 'succeeded',
      failureCode: null,
      amountMinor,
      currency: state.currency,
      providerTransactionId: transactionId,
      source: 'callback',
      nowMs,
    },
  ]
}
