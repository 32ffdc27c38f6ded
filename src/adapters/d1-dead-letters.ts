import type { DeadLetter, DeadLetterQuery, NewDeadLetter } from '../contracts/dead-letters.ts'

export interface DeadLetters {
  /** Of these messages, those that are not kept yet, and those that are kept without their body. */
  lackingOf(messageIds: readonly string[]): Promise<ReadonlyMap<string, 'unknown' | 'without_body'>>
  /** Keeps each once, however often it is heard of. */
  keep(letters: readonly NewDeadLetter[], seenBy: DeadLetter['seenBy'], nowMs: number): Promise<void>
  /** Newest death first. */
  find(query: DeadLetterQuery): Promise<{ readonly letters: readonly DeadLetter[]; readonly more: boolean }>
  /** Counts one replay more before it is published: that number is never given again. Null: no such letter, or closed. */
  beginReplay(messageId: string): Promise<number | null>
  replayed(messageId: string, as: string, nowMs: number): Promise<void>
  /** Of the given ones those that were not closed yet. */
  close(messageIds: readonly string[], nowMs: number): Promise<readonly string[]>
  openSince(beforeMs: number): Promise<{ readonly count: number; readonly oldestMs: number | null }>
  /** Those that nothing is to be done about any more, oldest first, some of them. Returns how many there were. */
  forget(beforeMs: number): Promise<number>
}

const LIMIT_MAX = 100
/** More than the sweep copies in the same time. */
const FORGOTTEN_MAX = 2_000

interface Row {
  readonly message_id: string
  readonly dlq_id: string | null
  readonly kind: string
  readonly payment_id: string | null
  readonly body: string | null
  readonly response_status: number
  readonly died_at_ms: number
  readonly first_seen_at_ms: number
  readonly last_seen_at_ms: number
  readonly seen_by: DeadLetter['seenBy']
  readonly state: DeadLetter['state']
  readonly state_at_ms: number
  readonly replays: number
  readonly replayed_as: string | null
  readonly replay_of: string | null
}

const letterOf = (row: Row): DeadLetter => ({
  messageId: row.message_id,
  dlqId: row.dlq_id,
  kind: row.kind,
  paymentId: row.payment_id,
  body: row.body,
  responseStatus: row.response_status,
  diedAtMs: row.died_at_ms,
  firstSeenAtMs: row.first_seen_at_ms,
  lastSeenAtMs: row.last_seen_at_ms,
  seenBy: row.seen_by,
  state: row.state,
  stateAtMs: row.state_at_ms,
  replays: row.replays,
  replayedAs: row.replayed_as,
  replayOf: row.replay_of,
})

/** Lists go as one JSON value: D1 takes at most a hundred values. */
const ONE_OF = 'IN (SELECT value FROM json_each(?))'

const conditions = (query: DeadLetterQuery): { readonly where: string; readonly values: readonly unknown[] } => {
  const { messageIds, paymentId, kind, state, fromMs, toMs, after } = query
  const all: readonly (readonly [sql: string, ...values: unknown[]])[] = [
    ...(messageIds ? [[`message_id ${ONE_OF}`, JSON.stringify(messageIds)] as const] : []),
    ...(paymentId === undefined ? [] : [['payment_id = ?', paymentId] as const]),
    ...(kind === undefined ? [] : [['kind = ?', kind] as const]),
    ...(state === undefined ? [] : [['state = ?', state] as const]),
    ...(fromMs === undefined ? [] : [['died_at_ms >= ?', fromMs] as const]),
    ...(toMs === undefined ? [] : [['died_at_ms < ?', toMs] as const]),
    ...(after ? [['(died_at_ms, message_id) < (?, ?)', after.diedAtMs, after.messageId] as const] : []),
  ]
  return { where: all.map(([sql]) => sql).join(' AND ') || 'TRUE', values: all.flatMap(([, ...values]) => values) }
}

