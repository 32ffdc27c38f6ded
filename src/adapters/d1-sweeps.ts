/** Where a sweep that cannot do everything at once goes on. */
export interface Sweep {
  /** Null: from the beginning. */
  readonly cursor: string | null
  /** When it last came to its end; null: never yet. */
  readonly completedAtMs: number | null
}

export interface Sweeps {
  load(name: string): Promise<Sweep>
  save(name: string, sweep: Sweep): Promise<void>
}

/** Both throw when D1 does not answer. */
export const createD1Sweeps = (database: D1Database): Sweeps => ({
  async load(name) {
    const row = await database
      .prepare('SELECT cursor, completed_at_ms FROM sweep_cursors WHERE name = ?')
      .bind(name)
      .first<{ readonly cursor: string | null; readonly completed_at_ms: number | null }>()
    return { cursor: row?.cursor ?? null, completedAtMs: row?.completed_at_ms ?? null }
  },
  async save(name, { cursor, completedAtMs }) {
    await database
      .prepare(
        `INSERT INTO sweep_cursors (name, cursor, completed_at_ms) VALUES (?, ?, ?)
         ON CONFLICT (name) DO UPDATE SET cursor = excluded.cursor, completed_at_ms = excluded.completed_at_ms`,
      )
      .bind(name, cursor, completedAtMs)
      .run()
  },
})
