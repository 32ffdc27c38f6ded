import { DatabaseSync, type StatementSync } from 'node:sqlite'

type Value = string | number | null

interface Prepared {
  readonly statement: StatementSync
  readonly reads: boolean
}

const SEVERAL = /;\s*\S/

/**
 * One object's SQLite, in memory: the real one, with the real statements. What was written since the last `confirm` is
 * lost by `lose`, as it is when a machine dies.
 */
export class ObjectDatabase {
  readonly #database = new DatabaseSync(':memory:')
  readonly #prepared = new Map<string, Prepared>()
  #open = false

  /** Whether something was written that is not confirmed. */
  get unconfirmed(): boolean {
    return this.#open
  }

  exec(query: string, values: readonly Value[]): Record<string, unknown>[] {
    if (SEVERAL.test(query)) {
      this.#begin()
      this.#database.exec(query)
      return []
    }
    let prepared = this.#prepared.get(query)
    if (!prepared) {
      prepared = { statement: this.#database.prepare(query), reads: /^\s*select/i.test(query) }
      this.#prepared.set(query, prepared)
    }
    if (prepared.reads) return prepared.statement.all(...values) as Record<string, unknown>[]
    this.#begin()
    prepared.statement.run(...values)
    return []
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
  }

  /** Empties it for another object. The tables stay: making them costs more than all that is done with them. */
  clear(): void {
    this.lose()
    const tables = this.#database
      .prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_stat%'")
      .all() as { name: string }[]
    for (const { name } of tables) this.#run(`DELETE FROM ${name}`)
  }

  #begin(): void {
    if (this.#open) return
    this.#open = true
    this.#run('BEGIN')
  }

  #run(sql: string): void {
    let prepared = this.#prepared.get(sql)
    if (!prepared) {
      prepared = { statement: this.#database.prepare(sql), reads: false }
      this.#prepared.set(sql, prepared)
    }
    prepared.statement.run()
  }
}

const spare: ObjectDatabase[] = []

export const takeDatabase = (): ObjectDatabase => spare.pop() ?? new ObjectDatabase()

export const giveBack = (database: ObjectDatabase): void => {
  database.clear()
  spare.push(database)
}
