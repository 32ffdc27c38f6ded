/**
 * Runs vector files through the committed httpsig.wasm.
 *
 *   node scripts/vectors.ts FILE…
 *
 * Each row that fails is named. The last line is `N passed, N failed`. Exit: 0 all passed, 1 a row failed, 2 a file of no
 * known format (docs/signatures.md has the formats).
 */
import { openCore, Unreadable } from './vectors/core.ts'
import { FORMATS, materialFor, readVectors, UnknownFormat } from './vectors/files.ts'
import type { Row } from './vectors/row.ts'

const core = openCore()

const failureOf = (row: Row): string | undefined => {
  try {
    return row.check(core)
  } catch (error) {
    if (error instanceof Unreadable) return `cannot be run: ${error.message}`
    throw error
  }
}

const main = (files: readonly string[]): number => {
  if (files.length === 0) {
    console.error(`usage: npm run -s vectors -- FILE…\nformats:\n${FORMATS.map((it) => `  ${it}`).join('\n')}`)
    return 2
  }
  const vectors = files.map(readVectors)
  let [passed, failed] = [0, 0]
  for (const vector of vectors) {
    const rows = vector.rows(materialFor(vector, vectors))
    const before = { passed, failed }
    for (const row of rows) {
      const failure = failureOf(row)
      if (failure === undefined) {
        passed++
      } else {
        failed++
        console.log(`FAILED ${vector.file}: ${row.name}: ${failure}`)
      }
    }
    console.log(`${vector.file} (${vector.format}): ${passed - before.passed} passed, ${failed - before.failed} failed`)
  }
  console.log(`${passed} passed, ${failed} failed`)
  return failed > 0 ? 1 : 0
}

try {
  process.exitCode = main(process.argv.slice(2))
} catch (error) {
  if (!(error instanceof UnknownFormat)) throw error
  console.error(error.message)
  process.exitCode = 2
}
