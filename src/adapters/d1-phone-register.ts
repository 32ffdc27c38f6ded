import type { FindRegistered, RegisteredPayment } from '../contracts/erasure.ts'
import { unhashedKey } from '../contracts/payment-index.ts'

interface Row {
  readonly phone_hash: string
  readonly merchant_id: string
  readonly mode: string
  readonly created_at_ms: number
  readonly payment_id: string
}

const COLUMNS = ['phone_hash', 'merchant_id', 'mode', 'created_at_ms', 'payment_id'] as const
const columns = (table: string): string => COLUMNS.map((column) => `${table}.${column}`).join(', ')

const fromRow = (row: Row): RegisteredPayment =>
  ({
    phoneHash: row.phone_hash,
    merchantId: row.merchant_id,
    mode: row.mode,
    createdAtMs: row.created_at_ms,
    paymentId: row.payment_id,
  }) as RegisteredPayment

const valuesOf = ({ phoneHash, merchantId, mode, createdAtMs, paymentId }: RegisteredPayment) =>
  [phoneHash, merchantId, mode, createdAtMs, paymentId] as const

/** The register of payments that hold something of a customer. Each method throws when D1 does not answer. */
export const createD1PhoneRegister = (database: D1Database) => {
  const all = async (sql: string, ...values: readonly unknown[]): Promise<readonly RegisteredPayment[]> =>
    (
      await database
        .prepare(sql)
        .bind(...values)
        .all<Row>()
    ).results.map(fromRow)

  const findHashed: FindRegistered<readonly string[]> = (hashes, untilMs, after, limit) =>
    all(
      `SELECT ${columns('r')} FROM json_each(?) h CROSS JOIN payment_phones r ON r.phone_hash = h.value
       WHERE r.created_at_ms <= ? AND r.payment_id > ? ORDER BY r.payment_id LIMIT ?`,
      JSON.stringify(hashes),
      untilMs,
      after,
      limit,
    )

  /** Those of before they were registered by their digits: by merchant, for that is how payments are found by the end of a number. */
  const findUnhashed: FindRegistered<string> = (suffix, untilMs, after, limit) =>
    all(
      `SELECT ${columns('r')} FROM (
         SELECT * FROM payment_phones WHERE phone_hash = ?
         UNION ALL
         SELECT o.* FROM merchants m CROSS JOIN json_each('["live","test"]') mode
           CROSS JOIN payments p INDEXED BY payments_by_phone
             ON p.merchant_id = m.id AND p.mode = mode.value AND p.phone_suffix = ?
           CROSS JOIN payment_phones o ON o.phone_hash = '' AND o.merchant_id = p.merchant_id AND o.mode = p.mode
             AND o.created_at_ms = p.created_at_ms AND o.payment_id = p.payment_id
       ) r WHERE r.created_at_ms <= ? AND r.payment_id > ? ORDER BY r.payment_id LIMIT ?`,
      unhashedKey(suffix),
      suffix,
      untilMs,
      after,
      limit,
    )

  return {
    findHashed,
    findUnhashed,

    async drop(registered: RegisteredPayment): Promise<void> {
      await database.batch([
        database
          .prepare(`DELETE FROM payment_phones WHERE (${COLUMNS.join(', ')}) = (?, ?, ?, ?, ?)`)
          .bind(...valuesOf(registered)),
        database.prepare("UPDATE payments SET phone_suffix = '' WHERE payment_id = ?").bind(registered.paymentId),
      ])
    },

    /** The whole register in its own order, a stretch at a time: what comes after that row, or from the beginning. */
    async stretch(after: RegisteredPayment | null, limit: number): Promise<readonly RegisteredPayment[]> {
      const from = `SELECT ${columns('r')} FROM payment_phones r`
      const order = `ORDER BY ${columns('r')} LIMIT ?`
      return after
        ? all(`${from} WHERE (${columns('r')}) > (?, ?, ?, ?, ?) ${order}`, ...valuesOf(after), limit)
        : all(`${from} ${order}`, limit)
    },
  }
}
