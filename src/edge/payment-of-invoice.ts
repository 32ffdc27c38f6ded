import type { PaymentError } from '../domain/errors.ts'
import type { MerchantId } from '../domain/ids.ts'
import type { Mode, PaymentView } from '../domain/payment.ts'
import { ok, type Result } from '../domain/result.ts'
import { readPayment } from '../flows/read-payment.ts'
import type { EdgeContext } from './context.ts'
import type { EdgeDeps } from './deps.ts'
import { paymentPorts } from './ports.ts'

/** The payment of an invoice, say that of a checkout; null while there is none. */
export const paymentOfInvoice = async (
  deps: EdgeDeps,
  c: EdgeContext,
  { merchantId, mode, invoice }: { readonly merchantId: MerchantId; readonly mode: Mode; readonly invoice: string },
): Promise<Result<PaymentView | null, PaymentError>> => {
  const paymentId = deps.decide.paymentId(merchantId, mode, { kind: 'invoice', value: invoice })
  const view = await readPayment(paymentPorts(deps, c), { merchantId, mode, paymentId })
  return view.ok || view.error.reason !== 'not_found' ? view : ok(null)
}
