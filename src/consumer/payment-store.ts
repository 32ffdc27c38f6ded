import type { Fingerprint, HistoryEntry, KeptMessage } from '../contracts/payment-object.ts'
import type { RouteDecision } from '../contracts/route.ts'
import { withoutPersonal } from '../flows/fingerprint.ts'
import { withIndexDebt } from './payment-index.ts'
import type { KeyRow, OutboxRow, PaymentRecord } from './payment-record.ts'
import { RECORD_VERSION, readRecord } from './stored-record.ts'

type SqlValue = string | number | null

/** What is used of a Durable Object's SQLite. */
interface Sql {
  exec<Row extends Record<string, SqlValue>>(query: string, ...values: SqlValue[]): { toArray(): Row[] }
}

const SCHEMA = `
CREATE TABLE IF NOT EXISTS payment (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  version INTEGER NOT NULL,
  record TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS idempotency_keys (
  key_hash TEXT PRIMARY KEY,
  attempt INTEGER NOT NULL,
  fingerprint TEXT NOT NULL,
  at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS outbox (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL,
  body TEXT NOT NULL,
  dedup_id TEXT NOT NULL UNIQUE,
  tries INTEGER NOT NULL DEFAULT 0,
  next_at_ms INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS history (
  id INTEGER PRIMARY KEY,
  at_ms INTEGER NOT NULL,
  event TEXT NOT NULL,
  detail TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS decisions (
  attempt INTEGER PRIMARY KEY,
  decision TEXT NOT NULL
) STRICT;
`

interface Turn {
  record: PaymentRecord | null
  /** The record's text as it was read, if it was. */
  before: string | undefined
  readonly notes: HistoryEntry[]
}

const HISTORY_MAX = 500
/** Of the router, each at most 16 KB: 32 gateways and what was held against them. */
const DECISIONS_MAX = 10
/** A line of history that holds several, as JSON in its detail: what one turn noted is one row. */
const SEVERAL = '+'

/**
 * The object's SQLite. Every call is synchronous: between a decision and its write nothing else can happen. Nothing is
 * created by asking, so that a guessed payment id leaves no object behind.
 */
