/**
 * What a payment object's statements do, on plain data: SQLite would take a sixth of all the time. A statement that is not
 * here is an error that says so, and a test runs whole worlds with both and compares every history.
 */
import type { Row, Value } from './object-database.ts'

interface Key {
  readonly key_hash: string
  readonly attempt: number
  readonly fingerprint: string
  readonly at_ms: number
}

interface Message {
  readonly id: number
  readonly kind: string
  readonly body: string
  readonly dedup_id: string
  readonly tries: number
  readonly next_at_ms: number
}

interface Line {
  readonly id: number
  readonly at_ms: number
  readonly event: string
  readonly detail: string
}

/** Never changed, only replaced: what was confirmed is what was before. */
export interface Tables {
  /** The schema is there. */
  readonly made: boolean
  readonly payment: { readonly version: number; readonly record: string } | null
  readonly keys: readonly Key[]
  readonly outbox: readonly Message[]
  readonly history: readonly Line[]
  readonly decisions: readonly { readonly attempt: number; readonly decision: string }[]
  readonly lastId: number
}

export const NO_TABLES: Tables = {
  made: false,
  payment: null,
  keys: [],
  outbox: [],
  history: [],
  decisions: [],
  lastId: 0,
}

type Read = (tables: Tables, values: readonly Value[]) => Row[]
type Write = (tables: Tables, values: readonly Value[]) => Tables

const rows = (list: readonly object[]): Row[] => list as Row[]

const READS: Readonly<Record<string, Read>> = {
  "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'history'": ({ made }) => (made ? [{ 1: 1 }] : []),
  "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'decisions'": ({ made }) => (made ? [{ 1: 1 }] : []),
  'SELECT attempt, decision FROM decisions ORDER BY attempt': ({ decisions }) =>
    rows(decisions.toSorted((a, b) => a.attempt - b.attempt)),
  'SELECT version, record FROM payment': ({ payment }) => (payment ? rows([payment]) : []),
  'SELECT record FROM payment': ({ payment }) => (payment ? rows([payment]) : []),
  'SELECT attempt, fingerprint FROM idempotency_keys WHERE key_hash = ?': ({ keys }, [hash]) =>
    rows(keys.filter((key) => key.key_hash === hash)),
  'SELECT key_hash, fingerprint FROM idempotency_keys': ({ keys }) => rows(keys),
  'SELECT max(at_ms) AS at_ms FROM idempotency_keys': ({ keys }) => [
    { at_ms: keys.length === 0 ? null : Math.max(...keys.map((each) => each.at_ms)) },
  ],
  'SELECT 1 FROM outbox WHERE kind = ?': ({ outbox }, [kind]) => rows(outbox.filter((each) => each.kind === kind)),
  'SELECT id, kind, body, dedup_id, tries FROM outbox WHERE next_at_ms <= ? ORDER BY id LIMIT 20': ({ outbox }, [at]) =>
    rows(outbox.filter((each) => each.next_at_ms <= Number(at)).slice(0, 20)),
  'SELECT min(next_at_ms) AS at_ms FROM outbox': ({ outbox }) => [
    { at_ms: outbox.length === 0 ? null : Math.min(...outbox.map((each) => each.next_at_ms)) },
  ],
  'SELECT count(*) AS n FROM history': ({ history }) => [{ n: history.length }],
  'SELECT at_ms, event, detail FROM history ORDER BY id': ({ history }) => rows(history),
}

