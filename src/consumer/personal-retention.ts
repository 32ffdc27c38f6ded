import { createD1PhoneRegister } from '../adapters/d1-phone-register.ts'
import { createD1Sweeps } from '../adapters/d1-sweeps.ts'
import type { RegisteredPayment } from '../contracts/erasure.ts'
import { erasePayment } from '../flows/erase-customer.ts'
import type { CronTask } from './cron.ts'
import type { ConsumerSettings } from './env.ts'
import { createEraser, erasePortsOf } from './erase.ts'
import { describeError, log } from './log.ts'

const SWEEP = 'personal_data'
/** Read in one run: a million payments are gone round in a day. */
const ROWS_MAX = 1_000
/** Erased in one run, with about five calls each. In a month that is four million payments. */
const PAYMENTS_MAX = 100
/** Deleted from each table at a time, and how often in one run: more than arrive between two, at 30 a second. */
const PURGED_MAX = 500
const PURGED_TIMES_MAX = 40

/** Rows that nobody asks for any more, of each table at most so many. None is found by reading those that stay. */
const PURGES: Readonly<Record<string, string>> = {
  checkouts: `DELETE FROM checkouts WHERE rowid IN (
    SELECT rowid FROM checkouts INDEXED BY checkouts_by_expiry WHERE expires_at_ms < ?1
    ORDER BY expires_at_ms LIMIT ${PURGED_MAX})`,
  // These grow old in the order in which they came: the lowest rowids, without an index.
  unmatched_callbacks: `DELETE FROM unmatched_callbacks WHERE created_at_ms < ?1 AND rowid IN (
    SELECT rowid FROM unmatched_callbacks ORDER BY rowid LIMIT ${PURGED_MAX})`,
  erasures: `DELETE FROM erasures WHERE rowid IN (
    SELECT rowid FROM erasures INDEXED BY erasures_by_finish WHERE finished_at_ms < ?1
    ORDER BY finished_at_ms LIMIT ${PURGED_MAX})`,
}

type Settings = Pick<ConsumerSettings, 'database' | 'payment' | 'vault' | 'retentionMs'>

const purgeAll = async (database: D1Database, statement: string, beforeMs: number): Promise<number> => {
  let gone = 0
  for (let i = 0; i < PURGED_TIMES_MAX; i++) {
    const { meta } = await database.prepare(statement).bind(beforeMs).run()
    gone += meta.changes
    // Fewer than asked for is not the end: of callbacks one that is not old yet may stand before others that are.
    if (meta.changes === 0) break
  }
  return gone
}

/** Goes round the register, a stretch in each run, and erases the payments that have been at rest for long enough. */
const sweep = async ({ database, payment, retentionMs }: Settings, nowMs: number) => {
  const ports = erasePortsOf({ database, payment })
  const sweeps = createD1Sweeps(database)
  const { cursor, completedAtMs } = await sweeps.load(SWEEP)
  const after = cursor === null ? null : (JSON.parse(cursor) as RegisteredPayment)
  const rows = await createD1PhoneRegister(database).stretch(after, ROWS_MAX)
  const restingSinceMs = nowMs - retentionMs
  const old = rows.filter(({ createdAtMs }) => createdAtMs <= restingSinceMs)
  const now = old.slice(0, PAYMENTS_MAX)
  let erased = 0
  let failed = 0
  for (const registered of now) {
    try {
      const done = await erasePayment(ports, registered, { dryRun: false, restingSinceMs }, {})
      if (done?.outcome === 'erased' || done?.outcome === 'gone') erased += 1
    } catch (error) {
      // One that cannot be had now must not keep the others from their turn; it comes again in the next round.
      failed += 1
      log({ event: 'retention_failed', payment: registered.paymentId, error: describeError(error) })
    }
  }
  // On with what comes next; at the end of the register from its beginning.
  const next = old.length > now.length ? now.at(-1) : rows.length < ROWS_MAX ? undefined : rows.at(-1)
  await sweeps.save(
    SWEEP,
    next ? { cursor: JSON.stringify(next), completedAtMs } : { cursor: null, completedAtMs: nowMs },
  )
  return { looked: rows.length, old: now.length, erased, failed }
}

/** No store keeps anything of a customer for ever: docs/data.md says how long. */
export const personalDataTasks = (settings: Settings): readonly CronTask[] => [
  {
    name: 'personal_data',
    everyMinutes: 1,
    run: (nowMs) => sweep(settings, nowMs),
  },
  {
    name: 'old_rows',
    everyMinutes: 10,
    run: async (nowMs) => {
      const gone: Record<string, number> = {}
      for (const [table, statement] of Object.entries(PURGES))
        gone[table] = await purgeAll(settings.database, statement, nowMs - settings.retentionMs)
      return gone
    },
  },
  {
    name: 'erasures',
    everyMinutes: 10,
    run: async (nowMs) => createEraser(settings, () => nowMs).sweep(),
  },
]
