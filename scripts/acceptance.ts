/**
 * `npm run acceptance`: the table of what may go wrong, with what shows that it is dealt with.
 * Ends with `N passed, N failed`, counted in rows, or in guards with `--mutate`.
 */
import './stack/environment.ts'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { type Guard, type Row, testsOf } from '../test/acceptance/registry.ts'
import { ROWS } from '../test/acceptance/rows.ts'
import { collect } from './acceptance/evidence.ts'
import { judge } from './acceptance/judge.ts'
import { type Mutated, mutate } from './acceptance/mutate.ts'
import { copyTree } from './acceptance/scratch.ts'
import { page, printed } from './acceptance/table.ts'
import { commandLine } from './command-line.ts'

const USAGE = `npm run acceptance                     every row, at every layer that it asks for
npm run acceptance -- T21 T22          these rows only
npm run acceptance -- --mutate [T21]   switches each row's guard off and shows that a test of the row fails
npm run acceptance -- --write          writes docs/acceptance.md from the rows; runs nothing`

const line = commandLine(USAGE)
const source = path.resolve(import.meta.dirname, '..')
const started = Date.now()
const seconds = (from: number): string => `${((Date.now() - from) / 1000).toFixed(0)} s`

const chosen = (ids: readonly string[]): readonly Row[] => {
  const unknown = ids.find((id) => !ROWS.some((row) => row.id === id))
  if (unknown) line.refuse(`no row ${unknown}; there are ${ROWS[0]?.id} to ${ROWS.at(-1)?.id}`)
  return ids.length === 0 ? ROWS : ROWS.filter((row) => ids.includes(row.id))
}

const conclude = (passed: number, failed: number): void => {
  console.log(`\nAcceptance in ${seconds(started)}`)
  console.log(`${passed} passed, ${failed} failed`)
  process.exitCode = failed === 0 ? 0 : 1
}

const table = async (rows: readonly Row[]): Promise<void> => {
  console.log(`Running the tests of ${rows.length} rows`)
  const progress = (text: string) => console.log(`  ${text}`)
  const evidence = await collect(
    { root: source },
    rows.flatMap((row) => testsOf(row)),
    progress,
  )
  for (const text of evidence.broken) console.log(`\n${text}\n`)
  const judged = rows.map((row) => judge(row, evidence, { toolsAreNeeded: process.env['CI'] === 'true' }))
  for (const each of judged) console.log(printed(each))
  const untold = judged.flatMap(({ layers }) => layers).filter(({ outcome }) => outcome === 'no_tool')
  if (untold.length > 0)
    console.log(
      `\n${untold.length} layers were not fully run, for cargo or redis-server is not on PATH; with CI=true that is a failure`,
    )
  const failed = judged.filter(({ passed }) => !passed)
  if (failed.length > 0) console.log(`\nFailed: ${failed.map(({ row }) => row.id).join(', ')}`)
  if (evidence.broken.length > 0)
    console.log(`\n${evidence.broken.length} runners or files failed beside their tests: above`)
  conclude(judged.length - failed.length, failed.length + evidence.broken.length)
}

const told = ({ row, guard, caughtBy, broken }: Mutated): string => {
  const what = guard.kind === 'mutant' ? `mutant ${guard.name}` : guard.file
  const [first, ...others] = caughtBy
  const caught =
    first === undefined
      ? `MISSED${broken ? `: ${broken}` : ''}`
      : `caught by "${first}"${others.length > 0 ? ` and ${others.length} more` : ''}`
  return `${row.id}  guard off: ${what} (${guard.why}) → ${caught}`
}

/** Rust guards and mutants go one after the other, since cargo locks its directory; the others run beside them. */
const mutateAll = async (rows: readonly Row[]): Promise<void> => {
  const all = rows.flatMap((row) => row.guards.map((guard) => ({ row, guard })))
  const isNative = (guard: Guard): boolean => guard.kind === 'mutant' || guard.file.endsWith('.rs')
  const lanes = [all.filter(({ guard }) => isNative(guard)), all.filter(({ guard }) => !isNative(guard))]
  let [passed, failed] = [0, 0]
  await Promise.all(
    lanes.map(async (work, lane) => {
      if (work.length === 0) return
      const scratch = copyTree(source, lane)
      for (const { row, guard } of work) {
        const from = Date.now()
        const result = await mutate(row, guard, scratch)
        if (result.caughtBy.length > 0) passed++
        else failed++
        console.log(`[${passed + failed}/${all.length}, ${seconds(from)}] ${told(result)}`)
      }
      scratch.remove()
    }),
  )
  const unguarded = rows.filter((row) => row.guards.length === 0)
  for (const row of unguarded) console.log(`${row.id}  no guard is registered`)
  conclude(passed, failed + unguarded.length)
}

const args = process.argv.slice(2)
const flags = args.filter((arg) => arg.startsWith('--'))
const rows = chosen(args.filter((arg) => !arg.startsWith('--')))
if (flags.length === 0) await table(rows)
else if (flags.join() === '--mutate') await mutateAll(rows)
else if (flags.join() === '--write') writeFileSync(path.join(source, 'docs/acceptance.md'), page(ROWS))
else line.refuse(`not understood: ${flags.join(' ')}`)
