import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import type { Answered, Envelope, State, Stored } from './message.ts'

const SCHEMA = `
CREATE TABLE IF NOT EXISTS messages (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, state TEXT NOT NULL, retried INTEGER NOT NULL DEFAULT 0,
  due_at_ms INTEGER NOT NULL, finished_at_ms INTEGER, cancel_requested INTEGER NOT NULL DEFAULT 0,
  queue TEXT, blocks_queue TEXT, flow TEXT, envelope TEXT NOT NULL, body BLOB NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS deduplication (id TEXT PRIMARY KEY, message_id TEXT NOT NULL, at_ms INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS events (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, at_ms INTEGER NOT NULL, message_id TEXT NOT NULL, entry TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS dlq (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, at_ms INTEGER NOT NULL,
  envelope TEXT NOT NULL, body BLOB NOT NULL, answer TEXT NOT NULL, answer_body BLOB NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;`

const IS_WAITING = `finished_at_ms IS NULL AND state <> 'ACTIVE'`

/** What is asked of thousands of messages each time that one of them has come or ended, and what the sweep asks each second. */
const INDEXES = `
CREATE INDEX IF NOT EXISTS messages_next ON messages (due_at_ms) WHERE ${IS_WAITING};
CREATE INDEX IF NOT EXISTS messages_of_flow ON messages (flow, seq) WHERE ${IS_WAITING};
CREATE INDEX IF NOT EXISTS messages_finished ON messages (finished_at_ms) WHERE finished_at_ms IS NOT NULL;
DROP INDEX IF EXISTS messages_due;
DROP INDEX IF EXISTS messages_waiting;`

const EVENTS_KEPT = 10_000

export interface Dead {
  readonly seq: number
  readonly id: string
  readonly atMs: number
  readonly envelope: Envelope
  readonly body: Buffer
  readonly answer: Answered
}

export interface LogEntry {
  readonly seq: number
  readonly entry: Record<string, unknown>
}

type Row = Record<string, SQLInputValue>

const stored = (row: Row): Stored => ({
  seq: Number(row['seq']),
  state: row['state'] as State,
  retried: Number(row['retried']),
  cancelRequested: row['cancel_requested'] === 1,
  finishedAtMs: row['finished_at_ms'] === null ? null : Number(row['finished_at_ms']),
  envelope: JSON.parse(String(row['envelope'])) as Envelope,
})

const bytes = (value: SQLInputValue | undefined): Buffer => Buffer.from(value as Uint8Array)

/** What outlives the process. Everything is synchronous, so one call is one step between two events. */
export class Store {
  readonly #db: DatabaseSync
  readonly #statements = new Map<string, StatementSync>()

  constructor(file: string) {
    this.#db = new DatabaseSync(file)
    this.#db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = 2000; ${SCHEMA}`)
    // A file from before messages had this column.
    const columns = this.#all('PRAGMA table_info(messages)').map(({ name }) => name)
    if (!columns.includes('flow')) this.#db.exec('ALTER TABLE messages ADD COLUMN flow TEXT')
    this.#db.exec(INDEXES)
    // A try that was under way when the process ended has no recorded 2xx: it is due again.
    this.#db.exec(`UPDATE messages SET state = 'RETRY', due_at_ms = 0 WHERE state = 'ACTIVE'`)
  }

  /** All or nothing, also when the process dies inside. A step inside a step belongs to the outer one. */
  atomically<T>(step: () => T): T {
    if (this.#db.isTransaction) return step()
    this.#db.exec('BEGIN IMMEDIATE')
    try {
      const value = step()
      this.#db.exec('COMMIT')
      return value
    } catch (error) {
      this.#db.exec('ROLLBACK')
      throw error
    }
  }

  insert(envelope: Envelope, body: Buffer, dueAtMs: number): void {
    this.#run(
      `INSERT INTO messages (id, state, due_at_ms, queue, blocks_queue, flow, envelope, body)
       VALUES (?, 'CREATED', ?, ?, ?, ?, ?, ?)`,
      ...[envelope.id, dueAtMs, envelope.queue, envelope.blocksQueue, envelope.flowControl?.key ?? null],
      ...[JSON.stringify(envelope), body],
    )
  }

  find(id: string): Stored | null {
    const row = this.#all('SELECT * FROM messages WHERE id = ?', id)[0]
    return row ? stored(row) : null
  }

  unfinished(): Stored[] {
    return this.#all('SELECT * FROM messages WHERE finished_at_ms IS NULL ORDER BY seq').map(stored)
  }

