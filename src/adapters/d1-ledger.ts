import type { DeliveryTry } from '../contracts/events.ts'
import type { FulfilmentDue } from '../contracts/payment-object.ts'
import { gatewayClearing, merchantPayable } from '../domain/ledger-accounts.ts'
import type { DeliveredVia } from '../domain/payment.ts'
import { eventStatements, newDeliveries } from './d1-events.ts'
import { entryStatements } from './d1-ledger-entry.ts'
import { indexStatements } from './d1-payment-index.ts'

export type PostFulfilment = (due: FulfilmentDue, via: DeliveredVia, nowMs: number) => Promise<readonly DeliveryTry[]>

/**
 * One transaction: the deposit's double entry, the order, the search index, and the event that tells the shop, after those that
 * it should have been told before. Every id derives from payment and attempt, so a second call changes nothing, and none of it exists without the rest. Throws when
 * D1 cannot do it; it may be called again.
 */
export const createD1Ledger =
  (database: D1Database): PostFulfilment =>
  async (due, via, nowMs) => {
    const entryId = `dep_${due.paymentId}_${due.attempt}`
    const { amountMinor, currency } = due
    const entry = await entryStatements(database, {
      id: entryId,
      kind: 'deposit',
      paymentId: due.paymentId,
      attempt: due.attempt,
      merchantId: due.merchantId,
      mode: due.mode,
      gateway: due.gateway,
      reference: due.reference,
      occurredAtMs: due.succeededAtMs,
      createdAtMs: nowMs,
      note: null,
      postings: [
        { direction: 'debit', account: gatewayClearing(due.gateway), amountMinor, currency },
        { direction: 'credit', account: merchantPayable(due.merchantId), amountMinor, currency },
      ],
    })
    const results = await database.batch([
      ...entry,
      database
        .prepare(
          `INSERT INTO orders
             (payment_id, merchant_id, mode, invoice, amount_minor, currency, status, fulfilled_via, fulfilled_at_ms)
           VALUES (?, ?, ?, ?, CAST(? AS INTEGER), ?, 'fulfilled', ?, ?) ON CONFLICT (payment_id) DO NOTHING`,
        )
        .bind(due.paymentId, due.merchantId, due.mode, due.invoice, amountMinor, currency, via, nowMs),
      ...(due.index ? indexStatements(database, due.index) : []),
      // In the order in which they happened: whoever follows the log must not find a failure after the success. That the
      // object writes what it owes once more changes nothing.
      ...[...(due.owed ?? []), ...(due.event ? [due.event] : [])].flatMap((event) =>
        eventStatements(database, event, nowMs),
      ),
    ])
    return newDeliveries(results)
  }
