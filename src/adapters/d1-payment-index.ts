import type { PaymentIndexRow, PaymentPage, PaymentPosition, PaymentQuery } from '../contracts/payment-index.ts'
import type { PaymentId } from '../domain/ids.ts'

const LIMIT_MAX = 100

/** As one does whose customer is erased. */
const namesNobody = ({ forgetHashes, phoneHashes }: PaymentIndexRow): boolean =>
  forgetHashes !== undefined && !phoneHashes?.length

/** A row that left with its period is not to come back because its customer is erased, nor are those of its transactions. */
const UNLESS_ARCHIVED = `
       WHERE NOT EXISTS (SELECT 1 FROM ledger_closed WHERE before_ms > ?7)
          OR EXISTS (SELECT 1 FROM payments WHERE payment_id = ?1)`

/**
 * One row in any order, any number of times: only a newer one changes anything. For a batch of their own or of others. A number
 * is registered only with the row that is the newest: one that comes late must not bring back who was erased meanwhile.
 */
export const indexStatements = (database: D1Database, row: PaymentIndexRow): D1PreparedStatement[] => [
  database
    .prepare(
      `INSERT INTO payments (payment_id, merchant_id, mode, invoice, phone_suffix, status, created_at_ms, revision)
       SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8${namesNobody(row) ? UNLESS_ARCHIVED : ' WHERE true'}
       ON CONFLICT (payment_id) DO UPDATE SET
         phone_suffix = excluded.phone_suffix, status = excluded.status, revision = excluded.revision
       WHERE excluded.revision > payments.revision`,
    )
    .bind(
      row.paymentId,
      row.merchantId,
      row.mode,
      row.invoice,
      row.phoneSuffix,
      row.status,
      row.createdAtMs,
      row.revision,
    ),
  ...(row.forgetHashes ?? []).map((phoneHash) =>
    database
      .prepare(
        `DELETE FROM payment_phones
         WHERE phone_hash = ? AND merchant_id = ? AND mode = ? AND created_at_ms = ? AND payment_id = ?`,
      )
      .bind(phoneHash, row.merchantId, row.mode, row.createdAtMs, row.paymentId),
  ),
  ...(row.phoneHashes ?? []).map((phoneHash) =>
    database
      .prepare(
        `INSERT INTO payment_phones (phone_hash, merchant_id, mode, created_at_ms, payment_id)
         SELECT ?, merchant_id, mode, created_at_ms, payment_id FROM payments WHERE payment_id = ? AND revision = ?
         ON CONFLICT DO NOTHING`,
      )
      .bind(phoneHash, row.paymentId, row.revision),
  ),
  ...row.transactionIds.map((transactionId) =>
    database
      .prepare(
        `INSERT INTO payment_transactions (merchant_id, mode, provider_transaction_id, created_at_ms, payment_id)
         SELECT ?1, ?2, ?3, ?4, ?5 WHERE ${namesNobody(row) ? 'EXISTS (SELECT 1 FROM payments WHERE payment_id = ?5)' : 'true'}
         ON CONFLICT DO NOTHING`,
      )
      .bind(row.merchantId, row.mode, transactionId, row.createdAtMs, row.paymentId),
  ),
]

/** Throws when D1 cannot; it may be called again. */
export const createD1IndexPayment =
  (database: D1Database) =>
  async (row: PaymentIndexRow): Promise<void> => {
    await database.batch(indexStatements(database, row))
  }

/**
 * The index to walk is named, not left to the planner: with few rows or stale statistics it would choose another, and the
 * cost of a look-up would then depend on what else is stored. Without the index the statement fails, and is noticed.
 */
const walk = ({ providerTransactionId, invoice, phoneSuffix, status }: PaymentQuery) => {
  const payments = (index: string, column?: string) => ({
    from: `payments p INDEXED BY ${index}`,
    first: 'p',
    walks: column,
  })
  if (providerTransactionId !== undefined)
    return {
      from: 'payment_transactions t CROSS JOIN payments p ON p.payment_id = t.payment_id',
      first: 't',
      walks: 'provider_transaction_id',
    }
  if (invoice !== undefined) return payments('payments_by_invoice', 'invoice')
  if (phoneSuffix !== undefined) return payments('payments_by_phone', 'phone_suffix')
  if (status !== undefined) return payments('payments_by_status', 'status')
  return payments('payments_by_time')
}

/** Exclusive: what comes after the cursor, and before `toMs` whatever the cursor says. An id is greater than ''. */
const upperBound = ({ after, toMs }: PaymentQuery): readonly [number, string] | undefined => {
  if (after && (toMs === undefined || after.createdAtMs < toMs)) return [after.createdAtMs, after.paymentId]
  return toMs === undefined ? undefined : [toMs, '']
}

/** The statement for a query, with one row more than asked for. Exported for the test that reads its plan. */
export const findStatement = (query: PaymentQuery): { readonly sql: string; readonly values: readonly unknown[] } => {
  const { from, first, walks } = walk(query)
  const where = [`${first}.merchant_id = ?`, `${first}.mode = ?`]
  const values: unknown[] = [query.merchantId, query.mode]
  const filters = [
    ['provider_transaction_id', query.providerTransactionId],
    ['invoice', query.invoice],
    ['phone_suffix', query.phoneSuffix],
    ['status', query.status],
  ] as const
  for (const [column, value] of filters) {
    if (value === undefined) continue
    where.push(`${column === walks ? first : 'p'}.${column} = ?`)
    values.push(value)
  }
  if (query.fromMs !== undefined) {
    where.push(`${first}.created_at_ms >= ?`)
    values.push(query.fromMs)
  }
  const bound = upperBound(query)
  if (bound) {
    where.push(`(${first}.created_at_ms, ${first}.payment_id) < (?, ?)`)
    values.push(...bound)
  }
  const limit = Math.min(Math.max(1, query.limit), LIMIT_MAX)
  return {
    sql: `SELECT ${first}.payment_id, ${first}.created_at_ms FROM ${from} WHERE ${where.join(' AND ')}
      ORDER BY ${first}.created_at_ms DESC, ${first}.payment_id DESC LIMIT ?`,
    values: [...values, limit + 1],
  }
}

/** Throws when D1 does not answer. */
export const createD1FindPayments =
  (database: D1Database) =>
  async (query: PaymentQuery): Promise<PaymentPage> => {
    const { sql, values } = findStatement(query)
    const { results } = await database
      .prepare(sql)
      .bind(...values)
      .all<{ readonly payment_id: string; readonly created_at_ms: number }>()
    const asked = (values.at(-1) as number) - 1
    const positions = results.slice(0, asked).map(
      (row): PaymentPosition => ({
        createdAtMs: row.created_at_ms,
        paymentId: row.payment_id as PaymentId,
      }),
    )
    return { positions, more: results.length > asked }
  }