const WRITES: Readonly<Record<string, Write>> = {
  'INSERT INTO payment (one, version, record) VALUES (1, ?, ?) ON CONFLICT (one) DO UPDATE SET version = excluded.version, record = excluded.record':
    (tables, [version, record]) => ({ ...tables, payment: { version: Number(version), record: String(record) } }),
  'DELETE FROM payment': (tables) => ({ ...tables, payment: null }),
  'INSERT INTO idempotency_keys (key_hash, attempt, fingerprint, at_ms) VALUES (?, ?, ?, ?)': (tables, values) => {
    const [hash, attempt, fingerprint, atMs] = values
    if (tables.keys.some(({ key_hash }) => key_hash === hash)) throw new Error('UNIQUE constraint failed: key_hash')
    const key = { key_hash: String(hash), attempt: Number(attempt), fingerprint: String(fingerprint) }
    return { ...tables, keys: [...tables.keys, { ...key, at_ms: Number(atMs) }] }
  },
  'UPDATE idempotency_keys SET fingerprint = ? WHERE key_hash = ?': (tables, [fingerprint, hash]) => ({
    ...tables,
    keys: tables.keys.map((key) => (key.key_hash === hash ? { ...key, fingerprint: String(fingerprint) } : key)),
  }),
  'UPDATE idempotency_keys SET attempt = ? WHERE attempt = ?': (tables, [to, from]) => ({
    ...tables,
    keys: tables.keys.map((key) => (key.attempt === from ? { ...key, attempt: Number(to) } : key)),
  }),
  'DELETE FROM idempotency_keys WHERE attempt = ?': (tables, [attempt]) => ({
    ...tables,
    keys: tables.keys.filter((key) => key.attempt !== attempt),
  }),
  'DELETE FROM idempotency_keys': (tables) => ({ ...tables, keys: [] }),
  'INSERT INTO outbox (kind, body, dedup_id, next_at_ms) VALUES (?, ?, ?, ?) ON CONFLICT (dedup_id) DO NOTHING': (
    tables,
    [kind, body, dedupId, atMs],
  ) => {
    if (tables.outbox.some(({ dedup_id }) => dedup_id === dedupId)) return tables
    const id = tables.lastId + 1
    const message = { id, kind: String(kind), body: String(body), dedup_id: String(dedupId), tries: 0 }
    return { ...tables, lastId: id, outbox: [...tables.outbox, { ...message, next_at_ms: Number(atMs) }] }
  },
  'DELETE FROM outbox WHERE id = ?': (tables, [id]) => ({
    ...tables,
    outbox: tables.outbox.filter((each) => each.id !== id),
  }),
  'DELETE FROM outbox WHERE kind = ?': (tables, [kind]) => ({
    ...tables,
    outbox: tables.outbox.filter((each) => each.kind !== kind),
  }),
  'DELETE FROM outbox': (tables) => ({ ...tables, outbox: [] }),
  'UPDATE outbox SET tries = tries + 1, next_at_ms = ? WHERE id = ?': (tables, [atMs, id]) => ({
    ...tables,
    outbox: tables.outbox.map((each) =>
      each.id === id ? { ...each, tries: each.tries + 1, next_at_ms: Number(atMs) } : each,
    ),
  }),
  'INSERT INTO history (at_ms, event, detail) VALUES (?, ?, ?)': (tables, [atMs, event, detail]) => {
    const id = tables.lastId + 1
    const line = { id, at_ms: Number(atMs), event: String(event), detail: String(detail) }
    return { ...tables, lastId: id, history: [...tables.history, line] }
  },
  'INSERT INTO decisions (attempt, decision) VALUES (?, ?)': (tables, [attempt, decision]) => ({
    ...tables,
    decisions: [...tables.decisions, { attempt: Number(attempt), decision: String(decision) }],
  }),
  'DELETE FROM decisions': (tables) => ({ ...tables, decisions: [] }),
  'DELETE FROM decisions WHERE attempt <= ?': (tables, [attempt]) => ({
    ...tables,
    decisions: tables.decisions.filter((each) => each.attempt > Number(attempt)),
  }),
  'DELETE FROM history': (tables) => ({ ...tables, history: [] }),
  'DELETE FROM history WHERE id <= (SELECT max(id) FROM history) - ?': (tables, [count]) => {
    const last = (tables.history.at(-1)?.id ?? 0) - Number(count)
    return { ...tables, history: tables.history.filter(({ id }) => id > last) }
  },
}

const isSchema = (query: string): boolean => query.trimStart().startsWith('CREATE TABLE IF NOT EXISTS payment')

/** The same object as `ObjectDatabase`, for the statements of `payment-store.ts` alone. */
export class ObjectTables {
  #tables = NO_TABLES
  #confirmed: Tables | null = null

  get unconfirmed(): boolean {
    return this.#confirmed !== null
  }

  exec(query: string, values: readonly Value[]): Row[] {
    const read = READS[query]
    if (read) return read(this.#tables, values)
    const write = WRITES[query]
    if (!write && !isSchema(query))
      throw new Error(`test/simulation/parts/object-tables.ts does not know this statement: ${query}`)
    this.#confirmed ??= this.#tables
    this.#tables = write ? write(this.#tables, values) : { ...this.#tables, made: true }
    return []
  }

  transactionSync<Result>(run: () => Result): Result {
    const [before, confirmed] = [this.#tables, this.#confirmed]
    try {
      return run()
    } catch (error) {
      this.#tables = before
      this.#confirmed = confirmed
      throw error
    }
  }

  confirm(): void {
    this.#confirmed = null
  }

  lose(): void {
    this.#tables = this.#confirmed ?? this.#tables
    this.#confirmed = null
  }
}
