import { createCircuitBreaker } from '../adapters/circuit-breaker.ts'
import { within } from '../adapters/in-time.ts'
import type { FulfilmentService } from '../contracts/fulfilment.ts'
import type { FulfilPorts } from '../flows/fulfil.ts'

/** A shop's Worker that hangs must not hold the queue's delivery for longer than the queue waits. */
const TIMEOUT_MS = 15_000
/**
 * The queue delivers a few at once, of all merchants: some that wait for a shop that hangs hold back everybody's callbacks.
 * After this many in a row without an answer it is not called, but for one try in each pause.
 */
const BREAKER = { failuresMax: 3, pauseMs: 30_000 } as const

/**
 * The port of `fulfil` over a shop's service binding, one per isolate: what it remembers of the service is the point of it.
 * Without a service there is nothing to do. Throws when it throws or hangs, and at once when it has hung lately.
 */
export const fulfilOrderBy = (
  service: FulfilmentService | null,
  nowMs: () => number,
  timeoutMs = TIMEOUT_MS,
): FulfilPorts['fulfilOrder'] => {
  const breaker = createCircuitBreaker({ ...BREAKER, nowMs })
  return async (due) => {
    if (!service) return
    if (!breaker.mayTry()) throw new Error('the fulfilment service has hung lately and is not called')
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
    let answered: true | undefined
    try {
      answered = await within(
        timeoutMs,
        service.fulfil(order).then(() => true as const),
      )
    } catch (error) {
      // An answer as well: it holds up nobody, and is the shop's own.
      breaker.succeeded()
      throw error
    }
    if (!answered) {
      breaker.failed()
      throw new Error('the fulfilment service did not answer in time')
    }
    breaker.succeeded()
  }
}
