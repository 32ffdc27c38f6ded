/**
 * How much one merchant has asked for on one day: the count that no isolate can keep by itself. One object per merchant,
 * bound to the vault alone. The cap comes with each question, out of the sealed policy; the object believes the vault.
 */
import { DurableObject } from 'cloudflare:workers'
import type { GatewayReference } from '../domain/ids.ts'

export interface Reservation {
  /** A number that is one more each day (`DayCap.day`). */
  readonly day: number
  readonly currency: string
  /** Of the attempt: whoever asks twice for it takes nothing twice. */
  readonly reference: GatewayReference
  /** Minor units. */
  readonly amountMinor: string
  /** Minor units. */
  readonly capMinor: string
}

export interface DayCounterRpc {
  /** Takes the amount, if it still fits. An attempt that has it already keeps it, whatever the cap is now. */
  reserve(reservation: Reservation): Promise<'reserved' | 'exceeded'>
  /** Gives back what was taken for an attempt; nothing when nothing was. */
  release(reservation: Pick<Reservation, 'day' | 'currency' | 'reference'>): Promise<void>
}

/** Minor units need more digits than a SQLite integer in JavaScript has, so they are texts. */
const SCHEMA = `
CREATE TABLE IF NOT EXISTS reservations (
  day INTEGER NOT NULL, currency TEXT NOT NULL, reference TEXT NOT NULL, amount_minor TEXT NOT NULL,
  PRIMARY KEY (day, currency, reference)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS reserved (
  day INTEGER NOT NULL, currency TEXT NOT NULL, amount_minor TEXT NOT NULL,
  PRIMARY KEY (day, currency)
) WITHOUT ROWID;`

/** Yesterday stays: what was sent before midnight may be refused after it. */
const DAYS_KEPT = 2

const integer = BigInt

export class DayCounter extends DurableObject<unknown> implements DayCounterRpc {
  readonly #sql: SqlStorage

  constructor(ctx: DurableObjectState, env: unknown) {
    super(ctx, env)
    this.#sql = ctx.storage.sql
    this.#sql.exec(SCHEMA)
  }

  // INVARIANT: from reading the sum to writing it nothing is awaited, so no two reservations see the same room.
  async reserve({ day, currency, reference, amountMinor, capMinor }: Reservation): Promise<'reserved' | 'exceeded'> {
    if (this.#of(day, currency, reference) !== undefined) return 'reserved'
    const sum = this.#sum(day, currency) + integer(amountMinor)
    if (sum > integer(capMinor)) return 'exceeded'
    this.ctx.storage.transactionSync(() => {
      this.#sql.exec('DELETE FROM reservations WHERE day <= ?', day - DAYS_KEPT)
      this.#sql.exec('DELETE FROM reserved WHERE day <= ?', day - DAYS_KEPT)
      this.#sql.exec('INSERT INTO reservations VALUES (?, ?, ?, ?)', day, currency, reference, amountMinor)
      this.#setSum(day, currency, sum)
    })
    return 'reserved'
  }

  async release({ day, currency, reference }: Parameters<DayCounterRpc['release']>[0]): Promise<void> {
    const amountMinor = this.#of(day, currency, reference)
    if (amountMinor === undefined) return
    this.ctx.storage.transactionSync(() => {
      this.#sql.exec(
        'DELETE FROM reservations WHERE day = ? AND currency = ? AND reference = ?',
        day,
        currency,
        reference,
      )
      this.#setSum(day, currency, this.#sum(day, currency) - integer(amountMinor))
    })
  }

  #of(day: number, currency: string, reference: string): string | undefined {
    return this.#first(
      'SELECT amount_minor FROM reservations WHERE day = ? AND currency = ? AND reference = ?',
      day,
      currency,
      reference,
    )
  }

  #sum(day: number, currency: string): bigint {
    return integer(
      this.#first('SELECT amount_minor FROM reserved WHERE day = ? AND currency = ?', day, currency) ?? '0',
    )
  }

  #setSum(day: number, currency: string, sum: bigint): void {
    this.#sql.exec('INSERT OR REPLACE INTO reserved VALUES (?, ?, ?)', day, currency, `${sum}`)
  }

  #first(query: string, ...bound: (string | number)[]): string | undefined {
    return this.#sql.exec<{ amount_minor: string }>(query, ...bound).toArray()[0]?.amount_minor
  }
}
