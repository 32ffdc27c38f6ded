import { DatabaseSync, type StatementSync } from 'node:sqlite'

export type Value = string | number | null
export type Row = Record<string, unknown>

const SEVERAL = /;\s*\S/

/** What an object's storage is built on: see `ObjectDatabase`, and `ObjectTables`, which is faster and knows less. */
export interface ObjectStorage {
  /** Whether something was written that is not confirmed. */
  readonly unconfirmed: boolean
  exec(query: string, values: readonly Value[]): Row[]
  transactionSync<Result>(run: () => Result): Result
  confirm(): void
  lose(): void
}

/**
 * One object's SQLite, in memory: the real one, with the real statements. What was written since the last `confirm` is
 * lost by `lose`, as it is when a machine dies.
 */
export class ObjectDatabase implements ObjectStorage {
  readonly #database = new DatabaseSync(':memory:')
  readonly #prepared = new Map<string, StatementSync>()
  #open = false

  get unconfirmed(): boolean {
    return this.#open
  }

  exec(query: string, values: readonly Value[]): Row[] {
    if (SEVERAL.test(query)) {
      this.#begin()
      this.#database.exec(query)
      return []
    }
    let statement = this.#prepared.get(query)
    if (!statement) {
      statement = this.#database.prepare(query)
      this.#prepared.set(query, statement)
    }
    if (/^\s*select/i.test(query)) return statement.all(...values) as Row[]
    this.#begin()
    statement.run(...values)
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
    if (this.#open) this.#database.exec('COMMIT')
    this.#open = false
  }

  lose(): void {
    if (this.#open) this.#database.exec('ROLLBACK')
    this.#open = false
  }

  #begin(): void {
    if (!this.#open) this.#database.exec('BEGIN')
    this.#open = true
  }
}
