/**
 * How much one merchant has asked for on one day: the count that no isolate can keep by itself. One object per merchant,
 * bound to the vault alone. The cap comes with each question, out of the sealed policy; the object believes the vault.
 */
import { DurableObject } from 'cloudflare:workers'
import type { DayCounterRpc, Reservation } from './reservation.ts'

/** Minor units need more digits than a SQLite integer in JavaScript has, so they are texts. */
const SCHEMA = `
CREATE TABLE IF NOT EXISTS reservations (
  day INTEGER NOT NULL, currency TEXT NOT NULL, reference TEXT NOT NULL, token TEXT NOT NULL, amount_minor TEXT NOT NULL,
  PRIMARY KEY (day, currency, reference)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS reserved (
  day INTEGER NOT NULL, currency TEXT NOT NULL, amount_minor TEXT NOT NULL,
  PRIMARY KEY (day, currency)
) WITHOUT ROWID;`

/** Yesterday stays: what was sent before midnight may be refused after it. */
const DAYS_KEPT = 2

const integer = BigInt

type Row = { readonly token: string; readonly amount_minor: string }

export class DayCounter extends DurableObject<unknown> implements DayCounterRpc {
  readonly #sql: SqlStorage

  constructor(ctx: DurableObjectState, env: unknown) {
    super(ctx, env)
    this.#sql = ctx.storage.sql
    this.#sql.exec(SCHEMA)
  }

  // INVARIANT: from reading the sum to writing it nothing is awaited, so no two reservations see the same room.
  async reserve(reservation: Reservation): Promise<'reserved' | 'exceeded'> {
    const { day, currency, reference, token, amountMinor, capMinor } = reservation
    // An attempt of which nothing left may come again with another amount.
    const had = integer(this.#of(reservation)?.amount_minor ?? '0')
    const sum = this.#sum(day, currency) - had + integer(amountMinor)
    if (integer(amountMinor) > had && sum > integer(capMinor)) return 'exceeded'
    this.ctx.storage.transactionSync(() => {
      this.#sql.exec('DELETE FROM reservations WHERE day <= ?', day - DAYS_KEPT)
      this.#sql.exec('DELETE FROM reserved WHERE day <= ?', day - DAYS_KEPT)
      this.#sql.exec(
        'INSERT OR REPLACE INTO reservations (day, currency, reference, token, amount_minor) VALUES (?, ?, ?, ?, ?)',
        day,
        currency,
        reference,
        token,
        amountMinor,
      )
      this.#setSum(day, currency, sum)
    })
    return 'reserved'
  }

  async release(reservation: Parameters<DayCounterRpc['release']>[0]): Promise<void> {
    const { day, currency, reference, token } = reservation
    const row = this.#of(reservation)
    if (row?.token !== token) return
    this.ctx.storage.transactionSync(() => {
      this.#sql.exec(
        'DELETE FROM reservations WHERE day = ? AND currency = ? AND reference = ?',
        day,
        currency,
        reference,
      )
      this.#setSum(day, currency, this.#sum(day, currency) - integer(row.amount_minor))
    })
  }

  #of({ day, currency, reference }: Pick<Reservation, 'day' | 'currency' | 'reference'>): Row | undefined {
    return this.#first<Row>(
      'SELECT token, amount_minor FROM reservations WHERE day = ? AND currency = ? AND reference = ?',
      day,
      currency,
      reference,
    )
  }

  #sum(day: number, currency: string): bigint {
    const row = this.#first<Pick<Row, 'amount_minor'>>(
      'SELECT amount_minor FROM reserved WHERE day = ? AND currency = ?',
      day,
      currency,
    )
    return integer(row?.amount_minor ?? '0')
  }

  #setSum(day: number, currency: string, sum: bigint): void {
    this.#sql.exec('INSERT OR REPLACE INTO reserved VALUES (?, ?, ?)', day, currency, `${sum}`)
  }

  #first<Found extends Record<string, SqlStorageValue>>(
    query: string,
    ...bound: (string | number)[]
  ): Found | undefined {
    return this.#sql.exec<Found>(query, ...bound).toArray()[0]
  }
}
