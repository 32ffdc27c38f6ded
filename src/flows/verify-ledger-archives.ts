import type { ArchiveRow, EntryRow, PostingRow, Sha256, WholeEntry } from './verify-ledger-rows.ts'

/** An entry as an archive has it. `number` is missing in what was archived before entries had numbers. */
export interface ArchivedEntry {
  readonly place: string
  readonly whole: WholeEntry
  readonly numbered: boolean
}

export interface ReadArchive {
  readonly row: string
  readonly problems: readonly string[]
  /** Of a file that is what was written. Read as they are asked for. */
  readonly entries: Iterable<ArchivedEntry>
}

interface Line {
  readonly entry?: Partial<EntryRow> & Pick<EntryRow, 'id'>
  readonly postings?: readonly PostingRow[]
}

/** Of a line written before there were notes and digests, the columns that are missing were empty. */
const wholeOf = ({ entry, postings = [] }: Line): WholeEntry | null =>
  entry ? { entry: { number: 0, note: null, digest: null, ...entry } as EntryRow, postings } : null

function* entriesIn(name: string, lines: readonly string[]): Generator<ArchivedEntry> {
  for (const [index, line] of lines.entries()) {
    const whole = wholeOf(JSON.parse(line) as Line)
    if (whole) yield { place: `${name} line ${index + 1}`, whole, numbered: whole.entry.number > 0 }
  }
}

/** Each file against its digest and its count of lines, and the entries that it holds; one file after another. */
export async function* readArchives(
  archives: Iterable<ArchiveRow>,
  textOf: (name: string) => string | null,
  sha256: Sha256,
): AsyncGenerator<ReadArchive> {
  for (const { name, sha256: digest, lines } of archives) {
    const row = `archives ${name}`
    const text = textOf(name)
    if (text === null) yield { row, problems: ['the file is not there'], entries: [] }
    else if ((await sha256(text)) !== digest) yield { row, problems: ['is not the file that was written'], entries: [] }
    else {
      const own = text.trimEnd().split('\n')
      const problems = own.length === lines ? [] : [`has ${own.length} lines instead of ${lines}`]
      yield { row, problems, entries: entriesIn(name, own) }
    }
  }
}
