import type { LedgerEntry } from '../domain/ledger-entry.ts'

/**
 * The entry that undoes another: the same sides exchanged, and nothing else about it. Its id and its reference derive from
 * the id of what it reverses, so that nothing is reversed twice; a correction is reversed like any other entry.
 */
export const reverseEntry = (entry: LedgerEntry, nowMs: number, note: string): LedgerEntry => ({
  id: `cor_${entry.id}`,
  kind: 'correction',
  paymentId: entry.paymentId,
  attempt: entry.attempt,
  merchantId: entry.merchantId,
  mode: entry.mode,
  gateway: entry.gateway,
  reference: entry.id,
  occurredAtMs: nowMs,
  createdAtMs: nowMs,
  note,
  postings: entry.postings.map((posting) => ({
    ...posting,
    direction: posting.direction === 'debit' ? 'credit' : 'debit',
  })),
})
