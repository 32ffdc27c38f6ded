import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import type { Fulfilled, Posting } from '../../history/history.ts'
import { ask, isDown, refuse, type World } from '../world.ts'

type Value = string | number | null

const migrations = path.resolve(import.meta.dirname, '../../../src/consumer/migrations')

let shared: { readonly database: DatabaseSync; readonly prepared: Map<string, StatementSync> } | undefined

/** One database per thread, with the real migrations; a shard's rows are rolled back when it ends. */
const open = () => {
  if (shared) return shared
  const database = new DatabaseSync(':memory:')
  database.exec('PRAGMA foreign_keys = ON')
  for (const file of globSync('*.sql', { cwd: migrations }).sort())
    database.exec(readFileSync(path.join(migrations, file), 'utf8'))
  shared = { database, prepared: new Map() }
  return shared
}

interface Statement {
  readonly sql: string
  readonly values: readonly Value[]
}

/** D1 over SQLite: what our adapters use of it. Each call travels, may be lost on the way there or back, and may be refused. */
export const createDatabase = (world: World) => {
  const { database, prepared } = open()
  const { faults, scheduler, notes } = world
  const fulfilled: Fulfilled[] = []
  database.exec('BEGIN')

  const statement = (sql: string): StatementSync => {
    let known = prepared.get(sql)
    if (!known) {
      known = database.prepare(sql)
      prepared.set(sql, known)
    }
    return known
  }
  const rows = <Row>(sql: string, ...values: Value[]): Row[] => statement(sql).all(...values) as Row[]

  const travel = <Answer>(run: () => Answer): Promise<Answer> =>
    ask(world, (reply) => {
      if (isDown(world, 'database_down')) return reply(refuse('D1 is down'))
      let answer: () => Answer
      try {
        const result = run()
        answer = () => result
      } catch (error) {
        answer = () => {
          throw error
        }
      }
      reply(faults.strikes('database_answer_lost') ? refuse('D1 did not answer') : answer)
    })

  const noteFulfilled = (paymentId: string): void => {
    for (const { reference } of rows<{ reference: string }>(
      'SELECT reference FROM ledger_entries WHERE payment_id = ?',
      paymentId,
    ))
      fulfilled.push({ at: scheduler.nowMs, paymentId, reference })
    notes.tell(scheduler.nowMs, paymentId, () => 'order fulfilled and posted')
  }

  /** `run` of a statement would not tell the rows that it returns, and `all` would not tell how many it changed. */
  const perform = ({ sql, values }: Statement) =>
    sql.includes('RETURNING')
      ? { results: rows(sql, ...values), changes: 0 }
      : { results: [], changes: statement(sql).run(...values).changes }

  const batch = (statements: readonly Statement[]) => {
    database.exec('SAVEPOINT batch')
    try {
      const orders: string[] = []
      const answers = statements.map((each) => {
        const { results, changes } = perform(each)
        if (changes > 0 && each.sql.includes('INSERT INTO orders')) orders.push(String(each.values[0]))
        return { results }
      })
      database.exec('RELEASE batch')
      for (const paymentId of orders) noteFulfilled(paymentId)
      return answers
    } catch (error) {
      database.exec('ROLLBACK TO batch; RELEASE batch')
      throw error
    }
  }

  const prepare = (sql: string) => {
    const bound = (values: readonly Value[]) => ({
      sql,
      values,
      bind: (...others: Value[]) => bound(others),
      first: () => travel(() => rows(sql, ...values)[0] ?? null),
      all: () => travel(() => ({ results: rows(sql, ...values) })),
      run: () => travel(() => batch([{ sql, values }])),
    })
    return bound([])
  }

  return {
    binding: { prepare, batch: (statements: readonly Statement[]) => travel(() => batch(statements)) },
    insert: (sql: string, ...values: Value[]): void => void statement(sql).run(...values),
    postings: (): Posting[] =>
      rows<Posting>(
        `SELECT p.entry_id AS entryId, e.reference, p.account, p.direction, CAST(p.amount_minor AS TEXT) AS amountMinor,
             p.currency FROM ledger_postings p JOIN ledger_entries e ON e.id = p.entry_id ORDER BY e.number, p.direction DESC`,
      ).map((row) => ({ ...row })),
    fulfilled,
    /** An order without a ledger entry, or an entry that does not balance: a half transaction. */
    broken: (): string[] =>
      rows<{ id: string }>(
        `SELECT payment_id AS id FROM orders WHERE payment_id NOT IN (SELECT payment_id FROM ledger_entries WHERE kind = 'deposit')
         UNION ALL SELECT entry_id FROM ledger_imbalance`,
      ).map(({ id }) => id),
    end: (): void => database.exec('ROLLBACK'),
  }
}

export type Database = ReturnType<typeof createDatabase>
