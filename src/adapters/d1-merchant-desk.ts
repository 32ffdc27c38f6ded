import type { MerchantId } from '../domain/ids.ts'
import type { Branding, KeyScope } from '../domain/merchant.ts'
import type { Mode } from '../domain/payment.ts'
import { type BrandingRow, brandingOf, listOf } from './d1-branding.ts'

/** A merchant as the operator sees it. */
export interface Merchant extends Branding {
  readonly id: MerchantId
  readonly allowedOrigins: readonly string[]
  readonly createdAtMs: number
}

/** All but the id and the time; what is absent stays as it is. */
export type MerchantChange = Partial<Omit<Merchant, 'id' | 'createdAtMs'>>

/** An API key as the operator sees it: never the key. */
export interface KeyRecord {
  /** The first 16 hex digits of the key's hash. */
  readonly id: string
  readonly mode: Mode
  readonly scope: KeyScope
  readonly label: string | null
  /** Its first and last characters. */
  readonly hint: string | null
  readonly createdAtMs: number
  /** Good until then; null: no end is set. */
  readonly expiresAtMs: number | null
  readonly revokedAtMs: number | null
}

export interface NewKey extends Pick<KeyRecord, 'mode' | 'scope' | 'label' | 'hint' | 'createdAtMs'> {
  readonly merchantId: MerchantId
  readonly keyHash: string
  readonly sealedLinkKey: string | null
}

interface MerchantRow extends BrandingRow {
  readonly id: string
  readonly allowed_origins: string | null
  readonly created_at_ms: number
}
interface KeyRow {
  readonly id: string
  readonly mode: string
  readonly scope: string
  readonly label: string | null
  readonly hint: string | null
  readonly created_at_ms: number
  readonly expires_at_ms: number | null
  readonly revoked_at_ms: number | null
}

const MERCHANT = 'SELECT id, name, colour, logo, languages, allowed_origins, created_at_ms FROM merchants'
const KEY = `SELECT substr(key_hash, 1, 16) AS id, mode, scope, label, hint, created_at_ms, expires_at_ms, revoked_at_ms
  FROM api_keys`

const merchantOf = (row: MerchantRow): Merchant => ({
  id: row.id as MerchantId,
  ...brandingOf(row),
  allowedOrigins: listOf(row.allowed_origins),
  createdAtMs: row.created_at_ms,
})
const keyOf = (row: KeyRow): KeyRecord => ({
  id: row.id,
  mode: row.mode as Mode,
  scope: row.scope as KeyScope,
  label: row.label,
  hint: row.hint,
  createdAtMs: row.created_at_ms,
  expiresAtMs: row.expires_at_ms,
  revokedAtMs: row.revoked_at_ms,
})
const jsonOf = (list: readonly string[]): string | null => (list.length === 0 ? null : JSON.stringify(list))

/** Merchants and their keys, for the operator. Every method throws when D1 does not answer. */
export const createD1MerchantDesk = (database: D1Database) => {
  const find = async (id: string): Promise<Merchant | null> => {
    const row = await database.prepare(`${MERCHANT} WHERE id = ?`).bind(id).first<MerchantRow>()
    return row && merchantOf(row)
  }
  const key = async (merchantId: MerchantId, id: string): Promise<KeyRecord | null> => {
    const row = await database
      .prepare(`${KEY} WHERE merchant_id = ? AND substr(key_hash, 1, 16) = ?`)
      .bind(merchantId, id)
      .first<KeyRow>()
    return row && keyOf(row)
  }
  const insert = (wanted: NewKey) =>
    database
      .prepare(
        `INSERT INTO api_keys (key_hash, merchant_id, mode, scope, label, hint, created_at_ms, sealed_link_key)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      )
      .bind(
        wanted.keyHash,
        wanted.merchantId,
        wanted.mode,
        wanted.scope,
        wanted.label,
        wanted.hint,
        wanted.createdAtMs,
        wanted.sealedLinkKey,
      )
  return {
    find,
    key,
    async list(): Promise<readonly Merchant[]> {
      const { results } = await database.prepare(`${MERCHANT} ORDER BY created_at_ms, id`).all<MerchantRow>()
      return results.map(merchantOf)
    },
    /** The merchant of this id, and whether this call made it. */
    async create(id: MerchantId, name: string, createdAtMs: number): Promise<boolean> {
      const { meta } = await database
        .prepare('INSERT INTO merchants (id, name, created_at_ms) VALUES (?, ?, ?) ON CONFLICT (id) DO NOTHING')
        .bind(id, name, createdAtMs)
        .run()
      return meta.changes > 0
    },
    async change(id: MerchantId, change: MerchantChange): Promise<Merchant | null> {
      const before = await find(id)
      if (!before) return null
      const after = { ...before, ...change }
      await database
        .prepare('UPDATE merchants SET name = ?, colour = ?, logo = ?, languages = ?, allowed_origins = ? WHERE id = ?')
        .bind(after.name, after.colour, after.logo, jsonOf(after.languages), jsonOf(after.allowedOrigins), id)
        .run()
      return after
    },
    async keys(merchantId: MerchantId): Promise<readonly KeyRecord[]> {
      const { results } = await database
        .prepare(`${KEY} WHERE merchant_id = ? ORDER BY created_at_ms, key_hash`)
        .bind(merchantId)
        .all<KeyRow>()
      return results.map(keyOf)
    },
    async addKey(wanted: NewKey): Promise<void> {
      await insert(wanted).run()
    },
    /** Its successor and its end in one transaction: no moment has neither. An end that is set is never put off. */
    async succeedKey(id: string, successor: NewKey, expiresAtMs: number): Promise<void> {
      await database.batch([
        insert(successor),
        database
          .prepare(
            `UPDATE api_keys SET expires_at_ms = min(coalesce(expires_at_ms, ?1), ?1)
             WHERE merchant_id = ?2 AND substr(key_hash, 1, 16) = ?3`,
          )
          .bind(expiresAtMs, successor.merchantId, id),
      ])
    },
    async revokeKey(merchantId: MerchantId, id: string, nowMs: number): Promise<void> {
      await database
        .prepare(
          `UPDATE api_keys SET revoked_at_ms = coalesce(revoked_at_ms, ?)
           WHERE merchant_id = ? AND substr(key_hash, 1, 16) = ?`,
        )
        .bind(nowMs, merchantId, id)
        .run()
    },
  }
}

export type MerchantDesk = ReturnType<typeof createD1MerchantDesk>
