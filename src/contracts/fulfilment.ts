/** The extension point for a shop on the same account: what its Worker offers to Lango. Version 1; fields are only ever added. */
import type { MerchantId, PaymentId } from '../domain/ids.ts'
import type { Mode } from '../domain/payment.ts'

/** A paid order. Amounts are in minor units, as text: a JavaScript number cannot hold them all. */
export interface PaidOrder {
  readonly v: 1
  readonly paymentId: PaymentId
  readonly merchantId: MerchantId
  readonly mode: Mode
  readonly invoice: string | null
  readonly amountMinor: string
  readonly currency: string
  readonly gateway: string
  /** The gateway's id of the attempt that was paid. */
  readonly reference: string
  readonly succeededAtMs: number
}

/**
 * RPC of the Worker behind the service binding `FULFILMENT`. Called once the payment is in the ledger and before it is marked
 * fulfilled; called again after a throw, a timeout or a crash, at any time, so it must do its work once for each `paymentId`.
 */
export interface FulfilmentService {
  fulfil(order: PaidOrder): Promise<void>
}
