import { DatabaseSync, type StatementSync } from 'node:sqlite'

type Value = string | number | null

interface Prepared {
  readonly statement: StatementSync
  readonly reads: boolean
  /** The tables that it names. */
  readonly tables: readonly string[]
  /** What a query answered, by its values, until one of its tables is written to. */
  readonly known: Map<string, Record<string, unknown>[]>
}

const TABLES = /\b(?:FROM|INTO|UPDATE|JOIN)\s+(\w+)/gi
const SEVERAL = /;\s*\S/

/**
 * One object's SQLite, in memory: the real one, with the real statements. What was written since the last `confirm` is
 * lost by `lose`, as it is when a machine dies. A query that is asked again before anything was written to its tables gets
 * the same answer without asking SQLite: an object reads its row several times between two writes.
 */
export class ObjectDatabase {
  readonly #database = new DatabaseSync(':memory:')
  readonly #prepared = new Map<string, Prepared>()
  /** The queries whose answer is remembered, by table. */
  readonly #readers = new Map<string, Prepared[]>()
  #open = false

  /** Whether something was written that is not confirmed. */
  get unconfirmed(): boolean {
    return this.#open
  }

  exec(query: string, values: readonly Value[]): Record<string, unknown>[] {
    if (SEVERAL.test(query)) {
      this.#begin()
      this.#database.exec(query)
      this.#forgetAll()
      return []
    }
    const prepared = this.#prepare(query)
    if (!prepared.reads) {
      this.#begin()
      prepared.statement.run(...values)
      for (const table of prepared.tables) this.#forget(table)
      return []
    }
    const key = values.length === 0 ? '' : values.join('\n')
    const known = prepared.known.get(key)
    if (known) return known
    const rows = prepared.statement.all(...values) as Record<string, unknown>[]
    prepared.known.set(key, rows)
    return rows
  }

  transactionSync<Result>(run: () => Result): Result {
    this.#begin()
    this.#database.exec('SAVEPOINT inner_one')
    try {
      const result = run()
      this.#database.exec('RELEASE inner_one')
      return result
    } catch (error) {
      this.#database.exec('ROLLBACK TO inner_one; RELEASE inner_one')
      this.#forgetAll()
      throw error
    }
  }

  confirm(): void {
    if (!this.#open) return
    this.#open = false
    this.#run('COMMIT')
  }

  lose(): void {
    if (!this.#open) return
    this.#open = false
    this.#run('ROLLBACK')
    this.#forgetAll()
  }

  /** Empties it for another object. The tables stay: making them costs more than all that is done with them. */
  clear(): void {
    this.lose()
    const tables = this.#database
      .prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_stat%'")
      .all() as { name: string }[]
    for (const { name } of tables) this.#run(`DELETE FROM ${name}`)
    this.#forgetAll()
  }

  #begin(): void {
    if (this.#open) return
    this.#open = true
    this.#run('BEGIN')
  }

  #run(sql: string): void {
    this.#prepare(sql).statement.run()
  }

  #prepare(query: string): Prepared {
    let prepared = this.#prepared.get(query)
    if (!prepared) {
      const tables = [...query.matchAll(TABLES)].map((match) => match[1] as string)
      const reads = /^\s*select/i.test(query)
      prepared = { statement: this.#database.prepare(query), reads, tables, known: new Map() }
      this.#prepared.set(query, prepared)
      for (const table of reads ? tables : []) this.#readers.set(table, [...(this.#readers.get(table) ?? []), prepared])
    }
    return prepared
  }

  #forget(table: string): void {
    for (const { known } of this.#readers.get(table) ?? []) if (known.size > 0) known.clear()
  }

  #forgetAll(): void {
    for (const prepared of this.#prepared.values()) prepared.known.clear()
  }
}

const spare: ObjectDatabase[] = []

export const takeDatabase = (): ObjectDatabase => spare.pop() ?? new ObjectDatabase()

export const giveBack = (database: ObjectDatabase): void => {
  database.clear()
  spare.push(database)
}
