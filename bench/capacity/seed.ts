import { globSync } from 'node:fs'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/** The file in which Miniflare keeps D1. There must be one, made and migrated by an earlier start of the stack. */
export const databaseFile = (stateDir: string): string => {
  const files = globSync('v3/**/*.sqlite', { cwd: stateDir }).map((file) => path.join(stateDir, file))
  for (const file of files) {
    const database = new DatabaseSync(file)
    const found = database.prepare("SELECT 1 FROM sqlite_master WHERE name = 'ledger_entries'").get()
    database.close()
    if (found) return file
  }
  throw new Error(`no D1 in ${stateDir}`)
}

/**
 * Payments of the last year, paid, each with everything that a paid payment leaves in D1. Only numbers and texts that look
 * like real ones: ids spread over their whole range, invoices, transactions and times in no order.
 */
const rowsOf = (count: number, merchantId: string, nowMs: number, order: string) => `
CREATE TEMP TABLE seeded AS
WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ${count}),
  -- A permutation: 7919 is prime to every count that is not its multiple.
  p(i, j) AS (SELECT i, (i * 7919) % ${count} FROM n)
SELECT
  printf('pay_%013x%013x', i * (4503599627370495 / ${count}), (j * 2654435761) % 4503599627370495) AS payment_id,
  printf('SEED-%07d', j) AS invoice,
  printf('%04d', (j / 7) % 10000) AS phone_suffix,
  printf('%08x-%04x-4%03x-8%03x-%012x', (j * 40503) % 4294967295, j % 65535, i % 4095, j % 4095, i) AS reference,
  printf('%08x-%04x-4%03x-9%03x-%012x', (j * 48271) % 4294967295, i % 65535, j % 4095, i % 4095, j) AS transaction_id,
  ${nowMs} - 86400000 - j * (31536000000 / ${count}) AS created_at_ms
FROM p ORDER BY ${order};
INSERT INTO payments (payment_id, merchant_id, mode, invoice, phone_suffix, status, created_at_ms, revision)
  SELECT payment_id, '${merchantId}', 'test', invoice, phone_suffix, 'succeeded', created_at_ms, created_at_ms + 9000 FROM seeded;
INSERT INTO payment_transactions (merchant_id, mode, provider_transaction_id, created_at_ms, payment_id)
  SELECT '${merchantId}', 'test', transaction_id, created_at_ms, payment_id FROM seeded;
INSERT INTO orders (payment_id, merchant_id, mode, invoice, amount_minor, currency, status, fulfilled_via, fulfilled_at_ms)
  SELECT payment_id, '${merchantId}', 'test', invoice, 1550, 'ZMW', 'fulfilled', 'qstash', created_at_ms + 9000 FROM seeded;
INSERT INTO ledger_entries
    (id, kind, payment_id, attempt, merchant_id, mode, gateway, reference, occurred_at_ms, created_at_ms, digest)
  SELECT 'dep_' || payment_id || '_1', 'deposit', payment_id, 1, '${merchantId}', 'test', 'pawapay', reference,
    created_at_ms + 8000, created_at_ms + 9000, lower(hex(randomblob(32))) FROM seeded;
INSERT INTO ledger_postings (entry_id, direction, account, amount_minor, currency)
  SELECT 'dep_' || payment_id || '_1', side, account, 1550, 'ZMW' FROM seeded,
    (SELECT 'credit' AS side, 'merchant:${merchantId}:payable' AS account
     UNION ALL SELECT 'debit', 'gateway:pawapay:clearing');
-- Sealed, as what is a minute old would be: with roots and digests of the right size that prove nothing.
INSERT INTO ledger_batches (sequence, first_number, last_number, entries, previous_root, root, sealed_at_ms, digests)
  SELECT 1 + (number - 1) / 500, min(number), max(number), count(*), printf('%064x', (number - 1) / 500),
    printf('%064x', 1 + (number - 1) / 500), ${nowMs}, group_concat(digest, '' ORDER BY number)
  FROM ledger_entries GROUP BY 1 + (number - 1) / 500;
INSERT INTO ledger_totals (account, mode, currency, day, debit_minor, credit_minor)
  SELECT p.account, e.mode, p.currency, e.occurred_at_ms / 86400000,
    sum(iif(p.direction = 'debit', p.amount_minor, 0)), sum(iif(p.direction = 'credit', p.amount_minor, 0))
  FROM ledger_entries e CROSS JOIN ledger_postings p ON p.entry_id = e.id GROUP BY 1, 2, 3, 4;
DROP TABLE seeded;`

/**
 * Straight into the file, while no stack has it open: minutes less than by statements of D1. `asInLife` puts the rows in as
 * they would come, in the order of time: pages are then split and as empty as they would be. Else they are put in by their
 * key and the indexes made afterwards, which is far quicker. Answers with the milliseconds.
 */
export const seedPayments = (file: string, count: number, merchantId: string, asInLife = false): number => {
  const fromMs = performance.now()
  const database = new DatabaseSync(file, { enableForeignKeyConstraints: false })
  // A crash would leave half a database, which nobody would miss.
  database.exec('PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -800000')
  database.exec('PRAGMA temp_store = MEMORY; BEGIN')
  const indexes = asInLife
    ? []
    : (database
        .prepare("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL")
        .all() as unknown as { readonly name: string; readonly sql: string }[])
  for (const { name } of indexes) database.exec(`DROP INDEX ${name}`)
  database.exec(rowsOf(count, merchantId, Date.now(), asInLife ? 'created_at_ms' : 'payment_id'))
  for (const { sql } of indexes) database.exec(sql)
  database.exec('COMMIT; PRAGMA journal_mode = WAL')
  database.close()
  return performance.now() - fromMs
}

export interface TableSize {
  readonly name: string
  readonly bytes: number
}

/** Bytes of each table and index, in whole pages, as SQLite itself counts them. */
export const tableSizes = (file: string): readonly TableSize[] => {
  const database = new DatabaseSync(file, { readOnly: true })
  const sizes = database
    .prepare(
      "SELECT name, sum(pgsize) AS bytes FROM dbstat WHERE name NOT LIKE '\\_cf%' ESCAPE '\\' AND name NOT LIKE 'sqlite\\_schema' ESCAPE '\\' GROUP BY name ORDER BY bytes DESC",
    )
    .all() as unknown as TableSize[]
  database.close()
  return sizes
}
