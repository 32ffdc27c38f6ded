import { existsSync, globSync, statSync } from 'node:fs'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { databaseOf } from './sql-file.ts'

const hasLedger = (file: string): boolean => {
  const database = new DatabaseSync(file, { readOnly: true })
  try {
    return database.prepare("SELECT 1 FROM sqlite_master WHERE name = 'ledger_batches'").get() !== undefined
  } finally {
    database.close()
  }
}

/** The file in which the development stack keeps D1. */
const fileIn = (stateDir: string): string => {
  const file = globSync('v3/**/*.sqlite', { cwd: stateDir })
    .map((name) => path.join(stateDir, name))
    .find(hasLedger)
  if (!file) throw new Error(`no D1 with a ledger in ${stateDir}: start the stack once (npm start)`)
  return file
}

/** A state directory, a SQLite file, or what `wrangler d1 export` wrote. Nothing is ever written to it. */
export const openLedger = (place: string): DatabaseSync => {
  if (!existsSync(place)) throw new Error(`${place} is not there`)
  if (place.endsWith('.sql'))
    return databaseOf(place, (bytes, ofBytes) =>
      console.error(`  ${Math.round(bytes / 1e6)} of ${Math.round(ofBytes / 1e6)} MB of ${place}`),
    )
  return new DatabaseSync(statSync(place).isDirectory() ? fileIn(place) : place, { readOnly: true })
}
