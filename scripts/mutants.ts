/**
 * `npm run mutants`: changes the code in every small way it can think of, and runs the tests: each change must be noticed.
 *
 *   npm run mutants                     the core (cargo-mutants, one to two hours on two cores) and the glue (Stryker, ten minutes)
 *   npm run mutants -- rust [PART]      only the core; only files whose path has PART in it
 *   npm run mutants -- typescript [PART]
 *
 * Works in a copy of the tree. In money code no change may go unnoticed; elsewhere a few may, with the reason in
 * test/mutants/explained.json.
 */
import './stack/environment.ts'
import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type Explanation, judge, type Outcome } from './mutants/outcome.ts'
import { mutateRust } from './mutants/rust.ts'
import { EXPLAINED_MAX, RUST, TYPESCRIPT } from './mutants/scope.ts'
import { mutateTypescript } from './mutants/typescript.ts'

const TOOL = 'cargo-mutants 27.1.0'

const copyTree = (): string => {
  const tree = mkdtempSync(path.join(tmpdir(), 'lango-mutants-'))
  const files = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  })
  for (const file of files.split('\0').filter(Boolean)) cpSync(file, path.join(tree, file), { force: true })
  symlinkSync(path.resolve('node_modules'), path.join(tree, 'node_modules'))
  return tree
}

const [language, only, ...rest] = process.argv.slice(2)
if (rest.length > 0 || (language !== undefined && !['rust', 'typescript'].includes(language))) {
  console.error('Usage: npm run mutants [-- rust|typescript [PART OF A PATH]]')
  process.exit(2)
}
if (language !== 'typescript' && spawnSync('cargo', ['mutants', '--version'], { stdio: 'ignore' }).status !== 0) {
  console.error(
    `cargo-mutants is not there. Get it with: cargo install --locked cargo-mutants --version ${TOOL.split(' ')[1]}`,
  )
  process.exit(2)
}

const inScope = [
  ...(language === 'typescript' ? [] : RUST.map(({ files }) => files)),
  ...(language === 'rust' ? [] : TYPESCRIPT),
]
if (only !== undefined && !inScope.some((files) => files.includes(only))) {
  console.error(
    `No file with ${only} in its path is changed. There are\n${inScope.map((files) => `  ${files}`).join('\n')}`,
  )
  process.exit(2)
}

const tree = copyTree()
const outcomes: Outcome[] = []
try {
  if (language !== 'typescript') outcomes.push(await mutateRust(tree, only))
  if (language !== 'rust') outcomes.push(await mutateTypescript(tree, only))
} finally {
  rmSync(tree, { recursive: true, force: true })
}

const explanations = JSON.parse(readFileSync('test/mutants/explained.json', 'utf8')) as Explanation[]
const survivors = outcomes.flatMap((outcome) => outcome.survivors)
const { failures, explained } = judge(survivors, explanations, EXPLAINED_MAX, language === undefined)
for (const line of explained) console.log(`explained: ${line}`)
for (const line of failures) console.log(`FAIL ${line}`)
const caught = outcomes.reduce((sum, outcome) => sum + outcome.caught, 0)
console.log(`\n${caught} changes noticed, ${explained.length} explained`)
console.log(`${caught + explained.length} passed, ${failures.length} failed`)
process.exitCode = failures.length === 0 ? 0 : 1
