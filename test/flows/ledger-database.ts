import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Database, Statement } from '../../scripts/stack/database.ts'

const migrations = path.resolve(import.meta.dirname, '../../src/consumer/migrations')
type Value = string | number | null

interface Bound extends Statement {
  readonly sql: string
  readonly values: readonly Value[]
}

/** The real migrations over SQLite in memory, as D1 would run what our adapters ask: a batch is one transaction. */
export const openLedgerDatabase = (upTo = '9999') => {
  const sqlite = new DatabaseSync(':memory:')
  sqlite.exec('PRAGMA foreign_keys = ON')
  const migrate = (from: string, to: string): void => {
    for (const file of globSync('*.sql', { cwd: migrations }).toSorted())
      if (file >= from && file <= to) sqlite.exec(readFileSync(path.join(migrations, file), 'utf8'))
  }
  migrate('', upTo)
  const prepare = (sql: string): Statement => {
    const bound = (values: readonly Value[]): Bound => ({
      sql,
      values,
      bind: (...others) => bound(others as readonly Value[]),
      run: async () => sqlite.prepare(sql).run(...values),
      all: async <Row>() => ({ results: sqlite.prepare(sql).all(...values) as Row[] }),
      first: async <Row>() => (sqlite.prepare(sql).get(...values) as Row | undefined) ?? null,
    })
    return bound([])
  }
  const batch = async (statements: readonly Statement[]): Promise<void> => {
    sqlite.exec('SAVEPOINT batch')
    try {
      for (const { sql, values } of statements as readonly Bound[]) sqlite.prepare(sql).run(...values)
      sqlite.exec('RELEASE batch')
    } catch (error) {
      sqlite.exec('ROLLBACK TO batch; RELEASE batch')
      throw error
    }
  }
  const database: Database = { prepare, batch }
  return { sqlite, database, migrate }
}
