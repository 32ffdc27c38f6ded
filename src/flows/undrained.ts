import type { LedgerTotal } from '../domain/ledger-batch.ts'

export interface Undrained {
  readonly account: string
  readonly mode: string
  readonly currency: string
  /** `debit`: what came in and was not passed on. `credit`: more was passed on than ever came in. */
  readonly side: 'debit' | 'credit'
  /** The day of the oldest of it. */
  readonly sinceDay: number
  /** What was booked on this side before `beforeDay` and nothing on the other has met. */
  readonly amountMinor: string
}

type Side = 'debitMinor' | 'creditMinor'

/** What `own` has on one side before `beforeDay` that the other side, of any day, does not meet; null when it meets all. */
const unmet = (own: readonly LedgerTotal[], side: Side, other: Side, beforeDay: number) => {
  let against = own.reduce((sum, total) => sum + BigInt(total[other]), 0n)
  let sinceDay: number | null = null
  let left = 0n
  for (const total of own.toSorted((a, b) => a.day - b.day)) {
    if (total.day >= beforeDay) break
    const booked = BigInt(total[side])
    const met = booked < against ? booked : against
    against -= met
    left += booked - met
    if (booked > met) sinceDay ??= total.day
  }
  return sinceDay === null ? null : { sinceDay, amountMinor: String(left) }
}

/**
 * Clearing accounts that were not at zero before `beforeDay` and have not come there since. Either side meets the oldest of
 * the other first, whatever it was meant for: money has no names.
 */
export const undrained = (days: readonly LedgerTotal[], beforeDay: number): readonly Undrained[] => {
  const accounts = Map.groupBy(days, ({ account, mode, currency }) => JSON.stringify([account, mode, currency]))
  return [...accounts.values()].flatMap((own): Undrained[] => {
    const [first] = own
    if (!first) return []
    const { account, mode, currency } = first
    const debit = unmet(own, 'debitMinor', 'creditMinor', beforeDay)
    if (debit) return [{ account, mode, currency, side: 'debit', ...debit }]
    const credit = unmet(own, 'creditMinor', 'debitMinor', beforeDay)
    return credit ? [{ account, mode, currency, side: 'credit', ...credit }] : []
  })
}
