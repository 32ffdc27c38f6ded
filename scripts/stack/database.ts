import { createHash } from 'node:crypto'
import { readD1Migrations } from '@cloudflare/vitest-plugin'
import { linkKeyOf } from '../../src/flows/checkout-link.ts'
import { createLinkKeySeal } from '../../src/flows/link-key-seal.ts'

/** The one merchant and its keys that development starts with. */
export const DEVELOPMENT = {
  merchantId: 'mer_dev',
  merchantName: 'Duka la Lango',
  secretKey: 'sk_test_lango_dev',
  publishableKey: 'pk_test_lango_dev',
} as const

/** The part of D1 that scripts use. */
export interface Database {
  prepare(sql: string): Statement
  batch(statements: Statement[]): Promise<unknown>
}
export interface Statement {
  bind(...values: unknown[]): Statement
  run(): Promise<unknown>
  all<Row>(): Promise<{ results: Row[] }>
  first<Row>(): Promise<Row | null>
}

/** Applies what is new, in the table that `wrangler d1 migrations apply` uses, so that either may come first. */
export const migrate = async (database: Database): Promise<void> => {
  await database
    .prepare(
      'CREATE TABLE IF NOT EXISTS d1_migrations (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE, applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL)',
    )
    .run()
  const { results } = await database.prepare('SELECT name FROM d1_migrations').all<{ name: string }>()
  const applied = new Set(results.map((row) => row.name))
  for (const migration of await readD1Migrations('src/consumer/migrations')) {
    if (applied.has(migration.name)) continue
    await database.batch([
      ...migration.queries.map((query) => database.prepare(query)),
      database.prepare('INSERT INTO d1_migrations (name) VALUES (?)').bind(migration.name),
    ])
  }
}

/** `webhookKey`: the consumer's. Link keys are sealed under what is derived from it. */
export const seed = async (database: Database, nowMs: number, webhookKey: string): Promise<void> => {
  const { merchantId, merchantName, secretKey, publishableKey } = DEVELOPMENT
  const hashOf = (key: string): string => createHash('sha256').update(key).digest('hex')
  const sealed = await createLinkKeySeal(webhookKey).seal(
    hashOf(secretKey).slice(0, 16),
    await linkKeyOf(secretKey),
    crypto.getRandomValues(new Uint8Array(12)),
  )
  const insertKey = (key: string, scope: string, sealedLinkKey: string | null) =>
    database
      .prepare(
        `INSERT INTO api_keys (key_hash, merchant_id, mode, scope, label, hint, created_at_ms, sealed_link_key)
         VALUES (?, ?, 'test', ?, 'development', ?, ?, ?)
         ON CONFLICT (key_hash) DO UPDATE SET sealed_link_key = excluded.sealed_link_key`,
      )
      .bind(hashOf(key), merchantId, scope, `${key.slice(0, 8)}…${key.slice(-4)}`, nowMs, sealedLinkKey)
  await database.batch([
    database
      .prepare('INSERT OR IGNORE INTO merchants (id, name, created_at_ms) VALUES (?, ?, ?)')
      .bind(merchantId, merchantName, nowMs),
    insertKey(secretKey, 'secret', sealed),
    insertKey(publishableKey, 'publishable', null),
  ])
}