export const openPaymentStore = (sql: Sql) => {
  let ready = sql.exec("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'history'").toArray().length > 0
  const rows = <Row extends Record<string, SqlValue>>(query: string, ...values: SqlValue[]): Row[] =>
    ready ? sql.exec<Row>(query, ...values).toArray() : []
  const write = (query: string, ...values: SqlValue[]): void => {
    if (!ready) {
      sql.exec(SCHEMA)
      ready = true
    }
    sql.exec(query, ...values)
  }

  /** Nobody else writes here: what was empty stays so until `keep`. Nearly every payment's outbox is, all its life. */
  let outboxEmpty = !ready
  /** Objects from before there were decisions have no table for them, until the first. */
  let decisionsReady = false
  /** Of the history; undefined: not counted yet. */
  let lines = ready ? undefined : 0
  /** What the turn that is under way has changed so far. Never outlives it: nothing is held while something is awaited. */
  let turn: Turn | undefined

  /** What the text last read or written stands for. A record is never changed, so whoever reads the same text may have it. */
  let known: { readonly text: string; readonly record: PaymentRecord } | undefined

  const read = (): PaymentRecord | null => {
    const [row] = rows<{ version: number; record: string }>('SELECT version, record FROM payment')
    if (row && (row.version !== RECORD_VERSION || row.record !== known?.text))
      known = { text: row.record, record: withIndexDebt(readRecord(row.version, row.record)) }
    const record = row && known ? known.record : null
    if (turn) {
      turn.record = record
      turn.before = row?.record
    }
    return record
  }
  const writeRecord = (record: PaymentRecord, before?: string): void => {
    const text = JSON.stringify(record)
    if (text === before) return
    write(
      'INSERT INTO payment (one, version, record) VALUES (1, ?, ?) ON CONFLICT (one) DO UPDATE SET version = excluded.version, record = excluded.record',
      RECORD_VERSION,
      text,
    )
    known = { text, record }
  }
  const writeNotes = (notes: readonly HistoryEntry[]): void => {
    const [first, ...more] = notes
    if (!first) return
    const line = more.length === 0 ? first : { atMs: first.atMs, event: SEVERAL, detail: JSON.stringify(notes) }
    write('INSERT INTO history (at_ms, event, detail) VALUES (?, ?, ?)', line.atMs, line.event, line.detail)
    lines = lines === undefined ? (rows<{ n: number }>('SELECT count(*) AS n FROM history')[0]?.n ?? 0) : lines + 1
    if (lines <= HISTORY_MAX) return
    write('DELETE FROM history WHERE id <= (SELECT max(id) FROM history) - ?', HISTORY_MAX)
    lines = HISTORY_MAX
  }

  const decisions = (): { attempt: number; decision: RouteDecision }[] => {
    decisionsReady ||= rows("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'decisions'").length > 0
    if (!decisionsReady) return []
    return rows<{ attempt: number; decision: string }>('SELECT attempt, decision FROM decisions ORDER BY attempt').map(
      ({ attempt, decision }) => ({ attempt, decision: JSON.parse(decision) as RouteDecision }),
    )
  }

  const history = (): HistoryEntry[] =>
    rows<{ at_ms: number; event: string; detail: string }>(
      'SELECT at_ms, event, detail FROM history ORDER BY id',
    ).flatMap(({ at_ms, event, detail }): HistoryEntry[] =>
      event === SEVERAL ? JSON.parse(detail) : [{ atMs: at_ms, event, detail }],
    )

  return {
    /**
     * Runs `work`, in which nothing is awaited, and then writes what it saved and noted: the record once, and not at all when
     * it is as it was; the notes as one row. When `work` throws, nothing of that is written.
     */
    turn<Value>(work: () => Value): Value {
      if (turn) return work()
      const mine: Turn = { record: null, before: undefined, notes: [] }
      turn = mine
      let value: Value
      try {
        value = work()
      } finally {
        turn = undefined
      }
      const { record, before, notes } = mine
      if (record) writeRecord(record, before)
      writeNotes(notes)
      return value
    },
    /** Throws `UnreadableRecord` when another version of the code wrote it. */
    load(): PaymentRecord | null {
      return turn?.record ?? read()
    },
    /** Returns what `load` would: reading it back costs as much as writing it. */
    save(given: PaymentRecord): PaymentRecord {
      const record = withIndexDebt(given)
      if (turn) turn.record = record
      else writeRecord(record)
      return record
    },
    /** Back to before the first attempt; the history stays. */
    forget(): void {
      if (turn) turn.record = null
      write('DELETE FROM payment')
      write('DELETE FROM idempotency_keys')
      write('DELETE FROM outbox')
      if (decisions().length > 0) write('DELETE FROM decisions')
    },

    key(keyHash: string): KeyRow | null {
      const [row] = rows<{ attempt: number; fingerprint: string }>(
        'SELECT attempt, fingerprint FROM idempotency_keys WHERE key_hash = ?',
        keyHash,
      )
      return row ? { attempt: row.attempt, fingerprint: JSON.parse(row.fingerprint) as Fingerprint } : null
    },
    /** When the latest key came. */
    lastKeyAtMs(): number | null {
      return rows<{ at_ms: number | null }>('SELECT max(at_ms) AS at_ms FROM idempotency_keys')[0]?.at_ms ?? null
    },
    putKey(keyHash: string, key: KeyRow, atMs: number): void {
      write(
        'INSERT INTO idempotency_keys (key_hash, attempt, fingerprint, at_ms) VALUES (?, ?, ?, ?)',
        keyHash,
        key.attempt,
        JSON.stringify(key.fingerprint),
        atMs,
      )
    },
    /** What repeated requests are still compared by is what is not a customer's: see `withoutPersonal`. */
    eraseKeys(): void {
      for (const { key_hash, fingerprint } of rows<{ key_hash: string; fingerprint: string }>(
        'SELECT key_hash, fingerprint FROM idempotency_keys',
      ))
        write(
          'UPDATE idempotency_keys SET fingerprint = ? WHERE key_hash = ?',
          JSON.stringify(withoutPersonal(JSON.parse(fingerprint) as Fingerprint)),
          key_hash,
        )
    },
    /** What they asked for goes on as another attempt. */
    moveKeys(from: number, to: number): void {
      write('UPDATE idempotency_keys SET attempt = ? WHERE attempt = ?', to, from)
    },
    dropKeysOf(attempt: number): void {
      write('DELETE FROM idempotency_keys WHERE attempt = ?', attempt)
    },

    /** Keeping a message twice keeps it once. */
    keep(message: KeptMessage, nextAtMs: number): void {
      outboxEmpty = false
      write(
        'INSERT INTO outbox (kind, body, dedup_id, next_at_ms) VALUES (?, ?, ?, ?) ON CONFLICT (dedup_id) DO NOTHING',
        message.kind,
        message.body,
        message.dedupId,
        nextAtMs,
      )
    },
    holds(kind: KeptMessage['kind']): boolean {
      return !outboxEmpty && rows('SELECT 1 FROM outbox WHERE kind = ?', kind).length > 0
    },
    /** Oldest first. */
    outboxDue(nowMs: number): OutboxRow[] {
      if (outboxEmpty) return []
      return rows<{ id: number; kind: KeptMessage['kind']; body: string; dedup_id: string; tries: number }>(
        'SELECT id, kind, body, dedup_id, tries FROM outbox WHERE next_at_ms <= ? ORDER BY id LIMIT 20',
        nowMs,
      ).map((row) => ({
        id: row.id,
        message: { v: 1, kind: row.kind, body: row.body, dedupId: row.dedup_id },
        tries: row.tries,
      }))
    },
    nextOutboxAtMs(): number | null {
      if (outboxEmpty) return null
      const atMs = rows<{ at_ms: number | null }>('SELECT min(next_at_ms) AS at_ms FROM outbox')[0]?.at_ms ?? null
      outboxEmpty = atMs === null
      return atMs
    },
    published(id: number): void {
      write('DELETE FROM outbox WHERE id = ?', id)
    },
    postpone(id: number, nextAtMs: number): void {
      write('UPDATE outbox SET tries = tries + 1, next_at_ms = ? WHERE id = ?', nextAtMs, id)
    },
    dropKept(kind: KeptMessage['kind']): void {
      if (!outboxEmpty) write('DELETE FROM outbox WHERE kind = ?', kind)
    },

    /** Of the latest attempts that a policy decided, oldest first. */
    decisions,
    /** Why this attempt goes where it goes: the record of a `Routed`. */
    putDecision(attempt: number, record: string): void {
      if (!decisionsReady) {
        sql.exec(SCHEMA)
        ready = true
        decisionsReady = true
      }
      write('INSERT INTO decisions (attempt, decision) VALUES (?, ?)', attempt, record)
      if (attempt > DECISIONS_MAX) write('DELETE FROM decisions WHERE attempt <= ?', attempt - DECISIONS_MAX)
    },

    note(entry: HistoryEntry): void {
      if (turn) turn.notes.push(entry)
      else writeNotes([entry])
    },
    history,
    /** Deletes the keys, the decisions, and of the history all but what was begun and what people were told: see `retention.ts`. */
    compact(): void {
      const kept = history().filter(({ event }) => event === 'begin' || event === 'alert')
      write('DELETE FROM history')
      write('DELETE FROM idempotency_keys')
      if (decisions().length > 0) write('DELETE FROM decisions')
      lines = 0
      writeNotes(kept)
    },
  }
}

export type PaymentStore = ReturnType<typeof openPaymentStore>
