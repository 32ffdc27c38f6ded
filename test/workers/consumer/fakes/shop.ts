import { WorkerEntrypoint } from 'cloudflare:workers'
import type { FulfilmentService, PaidOrder } from '../../../../src/contracts/fulfilment.ts'

const calls: PaidOrder[] = []
const shelves = new Map<string, number>()
let failures = 0

/** A shop's Worker: takes the goods from the shelf once for each payment, whatever it is told how often. */
export class Fulfilment extends WorkerEntrypoint implements FulfilmentService {
  async fulfil(order: PaidOrder): Promise<void> {
    calls.push(order)
    if (failures > 0) {
      failures -= 1
      throw new Error('the shop is restarting')
    }
    if (!shelves.has(order.paymentId)) shelves.set(order.paymentId, shelves.size + 1)
  }

  /** For the tests alone. */
  async failNext(times: number): Promise<void> {
    failures = times
  }
  async seen(paymentId: string): Promise<{ readonly calls: readonly PaidOrder[]; readonly fulfilled: boolean }> {
    return { calls: calls.filter((order) => order.paymentId === paymentId), fulfilled: shelves.has(paymentId) }
  }
}

export default { fetch: () => new Response(null, { status: 404 }) }
