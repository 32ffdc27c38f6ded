import { sideAllowed } from '../domain/ledger-accounts.ts'
import { ENTRY_ID_CHARS_MAX, type LedgerEntry } from '../domain/ledger-entry.ts'

/** Clocks differ. A later one would be sealed before it happened, and by its day nobody would find it again. */
const AHEAD_MS_MAX = 86_400_000

/** What keeps an entry that a person wrote out of the ledger; empty when it may be posted. */
export const checkEntry = (entry: LedgerEntry): readonly string[] => {
  const problems: string[] = []
  const differences = new Map<string, bigint>()
  const sides = new Set<string>()
  for (const { direction, account, amountMinor, currency } of entry.postings) {
    const amount = BigInt(amountMinor)
    if (amount <= 0n) problems.push(`${account}: an amount is greater than zero`)
    if (!sideAllowed(entry, direction, account)) problems.push(`a ${entry.kind} may not ${direction} ${account}`)
    const side = `${direction} ${account} ${currency}`
    if (sides.has(side)) problems.push(`${side}: once is enough`)
    sides.add(side)
    differences.set(currency, (differences.get(currency) ?? 0n) + (direction === 'debit' ? amount : -amount))
  }
  if (entry.occurredAtMs > entry.createdAtMs + AHEAD_MS_MAX)
    problems.push('an entry has happened: it has no date in the future')
  if (entry.id.length > ENTRY_ID_CHARS_MAX) problems.push(`an id has at most ${ENTRY_ID_CHARS_MAX} characters`)
  if (entry.postings.length === 0) problems.push('an entry has postings')
  for (const [currency, difference] of differences)
    if (difference !== 0n) problems.push(`debits and credits differ by ${difference} minor units of ${currency}`)
  return problems
}
