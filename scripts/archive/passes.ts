import type { Database } from '../stack/database.ts'

type Statement = ReturnType<Database['prepare']>

/** A row on its way out. `line` is what the archive says of it, `key` what removes exactly it. */
export interface Leaving {
  readonly position: readonly (string | number)[]
  readonly key: unknown
  readonly line: object
}

/** One table that old rows leave, with what hangs on it. Rows come in the order of their primary key. */
export interface Pass {
  readonly kind: 'entries' | 'payments' | 'transactions'
  read(beforeMs: number, after: Leaving | undefined, limit: number): Promise<readonly Leaving[]>
  /** Of one transaction. A row that has changed since it was read stays. */
  remove(rows: readonly Leaving[], archive: string): readonly Statement[]
}

const keysOf = (rows: readonly Leaving[]): string => JSON.stringify(rows.map(({ key }) => key))

/** With its postings and its order. What a statement says of it again is then money of which D1 knows nothing, as all of that time. */
const entries = (database: Database): Pass => ({
  kind: 'entries',
  async read(beforeMs, after, limit) {
    const { results } = await database
      .prepare(
        `SELECT * FROM ledger_entries WHERE id > ? AND occurred_at_ms < ?
           AND number <= (SELECT last_number FROM ledger_head) ORDER BY id LIMIT ?`,
      )
      .bind(after?.position[0] ?? '', beforeMs, limit)
      .all<{ id: string; payment_id: string }>()
    const ids = JSON.stringify(results.map(({ id }) => id))
    const postings = await database
      .prepare(
        `SELECT entry_id, direction, account, CAST(amount_minor AS TEXT) AS amount_minor, currency
         FROM ledger_postings WHERE entry_id IN (SELECT value FROM json_each(?))`,
      )
      .bind(ids)
      .all<{ entry_id: string }>()
    const orders = await database
      .prepare(
        `SELECT payment_id, merchant_id, mode, invoice, CAST(amount_minor AS TEXT) AS amount_minor, currency, status,
           fulfilled_via, fulfilled_at_ms FROM orders WHERE payment_id IN (SELECT value FROM json_each(?))`,
      )
      .bind(JSON.stringify(results.map(({ payment_id }) => payment_id)))
      .all<{ payment_id: string }>()
    const postingsOf = Map.groupBy(postings.results, ({ entry_id }) => entry_id)
    const orderOf = new Map(orders.results.map((order) => [order.payment_id, order]))
    return results.map((entry) => ({
      position: [entry.id],
      key: [entry.id, entry.payment_id],
      line: { entry, postings: postingsOf.get(entry.id) ?? [], order: orderOf.get(entry.payment_id) ?? null },
    }))
  },
  remove(rows, archive) {
    const keys = keysOf(rows)
    return [
      database
        .prepare('INSERT INTO archived_entries (entry_id, archive) SELECT value ->> 0, ? FROM json_each(?)')
        .bind(archive, keys),
      database
        .prepare(
          `DELETE FROM statement_lines WHERE (gateway, mode, reference) IN
             (SELECT gateway, mode, reference FROM ledger_entries
              WHERE kind = 'deposit' AND id IN (SELECT value ->> 0 FROM json_each(?)))`,
        )
        .bind(keys),
      database
        .prepare('DELETE FROM ledger_postings WHERE entry_id IN (SELECT value ->> 0 FROM json_each(?))')
        .bind(keys),
      database.prepare('DELETE FROM ledger_entries WHERE id IN (SELECT value ->> 0 FROM json_each(?))').bind(keys),
      database.prepare('DELETE FROM orders WHERE payment_id IN (SELECT value ->> 1 FROM json_each(?))').bind(keys),
      database.prepare('DELETE FROM archived_entries'),
    ]
  },
})

/** Only what is over: an open payment stays findable however old it is. */
const payments = (database: Database): Pass => ({
  kind: 'payments',
  async read(beforeMs, after, limit) {
    const { results } = await database
      .prepare(
        `SELECT * FROM payments WHERE payment_id > ? AND created_at_ms < ? AND status IN ('succeeded', 'failed', 'expired')
         ORDER BY payment_id LIMIT ?`,
      )
      .bind(after?.position[0] ?? '', beforeMs, limit)
      .all<{ payment_id: string; revision: number; phone_suffix: string }>()
    // A file is for ever, and nobody can erase a customer in it.
    return results.map(({ phone_suffix: _, ...payment }) => ({
      position: [payment.payment_id],
      key: [payment.payment_id, payment.revision],
      line: { payment },
    }))
  },
  remove: (rows) => [
    database
      .prepare(
        'DELETE FROM payments WHERE (payment_id, revision) IN (SELECT value ->> 0, value ->> 1 FROM json_each(?))',
      )
      .bind(keysOf(rows)),
  ],
})

/** Of payments that have left: found by number, but no longer by what the operator called it. */
const transactions = (database: Database): Pass => ({
  kind: 'transactions',
  async read(beforeMs, after, limit) {
    const { results } = await database
      .prepare(
        `SELECT merchant_id, mode, provider_transaction_id, created_at_ms, payment_id FROM payment_transactions t
         WHERE (merchant_id, mode, provider_transaction_id, created_at_ms, payment_id) > (?, ?, ?, ?, ?)
           AND created_at_ms < ? AND NOT EXISTS (SELECT 1 FROM payments p WHERE p.payment_id = t.payment_id)
         ORDER BY merchant_id, mode, provider_transaction_id, created_at_ms, payment_id LIMIT ?`,
      )
      .bind(...(after?.position ?? ['', '', '', 0, '']), beforeMs, limit)
      .all<Record<string, string | number>>()
    return results.map((transaction) => {
      const key = Object.values(transaction)
      return { position: key, key, line: { transaction } }
    })
  },
  remove: (rows) => [
    database
      .prepare(
        `DELETE FROM payment_transactions
         WHERE (merchant_id, mode, provider_transaction_id, created_at_ms, payment_id) IN
           (SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4 FROM json_each(?))`,
      )
      .bind(keysOf(rows)),
  ],
})

/** In this order: a transaction leaves after its payment. */
export const passesOf = (database: Database): readonly Pass[] => [
  entries(database),
  payments(database),
  transactions(database),
]
