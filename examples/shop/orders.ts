import { randomBytes } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import type { KeyStore } from '@lango/sdk'
import type { Product } from './products.ts'

const SCHEMA = `
PRAGMA journal_mode = WAL;
PRAGMA busy_timeout = 5000;
CREATE TABLE IF NOT EXISTS orders (
  id TEXT PRIMARY KEY, product TEXT NOT NULL, amount TEXT NOT NULL, currency TEXT NOT NULL,
  status TEXT NOT NULL, checkout_url TEXT, created_at TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS parcels (order_id TEXT NOT NULL, packed_at TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS lango_keys (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
`

export interface Order {
  readonly id: string
  readonly product: string
  readonly amount: string
  readonly currency: string
  readonly status: 'open' | 'paid' | 'failed'
  readonly checkoutUrl: string | null
  readonly createdAt: string
  /** What left the shop for it: 1 once it is paid, and never more. */
  readonly parcels: number
}

/** Of the event that says so. */
export interface Paid {
  readonly invoice?: string
  readonly amount: string
  readonly currency: string
}

export interface Orders {
  open(product: Product): string
  offer(id: string, checkoutUrl: string): void
  /**
   * Packs a parcel, if what was paid is the price of the order. Nothing here stops a second one: that is `fulfilOnce`'s
   * part. False: this is not what the order costs, or there is no such order.
   */
  fulfil(paid: Paid): boolean
  /** Money may still come after a failure, and a paid order stays paid. */
  fail(id: string): void
  find(id: string): Order | undefined
  latest(): readonly Order[]
}

const COLUMNS = `id, product, amount, currency, status, checkout_url AS checkoutUrl, created_at AS createdAt,
  (SELECT count(*) FROM parcels WHERE order_id = id) AS parcels`

export const openOrders = (database: DatabaseSync): Orders => {
  database.exec(SCHEMA)
  return {
    open: ({ id: product, amount, currency }) => {
      const id = `ORD-${randomBytes(5).toString('hex').toUpperCase()}`
      database
        .prepare('INSERT INTO orders (id, product, amount, currency, status, created_at) VALUES (?, ?, ?, ?, ?, ?)')
        .run(id, product, amount, currency, 'open', new Date().toISOString())
      return id
    },
    offer: (id, url) => void database.prepare('UPDATE orders SET checkout_url = ? WHERE id = ?').run(url, id),
    fulfil: ({ invoice: id = '', amount, currency }) => {
      const { changes } = database
        .prepare("UPDATE orders SET status = 'paid' WHERE id = ? AND amount = ? AND currency = ?")
        .run(id, amount, currency)
      if (changes === 0) return false
      database
        .prepare('INSERT INTO parcels (order_id, packed_at) SELECT id, ? FROM orders WHERE id = ?')
        .run(new Date().toISOString(), id)
      return true
    },
    fail: (id) => void database.prepare("UPDATE orders SET status = 'failed' WHERE id = ? AND status = 'open'").run(id),
    find: (id) =>
      database.prepare(`SELECT ${COLUMNS} FROM orders WHERE id = ?`).get(id) as unknown as Order | undefined,
    latest: () =>
      database
        .prepare(`SELECT ${COLUMNS} FROM orders ORDER BY created_at DESC LIMIT 50`)
        .all() as unknown as readonly Order[],
  }
}

/** Where the SDK keeps its idempotency keys: beside the orders, so that a restart repeats a request and makes no other. */
export const keysIn = (database: DatabaseSync): KeyStore => ({
  get: (name) =>
    (database.prepare('SELECT value FROM lango_keys WHERE name = ?').get(name)?.['value'] as string) ?? null,
  set: (name, value) => void database.prepare('INSERT OR REPLACE INTO lango_keys VALUES (?, ?)').run(name, value),
  delete: (name) => void database.prepare('DELETE FROM lango_keys WHERE name = ?').run(name),
})
