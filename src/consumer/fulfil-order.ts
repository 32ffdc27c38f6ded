import { inTime } from '../adapters/in-time.ts'
import type { FulfilmentService } from '../contracts/fulfilment.ts'
import type { FulfilPorts } from '../flows/fulfil.ts'

/** A shop's Worker that hangs must not hold the queue's delivery for longer than the queue waits. */
const TIMEOUT_MS = 15_000

/** The port of `fulfil` over a shop's service binding. Without one there is nothing to do. Throws when it throws or hangs. */
export const fulfilOrderBy =
  (service: FulfilmentService | null): FulfilPorts['fulfilOrder'] =>
  async (due) => {
    if (!service) return
    const { paymentId, merchantId, mode, invoice, amountMinor, currency, gateway, reference, succeededAtMs } = due
    const order = {
      v: 1,
      paymentId,
      merchantId,
      mode,
      invoice,
      amountMinor,
      currency,
      gateway,
      reference,
      succeededAtMs,
    } as const
    await inTime('the fulfilment service', service.fulfil(order), TIMEOUT_MS)
  }
