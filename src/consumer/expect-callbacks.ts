import type { ExpectedCallback, PaymentObjectRpc } from '../contracts/payment-object.ts'
import type { PaymentId } from '../domain/ids.ts'

/** Tells each payment object what to expect of the queue. Those that could not be told are the answer; it never rejects. */
export const expectCallbacks = async (
  payment: (id: PaymentId) => Pick<PaymentObjectRpc, 'expectCallback'>,
  expected: readonly ExpectedCallback[],
  onLost: (error: unknown) => void,
): Promise<readonly ExpectedCallback[]> => {
  const told = await Promise.allSettled(
    expected.map(async ({ paymentId, attempt }) => payment(paymentId).expectCallback(attempt)),
  )
  for (const each of told) if (each.status === 'rejected') onLost(each.reason)
  return expected.filter((_, i) => told[i]?.status === 'rejected')
}
