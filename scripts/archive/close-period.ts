import { createD1LedgerSeals } from '../../src/adapters/d1-ledger-seals.ts'
import { type SealPorts, sealLedger } from '../../src/flows/seal-ledger.ts'
import type { Database } from '../stack/database.ts'
import { type Leaving, type Pass, passesOf } from './passes.ts'
import { type ArchiveSink, sha256 } from './sink.ts'

/** A fulfilment that has been tried for this long has long been with people. */
export const AGE_MS_MIN = 84 * 86_400_000

export interface ClosePeriod {
  readonly database: Database
  readonly sink: ArchiveSink
  /** What was created (payments) or happened (ledger) before it leaves. */
  readonly beforeMs: number
  readonly nowMs: number
  readonly ageMsMin?: number
  readonly linesPerFile?: number
  readonly rowsPerBatch?: number
  readonly say?: (line: string) => void
}

export interface Closed {
  readonly files: readonly string[]
  readonly lines: Readonly<Record<Pass['kind'], number>>
  readonly bytes: number
}

type Sums = ReadonlyMap<string, bigint>

interface PostingLine {
  readonly entry?: { readonly mode: string }
  readonly postings?: readonly {
    readonly direction: string
    readonly account: string
    readonly currency: string
    readonly amount_minor: string
  }[]
}

/** By mode, account, currency and side, as the archive's own text tells it. */
const sumsOf = (text: string): Sums => {
  const sums = new Map<string, bigint>()
  for (const line of text.trimEnd().split('\n')) {
    const { entry, postings = [] } = JSON.parse(line) as PostingLine
    for (const { account, currency, direction, amount_minor } of postings) {
      const name = [entry?.mode, account, currency, direction].join(' ')
      sums.set(name, (sums.get(name) ?? 0n) + BigInt(amount_minor))
    }
  }
  return sums
}

const carried = async (database: Database): Promise<Sums> => {
  const { results } = await database
    .prepare(
      `SELECT mode, account, currency, CAST(debit_minor AS TEXT) AS debit, CAST(credit_minor AS TEXT) AS credit
       FROM ledger_carried`,
    )
    .all<Record<'mode' | 'account' | 'currency' | 'debit' | 'credit', string>>()
  return new Map(
    results.flatMap(({ mode, account, currency, debit, credit }) => [
      [`${mode} ${account} ${currency} debit`, BigInt(debit)] as const,
      [`${mode} ${account} ${currency} credit`, BigInt(credit)] as const,
    ]),
  )
}

/** Written, read back and compared before a single row goes: throws, and nothing has gone. */
const store = async (options: ClosePeriod, kind: Pass['kind'], rows: readonly Leaving[]) => {
  const { database, sink, beforeMs, nowMs } = options
  const text = rows.map(({ line }) => `${JSON.stringify(line)}\n`).join('')
  const digest = sha256(text)
  const name = `${new Date(beforeMs).toISOString().slice(0, 10)}-${kind}-${digest.slice(0, 16)}.jsonl`
  await sink.put(name, text)
  const back = await sink.get(name)
  if (sha256(back) !== digest) throw new Error(`${name} is not what was written; nothing of it was removed`)
  await database
    .prepare(
      `INSERT INTO archives (name, sha256, lines, before_ms, created_at_ms) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (name) DO NOTHING`,
    )
    .bind(name, digest, rows.length, beforeMs, nowMs)
    .run()
  return { name, text: back }
}

const remove = async (options: ClosePeriod, pass: Pass, rows: readonly Leaving[], archive: string): Promise<void> => {
  const { database, rowsPerBatch = 500 } = options
  for (let at = 0; at < rows.length; at += rowsPerBatch)
    await database.batch([...pass.remove(rows.slice(at, at + rowsPerBatch), archive)])
}

/**
 * Closes the period before `beforeMs`, moves its ledger, orders and search rows into files, and removes them in batches,
 * each of which is a transaction. Killed at any point it is run again: what has not left yet, leaves then. (A file that
 * was written and not followed by a removal stays as a second copy: rows have ids.) The system may be running.
 */
export const closePeriod = async (options: ClosePeriod): Promise<Closed> => {
  const { database, beforeMs, nowMs, ageMsMin = AGE_MS_MIN, linesPerFile = 10_000, say = () => {} } = options
  if (beforeMs > nowMs - ageMsMin) throw new Error('the period is too young to be closed')
  // First, so that from here on nothing comes into the period that is being emptied.
  await database
    .prepare('INSERT INTO ledger_closed (before_ms, closed_at_ms) VALUES (?, ?) ON CONFLICT (before_ms) DO NOTHING')
    .bind(beforeMs, nowMs)
    .run()
  // An entry leaves only when it is sealed; what the cron has not come to yet is sealed now.
  const seals = createD1LedgerSeals(database)
  const ports: SealPorts = {
    ...seals,
    sha256: async (text) => sha256(text),
    alert: ({ code, number }) => say(`${code}: entry ${number}; node scripts/ledger-verify.ts says more`),
    // As the cron logs it: the root leaves the database with each batch.
    sealed: ({ sequence, lastNumber, root }) => say(`sealed batch ${sequence}, to entry ${lastNumber}: ${root}`),
  }
  for (let { entries } = await seals.unsealed(); entries > 0; ) {
    const { batches } = await sealLedger(ports, nowMs)
    const left = (await seals.unsealed()).entries
    // None of ours and none less: the cron has not been faster, either.
    if (batches === 0 && left >= entries)
      throw new Error('the ledger cannot be sealed; node scripts/ledger-verify.ts says why')
    entries = left
  }

  const files: string[] = []
  const lines = { entries: 0, payments: 0, transactions: 0 }
  let bytes = 0
  for (const pass of passesOf(database)) {
    let after: Leaving | undefined
    for (;;) {
      const rows = await pass.read(beforeMs, after, linesPerFile)
      after = rows.at(-1)
      if (!after) break
      const { name, text } = await store(options, pass.kind, rows)
      const before = await carried(database)
      await remove(options, pass, rows, name)
      const now = await carried(database)
      for (const [account, sum] of sumsOf(text))
        if ((now.get(account) ?? 0n) - (before.get(account) ?? 0n) !== sum)
          throw new Error(`${name}: what is carried forward for ${account} is not what left`)
      files.push(name)
      lines[pass.kind] += rows.length
      bytes += Buffer.byteLength(text)
      say(`${name}: ${rows.length} lines`)
    }
  }
  return { files, lines, bytes }
}
