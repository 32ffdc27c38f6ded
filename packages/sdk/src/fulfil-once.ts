import type { PaymentEventData, WebhookEvent } from './events.ts'
import type { Payment } from './shapes.ts'

/**
 * Where it is noted what was fulfilled. `once` notes `id` and runs `work` in one transaction: both happen or neither, and
 * of two at once for the same id the second waits for the first. Resolves with false, without running it, when `id` was
 * noted before; rejects with what `work` threw.
 */
export interface OnceStore {
  once(id: string, work: () => void | Promise<void>): Promise<boolean>
}

export type Fulfilment = 'fulfilled' | 'already_fulfilled' | 'not_paid'

/** What can say that money is here: an event, or the payment itself, for who polls. */
export type MaybePaid = WebhookEvent | Payment

const paidPayment = (news: MaybePaid): PaymentEventData | null => {
  if ('type' in news) return news.type === 'payment.succeeded' ? news.data : null
  return news.status === 'succeeded' ? news : null
}

/**
 * Runs `fn` once for each payment that is paid, whatever tells of it and how often: deliveries, repeated deliveries, a
 * second capture, a page that polls. What `fn` does in the store's own database happens exactly once; what it does
 * elsewhere (an e-mail, a parcel service) may happen again if the process dies in the middle, so give that a name of its
 * own, such as the payment's id. A throw of `fn` is passed on: answer 500, and the delivery comes again.
 */
export const fulfilOnce = async (
  store: OnceStore,
  news: MaybePaid,
  fn: (payment: PaymentEventData) => void | Promise<void>,
): Promise<Fulfilment> => {
  const payment = paidPayment(news)
  if (payment === null) return 'not_paid'
  return (await store.once(payment.id, () => fn(payment))) ? 'fulfilled' : 'already_fulfilled'
}

/** For tests: forgotten with the process. */
export const memoryOnceStore = (): OnceStore => {
  const noted = new Set<string>()
  let last: Promise<unknown> = Promise.resolve()
  const inTurn = async (id: string, work: () => void | Promise<void>): Promise<boolean> => {
    if (noted.has(id)) return false
    await work()
    noted.add(id)
    return true
  }
  return {
    once: (id, work) => {
      const turn = last.then(() => inTurn(id, work))
      last = turn.catch(() => {})
      return turn
    },
  }
}

/** The part of `DatabaseSync` (node:sqlite) and of better-sqlite3 that is used. */
interface SqliteDatabase {
  exec(sql: string): unknown
  prepare(sql: string): { run(...values: string[]): { readonly changes: number | bigint } }
}

const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'

/**
 * In the shop's own SQLite, so that the note and the order change together. One connection has one transaction: calls wait
 * for each other, and other processes are kept out by the database. While a `work` awaits something, whatever else writes on
 * this connection is in its transaction too: one that does not await is over before anything can.
 */
export const sqliteOnceStore = (database: SqliteDatabase): OnceStore => {
  database.exec('CREATE TABLE IF NOT EXISTS lango_fulfilled (payment_id TEXT PRIMARY KEY) STRICT')
  const note = database.prepare('INSERT INTO lango_fulfilled (payment_id) VALUES (?) ON CONFLICT DO NOTHING')
  const giveUp = (error: unknown): never => {
    try {
      database.exec('ROLLBACK')
    } catch {
      // SQLite has rolled back by itself (a full disk, say). What went wrong first is what the caller should hear of.
    }
    throw error
  }
  // A commit that fails, because another process reads just now, leaves the transaction open, and whatever is written next in it.
  const commit = (): true => {
    try {
      database.exec('COMMIT')
    } catch (error) {
      giveUp(error)
    }
    return true
  }
  const inTransaction = (id: string, work: () => void | Promise<void>): boolean | Promise<boolean> => {
    database.exec('BEGIN IMMEDIATE')
    let working: unknown
    let isNew: boolean
    try {
      isNew = Number(note.run(id).changes) > 0
      if (isNew) working = work()
    } catch (error) {
      return giveUp(error)
    }
    // Query builders answer with what can be awaited and is no Promise.
    return isThenable(working) ? Promise.resolve(working).then(commit, giveUp) : commit() && isNew
  }
  let last: Promise<unknown> = Promise.resolve()
  return {
    once: (id, work) => {
      const turn = last.then(() => inTransaction(id, work))
      last = turn.catch(() => {})
      return turn
    },
  }
}
