import type { FulfilmentDue } from '../contracts/payment-object.ts'
import type { DeliveredVia } from '../domain/payment.ts'
import { indexStatements } from './d1-payment-index.ts'

export type PostFulfilment = (due: FulfilmentDue, via: DeliveredVia, nowMs: number) => Promise<void>

/**
 * One transaction: the deposit's double entry, the order and the search index. Every id derives from payment and attempt,
 * so a second call changes nothing, and none of it exists without the rest. Throws when D1 cannot do it; it may be called
 * again.
 *
 * `ON CONFLICT … DO NOTHING` and not `INSERT OR IGNORE`: that would also pass over a row that a CHECK refuses.
 * Amounts travel as text and become integers in SQLite: a JavaScript number cannot hold them all.
 */
export const createD1Ledger =
  (database: D1Database): PostFulfilment =>
  async (due, via, nowMs) => {
    const entryId = `dep_${due.paymentId}_${due.attempt}`
    const posting = database.prepare(
      `INSERT INTO ledger_postings (entry_id, direction, account, amount_minor, currency)
       VALUES (?, ?, ?, CAST(? AS INTEGER), ?) ON CONFLICT (entry_id, direction, account, currency) DO NOTHING`,
    )
    await database.batch([
      database
        .prepare(
          `INSERT INTO ledger_entries
             (id, kind, payment_id, attempt, merchant_id, mode, gateway, reference, occurred_at_ms, created_at_ms)
           VALUES (?, 'deposit', ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`,
        )
        .bind(
          entryId,
          due.paymentId,
          due.attempt,
          due.merchantId,
          due.mode,
          due.gateway,
          due.reference,
          due.succeededAtMs,
          nowMs,
        ),
      posting.bind(entryId, 'debit', `gateway:${due.gateway}:clearing`, due.amountMinor, due.currency),
      posting.bind(entryId, 'credit', `merchant:${due.merchantId}:payable`, due.amountMinor, due.currency),
      database
        .prepare(
          `INSERT INTO orders
             (payment_id, merchant_id, mode, invoice, amount_minor, currency, status, fulfilled_via, fulfilled_at_ms)
           VALUES (?, ?, ?, ?, CAST(? AS INTEGER), ?, 'fulfilled', ?, ?) ON CONFLICT (payment_id) DO NOTHING`,
        )
        .bind(due.paymentId, due.merchantId, due.mode, due.invoice, due.amountMinor, due.currency, via, nowMs),
      ...(due.index ? indexStatements(database, due.index) : []),
    ])
  }