  /** In order; none whose flow is among the `held`, which all wait for the same thing and may be thousands. */
  due(nowMs: number, afterSeq: number, held: ReadonlySet<string>, limit: number): Stored[] {
    const sql = `SELECT seq, id, state, retried, cancel_requested, finished_at_ms, envelope
      FROM messages INDEXED BY messages_of_flow
      WHERE ${IS_WAITING} AND flow IS ? AND seq > ? AND due_at_ms <= ? ORDER BY seq LIMIT ?`
    return [null, ...this.#waitingFlows()]
      .filter((flow) => flow === null || !held.has(flow))
      .flatMap((flow) => this.#all(sql, flow, afterSeq, nowMs, limit).map(stored))
      .toSorted((a, b) => a.seq - b.seq)
      .slice(0, limit)
  }

  /** One step of the index for each flow, not one for each message. */
  #waitingFlows(): string[] {
    const sql = `WITH RECURSIVE flows (flow) AS (
        SELECT min(flow) FROM messages INDEXED BY messages_of_flow WHERE ${IS_WAITING}
        UNION ALL
        SELECT (SELECT min(flow) FROM messages INDEXED BY messages_of_flow WHERE ${IS_WAITING} AND flow > flows.flow)
        FROM flows WHERE flow IS NOT NULL)
      SELECT flow FROM flows WHERE flow IS NOT NULL`
    return this.#all(sql).map(({ flow }) => String(flow))
  }

  nextDueAfter(nowMs: number): number | null {
    const sql = `SELECT MIN(due_at_ms) AS due FROM messages WHERE ${IS_WAITING} AND due_at_ms > ?`
    const due = this.#all(sql, nowMs)[0]?.['due'] ?? null
    return due === null ? null : Number(due)
  }

  /** First in, first out: nobody older in the queue, and for a new head no callback of the one before. */
  mayLeaveQueue(message: Stored): boolean {
    const { queue } = message.envelope
    if (queue === null) return true
    const ahead = 'SELECT 1 FROM messages WHERE finished_at_ms IS NULL AND queue = ? AND seq < ? LIMIT 1'
    const callbacks = 'SELECT 1 FROM messages WHERE finished_at_ms IS NULL AND blocks_queue = ? LIMIT 1'
    if (this.#all(ahead, queue, message.seq).length > 0) return false
    return message.retried > 0 || this.#all(callbacks, queue).length === 0
  }

  body(id: string): Buffer {
    return bytes(this.#all('SELECT body FROM messages WHERE id = ?', id)[0]?.['body'])
  }

  activate(id: string): void {
    this.#run(`UPDATE messages SET state = 'ACTIVE' WHERE id = ?`, id)
  }

  retryAt(id: string, dueAtMs: number): void {
    this.#run(`UPDATE messages SET state = 'RETRY', retried = retried + 1, due_at_ms = ? WHERE id = ?`, dueAtMs, id)
  }

  finish(id: string, state: 'DELIVERED' | 'FAILED' | 'CANCELLED', nowMs: number): void {
    this.#run('UPDATE messages SET state = ?, finished_at_ms = ? WHERE id = ?', state, nowMs, id)
  }

  requestCancel(id: string): void {
    this.#run('UPDATE messages SET cancel_requested = 1 WHERE id = ?', id)
  }

  sweep(finishedBeforeMs: number, deadBeforeMs: number): void {
    this.#run('DELETE FROM messages WHERE finished_at_ms < ?', finishedBeforeMs)
    this.#run('DELETE FROM dlq WHERE at_ms < ?', deadBeforeMs)
    this.#run('DELETE FROM events WHERE seq <= (SELECT MAX(seq) FROM events) - ?', EVENTS_KEPT)
  }

  /** The message that holds this id, or null when it is free since `sinceMs`. */
  deduplicated(id: string, sinceMs: number): string | null {
    const row = this.#all('SELECT message_id FROM deduplication WHERE id = ? AND at_ms > ?', id, sinceMs)[0]
    return row ? String(row['message_id']) : null
  }

  remember(id: string, messageId: string, nowMs: number): void {
    this.#run('INSERT OR REPLACE INTO deduplication (id, message_id, at_ms) VALUES (?, ?, ?)', id, messageId, nowMs)
  }

  log(atMs: number, messageId: string, entry: Record<string, unknown>): void {
    this.#run('INSERT INTO events (at_ms, message_id, entry) VALUES (?, ?, ?)', atMs, messageId, JSON.stringify(entry))
  }

  /** Newest first. */
  logs(): LogEntry[] {
    return this.#all('SELECT seq, entry FROM events ORDER BY seq DESC').map((row) => ({
      seq: Number(row['seq']),
      entry: JSON.parse(String(row['entry'])) as Record<string, unknown>,
    }))
  }

  bury(id: string, atMs: number, envelope: Envelope, body: Buffer, answer: Answered): void {
    const { body: answerBody, ...rest } = answer
    this.#run(
      'INSERT INTO dlq (id, at_ms, envelope, body, answer, answer_body) VALUES (?, ?, ?, ?, ?, ?)',
      ...[id, atMs, JSON.stringify(envelope), body, JSON.stringify(rest), answerBody],
    )
  }

  /** Newest first. */
  dead(): Dead[] {
    return this.#all('SELECT * FROM dlq ORDER BY seq DESC').map((row) => ({
      seq: Number(row['seq']),
      id: String(row['id']),
      atMs: Number(row['at_ms']),
      envelope: JSON.parse(String(row['envelope'])) as Envelope,
      body: bytes(row['body']),
      answer: { ...(JSON.parse(String(row['answer'])) as Answered), body: bytes(row['answer_body']) },
    }))
  }

  exhume(id: string): void {
    this.#run('DELETE FROM dlq WHERE id = ?', id)
  }

  setting(name: string): string | null {
    const row = this.#all('SELECT value FROM settings WHERE name = ?', name)[0]
    return row ? String(row['value']) : null
  }

  set(name: string, value: string): void {
    this.#run('INSERT OR REPLACE INTO settings (name, value) VALUES (?, ?)', name, value)
  }

  clear(): void {
    this.#db.exec(
      'DELETE FROM messages; DELETE FROM deduplication; DELETE FROM events; DELETE FROM dlq; DELETE FROM settings',
    )
  }

  close(): void {
    this.#db.close()
  }

  #run(sql: string, ...values: SQLInputValue[]): void {
    this.#prepared(sql).run(...values)
  }

  #all(sql: string, ...values: SQLInputValue[]): Row[] {
    return this.#prepared(sql).all(...values) as Row[]
  }

  #prepared(sql: string): StatementSync {
    const statement = this.#statements.get(sql) ?? this.#db.prepare(sql)
    this.#statements.set(sql, statement)
    return statement
  }
}
