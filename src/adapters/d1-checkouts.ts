import type { Checkout } from '../contracts/consumer.ts'
import type { CheckoutId, MerchantId } from '../domain/ids.ts'
import type { Mode } from '../domain/payment.ts'
import { type BrandingRow, brandingOf } from './d1-branding.ts'

interface Row extends BrandingRow {
  readonly id: string
  readonly merchant_id: string
  readonly merchant_name: string
  readonly mode: string
  readonly invoice: string
  readonly amount_minor: string
  readonly currency: string
  readonly description: string | null
  readonly return_url: string | null
  readonly created_at_ms: number
  readonly expires_at_ms: number
}

const fromRow = (row: Row): Checkout => ({
  id: row.id as CheckoutId,
  merchantId: row.merchant_id as MerchantId,
  merchantName: row.merchant_name,
  mode: row.mode as Mode,
  invoice: row.invoice,
  amountMinor: row.amount_minor,
  currency: row.currency,
  description: row.description,
  returnUrl: row.return_url,
  createdAtMs: row.created_at_ms,
  expiresAtMs: row.expires_at_ms,
  branding: brandingOf(row),
})

/** Checkouts in D1. `create` is idempotent by id: what was stored first is what it answers, but that with `renews` it may expire later. */
export const createD1Checkouts = (database: D1Database) => {
  const find = async (id: CheckoutId): Promise<Checkout | null> => {
    const row = await database
      .prepare(
        `SELECT c.id, c.merchant_id, c.merchant_name, c.mode, c.invoice, CAST(c.amount_minor AS TEXT) AS amount_minor,
           c.currency, c.description, c.return_url, c.created_at_ms, c.expires_at_ms, m.name, m.colour, m.logo, m.languages
         FROM checkouts c JOIN merchants m ON m.id = c.merchant_id WHERE c.id = ?`,
      )
      .bind(id)
      .first<Row>()
    return row && fromRow(row)
  }
  return {
    find,
    async create(checkout: Checkout, renews: boolean): Promise<Checkout> {
      await database
        .prepare(
          `INSERT INTO checkouts (id, merchant_id, merchant_name, mode, invoice, amount_minor, currency, description,
             return_url, created_at_ms, expires_at_ms)
           VALUES (?, ?, ?, ?, ?, CAST(? AS INTEGER), ?, ?, ?, ?, ?)
           ON CONFLICT (id) DO UPDATE SET expires_at_ms = excluded.expires_at_ms
           WHERE ? AND excluded.expires_at_ms > checkouts.expires_at_ms`,
        )
        .bind(
          checkout.id,
          checkout.merchantId,
          checkout.merchantName,
          checkout.mode,
          checkout.invoice,
          checkout.amountMinor,
          checkout.currency,
          checkout.description,
          checkout.returnUrl,
          checkout.createdAtMs,
          checkout.expiresAtMs,
          renews ? 1 : 0,
        )
        .run()
      const stored = await find(checkout.id)
      if (!stored) throw new Error('D1 does not have the checkout that it just stored')
      return stored
    },
  }
}
