import type { ArchiveRow, EntryRow, Finding, PostingRow, Sha256, WholeEntry } from './verify-ledger-rows.ts'

/** An entry as an archive has it. `number` is missing in what was archived before entries had numbers. */
export interface ArchivedEntry {
  readonly place: string
  readonly whole: WholeEntry
  readonly numbered: boolean
}

interface Line {
  readonly entry?: Partial<EntryRow> & Pick<EntryRow, 'id'>
  readonly postings?: readonly PostingRow[]
}

/** Of a line written before there were notes and digests, the columns that are missing were empty. */
const wholeOf = ({ entry, postings = [] }: Line): WholeEntry | null =>
  entry ? { entry: { number: 0, note: null, digest: null, ...entry } as EntryRow, postings } : null

/** Each file against its digest and its count of lines, and the entries that it holds. */
export const readArchives = async (
  archives: Iterable<ArchiveRow>,
  textOf: (name: string) => string | null,
  sha256: Sha256,
): Promise<{
  readonly entries: readonly ArchivedEntry[]
  readonly findings: readonly Finding[]
  readonly passed: number
}> => {
  const entries: ArchivedEntry[] = []
  const findings: Finding[] = []
  let passed = 0
  for (const { name, sha256: digest, lines } of archives) {
    const text = textOf(name)
    const problems: string[] = []
    if (text === null) problems.push('the file is not there')
    else if ((await sha256(text)) !== digest) problems.push('is not the file that was written')
    else {
      const own = text.trimEnd().split('\n')
      if (own.length !== lines) problems.push(`has ${own.length} lines instead of ${lines}`)
      for (const [index, line] of own.entries()) {
        const whole = wholeOf(JSON.parse(line) as Line)
        if (whole) entries.push({ place: `${name} line ${index + 1}`, whole, numbered: whole.entry.number > 0 })
      }
    }
    if (problems.length > 0) findings.push({ row: `archives ${name}`, problems })
    else passed += 1
  }
  return { entries, findings, passed }
}
