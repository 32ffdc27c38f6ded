import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import { openLedger } from '../../../scripts/ledger/open.ts'
import { sqlStatements } from '../../../scripts/ledger/sql-file.ts'

const STATEMENTS = [
  'PRAGMA defer_foreign_keys=TRUE;',
  '\nCREATE TABLE "a;b" (`x;` TEXT, [y;] TEXT);',
  "\nINSERT INTO \"a;b\" VALUES ('it''s; one\nline, -- no comment /* nor this', ';');",
  "\n-- it's a comment; of one line\nINSERT INTO \"a;b\" VALUES ('', '''');",
  '\n/* "another; */ DELETE FROM "a;b" WHERE "x;" = \'-\' - -1 / 2;',
  `\n/* for ; */ -- it
CREATE TRIGGER t BEFORE DELETE ON "a;b" BEGIN
  SELECT CASE WHEN 1 THEN 'x; END;' ELSE 2 END;
  SELECT 1; -- the end;
END;`,
  '\nCREATE VIEW v AS SELECT 1 AS "END";',
  '\nSELECT 1 -- and no semicolon',
]
const inPieces = (text: string, ends: readonly number[]): string[] => {
  const cuts = [0, ...ends.toSorted((a, b) => a - b), text.length]
  return cuts.slice(1).map((end, i) => text.slice(cuts[i], end))
}
const text = STATEMENTS.join('')

describe('an export, statement by statement', () => {
  it('is the same however it is cut', () => {
    expect([...sqlStatements([text])]).toEqual(STATEMENTS)
    expect([...sqlStatements(text)]).toEqual(STATEMENTS)
    fc.assert(
      fc.property(fc.array(fc.nat(text.length)), (ends) => {
        expect([...sqlStatements(inPieces(text, ends))]).toEqual(STATEMENTS)
      }),
    )
  })

  it('whatever a string holds, it comes back', () => {
    const nasty = fc.string({
      unit: fc.constantFrom("'", '"', ';', '\n', '-', '/', '*', 'END', '[', ']', '`', 'ż', '😀'),
    })
    fc.assert(
      fc.property(fc.array(nasty), fc.array(nasty), (strings, comments) => {
        const all = strings.map(
          (each, i) =>
            `/*${comments[i]?.replaceAll('*', '') ?? ''}*/ INSERT INTO t VALUES ('${each.replaceAll("'", "''")}');`,
        )
        expect([...sqlStatements(all.join(''))]).toEqual(all)
      }),
    )
  })

  const open = (sql: string) => {
    const directory = mkdtempSync(path.join(tmpdir(), 'lango-sql-'))
    onTestFinished(() => rmSync(directory, { recursive: true }))
    const file = path.join(directory, 'ledger.sql')
    writeFileSync(file, sql)
    return openLedger(file)
  }

  it('is read into a database, characters that a piece cuts in two included', () => {
    const long = 'ż'.repeat(3 * 1024 * 1024)
    const database = open(
      `BEGIN TRANSACTION;CREATE TABLE t (a TEXT, b TEXT);\nINSERT INTO t VALUES ('x', '${long}');INSERT INTO t VALUES ('y;', '');COMMIT;`,
    )
    expect(database.prepare('SELECT a, length(b) AS b FROM t').all()).toEqual([
      { a: 'x', b: long.length },
      { a: 'y;', b: 0 },
    ])
  })

  it('is one transaction, whatever it says of its own, and after whatever comment', () => {
    const database = open(
      '-- of 22 November\nBEGIN TRANSACTION;CREATE TABLE t (a TEXT);\n/* the end */ -- now\nCOMMIT;',
    )
    expect(database.prepare('SELECT count(*) AS n FROM t').get()).toEqual({ n: 0 })
  })

  it('is refused when it breaks off', () => {
    expect(() => open("CREATE TABLE t (a TEXT); INSERT INTO t VALUES ('x")).toThrow()
    expect(() => open('BEGIN; CREATE TABLE t (a TEXT); ROLLBACK;')).toThrow()
  })
})
