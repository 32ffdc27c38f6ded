import { batchText, type LedgerBatch, type LedgerHead, type LedgerTotal, NOTHING } from '../domain/ledger-batch.ts'
import { entryText, type LedgerEntry, lateEntryText, type StoredEntry } from '../domain/ledger-entry.ts'

export interface SealPorts {
  readonly head: () => Promise<LedgerHead>
  /** With their postings, in the order of their numbers, from the first after `number`. */
  readonly entriesAfter: (number: number, limit: number) => Promise<readonly StoredEntry[]>
  /**
   * Batch and sums in one transaction. `overtaken`: another batch is there, and nothing of this one. Throws when the
   * database cannot; it may have been written all the same, and is then the head.
   */
  readonly write: (batch: LedgerBatch, totals: readonly LedgerTotal[]) => Promise<'written' | 'overtaken'>
  readonly sha256: (text: string) => Promise<string>
  /** Told before what it is about is sealed: nobody looks at that again, should the sealer end in between. */
  readonly alert?: (alert: SealAlert) => void
  /** A batch is there. */
  readonly sealed?: (batch: LedgerBatch) => void
}

/** What the sealer found wrong. It seals what it found, so that the finding stays, and goes on. */
export interface SealAlert {
  readonly code: 'ledger_digest_wrong' | 'ledger_entry_missing' | 'ledger_unbalanced' | 'ledger_numbers_jump'
  readonly number: number
}

export interface Sealed {
  readonly batches: number
  readonly entries: number
  /** The last batch that was written. */
  readonly last: LedgerBatch | null
  readonly alerts: readonly SealAlert[]
}

const DAY_MS = 86_400_000
export const ENTRIES_MAX = 500
const BATCHES_MAX = 20

const balances = ({ postings }: LedgerEntry): boolean => {
  const sums = new Map<string, bigint>()
  for (const { direction, amountMinor, currency } of postings)
    sums.set(
      currency,
      (sums.get(currency) ?? 0n) + (direction === 'debit' ? BigInt(amountMinor) : -BigInt(amountMinor)),
    )
  return postings.length > 0 && [...sums.values()].every((sum) => sum === 0n)
}

const totalsOf = (entries: readonly StoredEntry[]): readonly LedgerTotal[] => {
  const totals = new Map<string, LedgerTotal>()
  for (const { mode, occurredAtMs, postings } of entries) {
    const day = Math.floor(occurredAtMs / DAY_MS)
    for (const { account, currency, direction, amountMinor } of postings) {
      const key = JSON.stringify([account, mode, currency, day])
      const { debitMinor, creditMinor } = totals.get(key) ?? { debitMinor: '0', creditMinor: '0' }
      const add = (sum: string, side: string): string =>
        side === direction ? String(BigInt(sum) + BigInt(amountMinor)) : sum
      totals.set(key, {
        account,
        mode,
        currency,
        day,
        debitMinor: add(debitMinor, 'debit'),
        creditMinor: add(creditMinor, 'credit'),
      })
    }
  }
  return [...totals.values()]
}

const digestsOf = async (
  ports: SealPorts,
  head: LedgerHead,
  entries: readonly StoredEntry[],
): Promise<{ readonly digests: readonly string[]; readonly alerts: readonly SealAlert[] }> => {
  const digests: string[] = []
  const alerts: SealAlert[] = []
  for (const entry of entries) {
    const { number, digest } = entry
    for (let missing = head.lastNumber + 1 + digests.length; missing < number; missing += 1) {
      digests.push(NOTHING)
      alerts.push({ code: 'ledger_entry_missing', number: missing })
    }
    const own = await ports.sha256(digest === null ? lateEntryText(entry) : entryText(entry))
    if (digest !== null && digest !== own) alerts.push({ code: 'ledger_digest_wrong', number })
    if (!balances(entry)) alerts.push({ code: 'ledger_unbalanced', number })
    digests.push(digest ?? own)
  }
  return { digests, alerts }
}

/**
 * Seals what is unsealed. Each batch is one transaction that only fits the head that it was made for: two sealers at once
 * make one chain, and one that ends anywhere leaves a chain that the next goes on with.
 */
export const sealLedger = async (ports: SealPorts, nowMs: number, entriesMax = ENTRIES_MAX): Promise<Sealed> => {
  let sealed: Sealed = { batches: 0, entries: 0, last: null, alerts: [] }
  while (sealed.batches < BATCHES_MAX) {
    const head = await ports.head()
    const found = await ports.entriesAfter(head.lastNumber, entriesMax)
    const entries = found.filter(({ number }) => number <= head.lastNumber + entriesMax)
    const last = entries.at(-1)
    if (!last) {
      const [beyond] = found
      if (!beyond) return sealed
      const jump: SealAlert = { code: 'ledger_numbers_jump', number: beyond.number }
      ports.alert?.(jump)
      return { ...sealed, alerts: [...sealed.alerts, jump] }
    }
    const { digests, alerts } = await digestsOf(ports, head, entries)
    for (const alert of alerts) ports.alert?.(alert)
    const content = {
      sequence: head.sequence + 1,
      firstNumber: head.lastNumber + 1,
      lastNumber: last.number,
      previousRoot: head.root,
      // A clock that went back must not put a batch before the one that it follows.
      sealedAtMs: Math.max(nowMs, head.sealedAtMs),
      digests: digests.join(''),
    }
    const batch = { ...content, root: await ports.sha256(batchText(content)) }
    if ((await ports.write(batch, totalsOf(entries))) === 'overtaken') return sealed
    ports.sealed?.(batch)
    sealed = {
      batches: sealed.batches + 1,
      entries: sealed.entries + entries.length,
      last: batch,
      alerts: [...sealed.alerts, ...alerts],
    }
    if (found.length < entriesMax) return sealed
  }
  return sealed
}