/** All of it throws when D1 does not answer, and may be called again. */
export const createD1DeadLetters = (database: D1Database): DeadLetters => ({
  async lackingOf(messageIds) {
    const { results } = await database
      .prepare(
        `SELECT value AS id, message_id FROM json_each(?) LEFT JOIN dead_letters ON message_id = value
         WHERE message_id IS NULL OR (body IS NULL AND state <> 'closed')`,
      )
      .bind(JSON.stringify(messageIds))
      .all<{ readonly id: string; readonly message_id: string | null }>()
    return new Map(results.map(({ id, message_id }) => [id, message_id === null ? 'unknown' : 'without_body']))
  },

  async keep(letters, seenBy, nowMs) {
    if (letters.length === 0) return
    const insert = database.prepare(
      `INSERT INTO dead_letters (message_id, dlq_id, kind, payment_id, body, response_status, died_at_ms,
         first_seen_at_ms, last_seen_at_ms, seen_by, state_at_ms, replay_of)
       VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8, ?9, ?8, (SELECT message_id FROM dead_letters WHERE replayed_as = ?1))
       ON CONFLICT (message_id) DO UPDATE SET last_seen_at_ms = excluded.last_seen_at_ms,
         dlq_id = coalesce(excluded.dlq_id, dlq_id), body = coalesce(body, excluded.body),
         payment_id = coalesce(payment_id, excluded.payment_id)`,
    )
    await database.batch(
      letters.map(({ messageId, dlqId, kind, paymentId, body, responseStatus, diedAtMs }) =>
        insert.bind(messageId, dlqId, kind, paymentId, body, responseStatus, diedAtMs, nowMs, seenBy),
      ),
    )
  },

  async find(query) {
    const { where, values } = conditions(query)
    const limit = Math.min(Math.max(1, query.limit), LIMIT_MAX)
    const { results } = await database
      .prepare(`SELECT * FROM dead_letters WHERE ${where} ORDER BY died_at_ms DESC, message_id DESC LIMIT ?`)
      .bind(...values, limit + 1)
      .all<Row>()
    return { letters: results.slice(0, limit).map(letterOf), more: results.length > limit }
  },

  async beginReplay(messageId) {
    const row = await database
      .prepare(
        `UPDATE dead_letters SET replays = replays + 1
         WHERE message_id = ? AND state <> 'closed' AND body IS NOT NULL RETURNING replays`,
      )
      .bind(messageId)
      .first<{ readonly replays: number }>()
    return row?.replays ?? null
  },

  async replayed(messageId, as, nowMs) {
    await database
      .prepare(`UPDATE dead_letters SET state = 'replayed', replayed_as = ?, state_at_ms = ? WHERE message_id = ?`)
      .bind(as, nowMs, messageId)
      .run()
  },

  async close(messageIds, nowMs) {
    const { results } = await database
      .prepare(
        `UPDATE dead_letters SET state = 'closed', state_at_ms = ?
         WHERE state <> 'closed' AND message_id ${ONE_OF} RETURNING message_id`,
      )
      .bind(nowMs, JSON.stringify(messageIds))
      .all<{ readonly message_id: string }>()
    return results.map(({ message_id }) => message_id)
  },

  async openSince(beforeMs) {
    const row = await database
      .prepare(
        `SELECT count(*) AS count, min(died_at_ms) AS oldest FROM dead_letters INDEXED BY dead_letters_open
         WHERE state = 'open' AND died_at_ms < ?`,
      )
      .bind(beforeMs)
      .first<{ readonly count: number; readonly oldest: number | null }>()
    return { count: row?.count ?? 0, oldestMs: row?.oldest ?? null }
  },

  async forget(beforeMs) {
    const { results } = await database
      .prepare(
        `DELETE FROM dead_letters WHERE message_id IN (
           SELECT message_id FROM dead_letters INDEXED BY dead_letters_done
           WHERE state <> 'open' AND state_at_ms < ? ORDER BY state_at_ms LIMIT ?)
         RETURNING message_id`,
      )
      .bind(beforeMs, FORGOTTEN_MAX)
      .all()
    return results.length
  },
})
