import type { LinkSigner } from '../contracts/consumer.ts'
import type { MerchantId } from '../domain/ids.ts'
import type { KeyHolder, KeyScope } from '../domain/merchant.ts'
import type { Mode } from '../domain/payment.ts'
import { type BrandingRow, brandingOf, listOf } from './d1-branding.ts'

interface HolderRow {
  readonly merchant_id: string
  readonly name: string
  readonly mode: string
  readonly scope: string
  readonly allowed_origins: string | null
}
interface SignerRow extends BrandingRow {
  readonly merchant_id: string
  readonly mode: string
  readonly sealed_link_key: string
}

/** Throws when it was not sealed for this key by this deployment. */
export interface OpenLinkKey {
  open(keyId: string, sealed: string): Promise<string>
}

const SHA256_HEX = /^[0-9a-f]{64}$/
const KEY_ID = /^[0-9a-f]{16}$/
const GOOD = 'k.revoked_at_ms IS NULL AND (k.expires_at_ms IS NULL OR k.expires_at_ms > ?)'

/** Who holds a key, and who signs links with it; null when nobody does, or no longer. */
export const createD1Merchants = (database: D1Database, seal: OpenLinkKey, nowMs: () => number) => ({
  /** `keyHash`: SHA-256 in hex. */
  async byKeyHash(keyHash: string): Promise<KeyHolder | null> {
    if (!SHA256_HEX.test(keyHash)) return null
    const row = await database
      .prepare(
        `SELECT k.merchant_id, m.name, k.mode, k.scope, m.allowed_origins
         FROM api_keys k JOIN merchants m ON m.id = k.merchant_id WHERE k.key_hash = ? AND ${GOOD}`,
      )
      .bind(keyHash, nowMs())
      .first<HolderRow>()
    return (
      row && {
        merchantId: row.merchant_id as MerchantId,
        merchantName: row.name,
        mode: row.mode as Mode,
        scope: row.scope as KeyScope,
        allowedOrigins: listOf(row.allowed_origins),
      }
    )
  },

  /** `keyId`: the first 16 hex digits of that hash. */
  async signer(keyId: string): Promise<LinkSigner | null> {
    if (!KEY_ID.test(keyId)) return null
    const row = await database
      .prepare(
        `SELECT k.merchant_id, k.mode, k.sealed_link_key, m.name, m.colour, m.logo, m.languages
         FROM api_keys k JOIN merchants m ON m.id = k.merchant_id
         WHERE substr(k.key_hash, 1, 16) = ? AND k.sealed_link_key IS NOT NULL AND ${GOOD}`,
      )
      .bind(keyId, nowMs())
      .first<SignerRow>()
    return (
      row && {
        merchantId: row.merchant_id as MerchantId,
        merchantName: row.name,
        mode: row.mode as Mode,
        branding: brandingOf(row),
        linkKey: await seal.open(keyId, row.sealed_link_key),
      }
    )
  },
})
