/**
 * `npm run ledger:verify`: reads a whole ledger, computes every digest, root and
 * sum again, and names each row that is wrong (docs/ledger.md). The stack may be running. Exit code 1 when anything is wrong, 2 when it cannot be read.
 */
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { verifyLedger } from '../src/flows/verify-ledger.ts'
import { commandLine } from './command-line.ts'
import { moment } from './lango/moment.ts'
import { openLedger } from './ledger/open.ts'
import { sqliteSource } from './ledger/sqlite-source.ts'

const USAGE = `npm run ledger:verify [-- PLACE] [--archive DIR] [--root ROOT …] [--at TIME]
  PLACE      a state directory (.lango if not said), a SQLite file, or the .sql of wrangler d1 export
  --archive  the files of closed periods; PLACE/archive if it is there
  --root     must be in the chain: one that was written down elsewhere
  --at       when the copy was made, if that is long ago`

const line = commandLine(USAGE)
const { values, positionals } = line.options({
  allowPositionals: true,
  options: {
    archive: { type: 'string' },
    root: { type: 'string', multiple: true, default: [] },
    // When a copy of yesterday is read, yesterday's tail was not too old then.
    at: { type: 'string' },
  },
})
if (positionals.length > 1) line.refuse(`one place, not ${positionals.join(' and ')}`)
const place = positionals[0] ?? process.env['LANGO_STATE_DIR'] ?? '.lango'
const standard = path.join(place, 'archive')
const archive = values.archive ?? (existsSync(standard) ? standard : undefined)
const archiveText = (directory: string) => (name: string) => {
  const file = path.join(directory, path.basename(name))
  return existsSync(file) ? readFileSync(file, 'utf8') : null
}

try {
  const nowMs = values.at === undefined ? Date.now() : Date.parse(moment('--at', values.at))
  const database = openLedger(place)
  // One state of it, whatever is written meanwhile.
  database.exec('BEGIN')
  const { passed, findings, notes } = await verifyLedger(
    sqliteSource(database, archive === undefined ? undefined : archiveText(archive)),
    {
      sha256: (text) => createHash('sha256').update(text).digest('hex'),
      nowMs,
      roots: values.root,
      onProgress: (rows) => console.error(`  ${rows} rows`),
    },
  )
  const broken = database
    .prepare('PRAGMA integrity_check')
    .all()
    .map((row) => String(row['integrity_check']))
    .filter((text) => text !== 'ok')
  for (const { row, problems } of findings) console.log(`${row}: ${problems.join('; ')}`)
  for (const text of broken) console.log(`SQLite: ${text}`)
  for (const note of notes) console.log(`note: ${note}`)
  const head = database.prepare('SELECT sequence, last_number, root FROM ledger_head').get()
  console.log(`batch ${head?.['sequence']}, entry ${head?.['last_number']}, root ${head?.['root']}`)
  const failed = findings.length + broken.length
  console.log(`${passed} passed, ${failed} failed`)
  process.exitCode = failed === 0 ? 0 : 1
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = 2
}
