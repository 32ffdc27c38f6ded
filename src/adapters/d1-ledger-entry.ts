import { entryText, type LedgerEntry } from '../domain/ledger-entry.ts'
import { sha256Hex } from './sha256.ts'

/** D1's statement, or that of another client for the same database. */
interface Bindable<Self> {
  bind(...values: unknown[]): Self
}

/**
 * The statements of one entry with its postings, for a batch, which makes them one transaction. An entry that is there
 * already stays as it is, and its postings too: they are only added to an entry with this very digest.
 *
 * `ON CONFLICT … DO NOTHING` and not `INSERT OR IGNORE`: that would also pass over a row that a CHECK refuses.
 * Amounts travel as text and become integers in SQLite: a JavaScript number cannot hold them all.
 */
export const entryStatements = async <Statement extends Bindable<Statement>>(
  database: { prepare(sql: string): Statement },
  entry: LedgerEntry,
): Promise<readonly Statement[]> => {
  const digest = await sha256Hex(entryText(entry))
  return [
    database
      .prepare(
        `INSERT INTO ledger_entries
           (number, id, kind, payment_id, attempt, merchant_id, mode, gateway, reference, occurred_at_ms, created_at_ms, note,
            digest)
         VALUES (
           1 + max(coalesce((SELECT max(number) FROM ledger_entries), 0), (SELECT last_number FROM ledger_head)),
           ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (id) DO NOTHING`,
      )
      .bind(
        entry.id,
        entry.kind,
        entry.paymentId,
        entry.attempt,
        entry.merchantId,
        entry.mode,
        entry.gateway,
        entry.reference,
        entry.occurredAtMs,
        entry.createdAtMs,
        entry.note,
        digest,
      ),
    ...entry.postings.map(({ direction, account, amountMinor, currency }) =>
      database
        .prepare(
          `INSERT INTO ledger_postings (entry_id, direction, account, amount_minor, currency)
           SELECT id, ?, ?, CAST(? AS INTEGER), ? FROM ledger_entries WHERE id = ? AND digest = ?
           ON CONFLICT (entry_id, direction, account, currency) DO NOTHING`,
        )
        .bind(direction, account, amountMinor, currency, entry.id, digest),
    ),
  ]
}
