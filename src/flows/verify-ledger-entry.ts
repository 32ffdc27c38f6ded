import { sideAllowed } from '../domain/ledger-accounts.ts'
import { LEDGER_KINDS, type LedgerKind } from '../domain/ledger-entry.ts'
import type { PostingRow, WholeEntry } from './verify-ledger-rows.ts'

/** JSON of a scalar. */
const scalar = (value: string | number | null): string => JSON.stringify(value)

const postingText = ({ direction, account, amount_minor, currency }: PostingRow): string =>
  `[${[direction, account, amount_minor, currency].map(scalar).join(',')}]`

/**
 * The text that a digest covers, written out as docs/ledger.md has it, and not by the code that writes entries: what that
 * forgets must show. `late`: as the sealer digests an entry that came without.
 */
export const digestText = ({ entry, postings }: WholeEntry, late: boolean): string => {
  const columns = [
    late ? 'lango-ledger-entry/1/late' : 'lango-ledger-entry/1',
    entry.id,
    entry.kind,
    entry.payment_id,
    entry.attempt,
    entry.merchant_id,
    entry.mode,
    entry.gateway,
    entry.reference,
    entry.occurred_at_ms,
    entry.created_at_ms,
    entry.note,
  ]
  return `[${columns.map(scalar).join(',')},[${postings.map(postingText).toSorted().join(',')}]]`
}

const isKind = (kind: string): kind is LedgerKind => (LEDGER_KINDS as readonly string[]).includes(kind)

const mirrored = (own: readonly PostingRow[], other: readonly PostingRow[]): boolean => {
  const turned = other.map((posting) =>
    postingText({ ...posting, direction: posting.direction === 'debit' ? 'credit' : 'debit' }),
  )
  return turned.toSorted().join() === own.map(postingText).toSorted().join()
}

/** What is wrong with an entry whatever its digest says: unbalanced, without postings, beside the chart of accounts. */
export const contentProblems = (
  { entry, postings }: WholeEntry,
  entryById: (id: string) => WholeEntry | null,
): readonly string[] => {
  const problems: string[] = []
  if (postings.length === 0) problems.push('has no postings')
  const differences = new Map<string, bigint>()
  for (const { direction, amount_minor, currency } of postings) {
    const amount = /^\d+$/.test(amount_minor) ? BigInt(amount_minor) : 0n
    if (amount === 0n) problems.push(`has a posting of ${amount_minor}`)
    differences.set(currency, (differences.get(currency) ?? 0n) + (direction === 'debit' ? amount : -amount))
  }
  for (const [currency, difference] of differences)
    if (difference !== 0n) problems.push(`debits and credits differ by ${difference} ${currency}`)
  const { kind, gateway } = entry
  if (!isKind(kind)) return [...problems, `is of no known kind (${kind})`]
  for (const { direction, account } of postings) {
    const known = direction === 'debit' || direction === 'credit'
    if (!known || !sideAllowed({ kind, gateway, merchantId: entry.merchant_id }, direction, account))
      problems.push(`a ${kind} may not ${direction} ${account}`)
  }
  if (kind === 'correction') {
    const reversed = entryById(entry.reference)
    if (reversed && !mirrored(postings, reversed.postings))
      problems.push(`does not exchange the sides of ${entry.reference}`)
  }
  return problems
}
