import type { MerchantId } from '../domain/ids.ts'
import type { KeyHolder, KeyScope } from '../domain/merchant.ts'
import type { Mode } from '../domain/payment.ts'

interface Row {
  readonly merchant_id: string
  readonly name: string
  readonly mode: string
  readonly scope: string
}

const SHA256_HEX = /^[0-9a-f]{64}$/

/** Who holds the key with this SHA-256 (hex); null when nobody does, or no longer. */
export const createD1Merchants =
  (database: D1Database) =>
  async (keyHash: string): Promise<KeyHolder | null> => {
    if (!SHA256_HEX.test(keyHash)) return null
    const row = await database
      .prepare(
        `SELECT k.merchant_id, m.name, k.mode, k.scope FROM api_keys k JOIN merchants m ON m.id = k.merchant_id
         WHERE k.key_hash = ? AND k.revoked_at_ms IS NULL`,
      )
      .bind(keyHash)
      .first<Row>()
    return (
      row && {
        merchantId: row.merchant_id as MerchantId,
        merchantName: row.name,
        mode: row.mode as Mode,
        scope: row.scope as KeyScope,
      }
    )
  }
