import type { BatchRow, Finding, Sha256 } from './verify-ledger-rows.ts'

const ZEROS = '0'.repeat(64)

/** Written out here as docs/ledger.md has it, and not by the code that seals: what that does wrong must show. */
const rootText = (batch: BatchRow): string =>
  `["lango-ledger-batch/1",${batch.sequence},${batch.first_number},${batch.last_number},"${batch.previous_root}",${batch.sealed_at_ms},"${batch.digests}"]`

/** What was sealed, by number. */
export interface Chain {
  readonly sealedThrough: number
  /** Of every batch that is what it was; only these prove anything. */
  readonly roots: ReadonlySet<string>
  /** What was sealed under this number: `proven` when the batch's own root covers it. Null: it is not sealed. */
  readonly sealed: (
    number: number,
  ) => { readonly digest: string; readonly proven: boolean; readonly batch: number } | null
  readonly findings: readonly Finding[]
  readonly passed: number
}

/** Each batch against its own root and against the one before. */
export const verifyChain = async (batches: Iterable<BatchRow>, sha256: Sha256): Promise<Chain> => {
  const kept: { readonly batch: BatchRow; readonly proven: boolean }[] = []
  const findings: Finding[] = []
  const roots = new Set<string>()
  let expected = { sequence: 1, number: 1, roots: [ZEROS] as readonly string[], atMs: 0 }
  for (const batch of batches) {
    for (let missing = expected.sequence; missing < batch.sequence; missing += 1)
      findings.push({ row: `ledger_batches ${missing}`, problems: ['is missing'] })
    const follows = batch.sequence === expected.sequence
    const problems: string[] = []
    const root = await sha256(rootText(batch))
    const proven = root === batch.root && /^(?:[0-9a-f]{64})+$/.test(batch.digests)
    if (!proven) problems.push('its root is not that of its columns')
    if (follows && !expected.roots.includes(batch.previous_root))
      problems.push('its previous root is not the root of the batch before')
    if (follows && batch.first_number !== expected.number)
      problems.push(`begins with number ${batch.first_number}, and ${expected.number} is the next`)
    if (batch.digests.length !== 64 * (batch.last_number - batch.first_number + 1))
      problems.push('has not one digest for each of its numbers')
    if (batch.entries !== batch.last_number - batch.first_number + 1) problems.push('counts its entries wrongly')
    if (batch.sealed_at_ms < expected.atMs) problems.push('was sealed before the batch before')
    if (problems.length > 0) findings.push({ row: `ledger_batches ${batch.sequence}`, problems })
    kept.push({ batch, proven })
    if (proven) roots.add(root)
    expected = {
      sequence: batch.sequence + 1,
      number: batch.last_number + 1,
      // When this one's root was changed, the next still names what it was.
      roots: [batch.root, root],
      atMs: proven ? batch.sealed_at_ms : expected.atMs,
    }
  }
  const sealed: Chain['sealed'] = (number) => {
    let [low, high] = [0, kept.length - 1]
    while (low <= high) {
      const middle = (low + high) >> 1
      const found = kept[middle]
      if (!found) return null
      const { batch, proven } = found
      if (number < batch.first_number) high = middle - 1
      else if (number > batch.last_number) low = middle + 1
      else {
        const from = 64 * (number - batch.first_number)
        return { digest: batch.digests.slice(from, from + 64), proven, batch: batch.sequence }
      }
    }
    return null
  }
  return {
    sealedThrough: kept.at(-1)?.batch.last_number ?? 0,
    roots,
    sealed,
    findings,
    passed: kept.length - findings.filter(({ problems }) => problems[0] !== 'is missing').length,
  }
}
