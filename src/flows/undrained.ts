import type { LedgerTotal } from '../domain/ledger-batch.ts'

export interface Undrained {
  readonly account: string
  readonly mode: string
  readonly currency: string
  /** The day of the oldest debit that no credit has met. */
  readonly sinceDay: number
  /** What was debited by `beforeDay` and is still there. */
  readonly amountMinor: string
}

/**
 * Clearing accounts that still hold what came in before `beforeDay`. Credits meet the oldest debits first, whatever they
 * were meant for: money has no names.
 */
export const undrained = (days: readonly LedgerTotal[], beforeDay: number): readonly Undrained[] => {
  const accounts = Map.groupBy(days, ({ account, mode, currency }) => JSON.stringify([account, mode, currency]))
  return [...accounts.values()].flatMap((own) => {
    const [first] = own
    if (!first) return []
    let credit = own.reduce((sum, { creditMinor }) => sum + BigInt(creditMinor), 0n)
    let sinceDay: number | null = null
    let left = 0n
    for (const { day, debitMinor } of own.toSorted((a, b) => a.day - b.day)) {
      if (day >= beforeDay) break
      const debit = BigInt(debitMinor)
      const met = debit < credit ? debit : credit
      credit -= met
      left += debit - met
      if (sinceDay === null && debit > met) sinceDay = day
    }
    if (sinceDay === null) return []
    const { account, mode, currency } = first
    return { account, mode, currency, sinceDay, amountMinor: String(left) }
  })
}
