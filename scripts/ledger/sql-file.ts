import { closeSync, openSync, readSync, statSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'

const CHUNK_BYTES = 1024 * 1024
const PROGRESS_BYTES = 100 * CHUNK_BYTES

const CLOSES: Readonly<Record<string, string>> = {
  "'": "'",
  '"': '"',
  '`': '`',
  '[': ']',
  '--': '\n',
  '/*': '*/',
}
const COMMENT = /--[^\n]*\n?|\/\*[\s\S]*?\*\//g
/** Space and comments before the first word of a statement. */
const LEAD = String.raw`^(?:\s|--[^\n]*\n|/\*[\s\S]*?\*/)*`
const TRANSACTION = new RegExp(String.raw`${LEAD}(?:BEGIN|COMMIT)\b`, 'i')
const TRIGGER = new RegExp(String.raw`${LEAD}CREATE\s+(?:TEMP(?:ORARY)?\s+)?TRIGGER\b`, 'i')

/**
 * The statements of a text that comes in pieces, each with its semicolon. A semicolon within a string, a name or a comment
 * ends nothing; one within a trigger only when `END` stands before it, alone: SQLite's own rule (`sqlite3_complete`). What
 * comes after the last semicolon is a statement, too.
 */
export function* sqlStatements(pieces: Iterable<string>): Generator<string> {
  const special = /['"`[;]|--|\/\*/g
  let text = ''
  /** Within the text: as far as has been looked, and where the part after the last semicolon begins. */
  let [at, part] = [0, 0]
  let closing: string | undefined
  let trigger: boolean | undefined
  for (const piece of pieces) {
    text += piece
    let start = 0
    for (;;) {
      if (closing !== undefined) {
        const end = text.indexOf(closing, at)
        if (end === -1) break
        at = end + closing.length
        closing = undefined
      }
      special.lastIndex = at
      const [token] = special.exec(text) ?? []
      if (token === undefined) break
      at = special.lastIndex
      closing = CLOSES[token]
      if (closing !== undefined) continue
      trigger ??= TRIGGER.test(text.slice(start, at))
      if (!trigger || /^\s*END\s*;$/i.test(text.slice(part, at).replace(COMMENT, ' '))) {
        yield text.slice(start, at)
        start = at
        trigger = undefined
      }
      part = at
    }
    // A token of two characters may have come by half: the last one is looked at again, and is none by itself.
    at = Math.max(at, text.length - 1) - start
    part -= start
    text = text.slice(start)
  }
  if (text.trim() !== '') yield text
}

function* textOf(file: string, onProgress: (bytes: number, ofBytes: number) => void): Generator<string> {
  const descriptor = openSync(file, 'r')
  try {
    const decoder = new TextDecoder()
    const buffer = Buffer.alloc(CHUNK_BYTES)
    const { size } = statSync(file)
    for (let read = 0, count = -1; count !== 0; ) {
      count = readSync(descriptor, buffer)
      read += count
      yield decoder.decode(buffer.subarray(0, count), { stream: count > 0 })
      if (count > 0 && read % PROGRESS_BYTES === 0) onProgress(read, size)
    }
  } finally {
    closeSync(descriptor)
  }
}

/**
 * What an export says, in a database of its own: SQLite keeps one without a name in a temporary file that is gone when the
 * process is, however that ends.
 */
export const databaseOf = (file: string, onProgress: (bytes: number, ofBytes: number) => void): DatabaseSync => {
  const database = new DatabaseSync('', { enableForeignKeyConstraints: false })
  database.exec('PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; BEGIN')
  // The whole is one transaction; `sqlite3 .dump` brings its own.
  for (const statement of sqlStatements(textOf(file, onProgress)))
    if (!TRANSACTION.test(statement)) database.exec(statement)
  database.exec('COMMIT')
  return database
}
