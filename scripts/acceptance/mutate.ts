import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { type Guard, type Row, runnerOf, type Test, testsOf } from '../../test/acceptance/registry.ts'
import { run } from './command.ts'
import { collect } from './evidence.ts'
import type { Scratch } from './scratch.ts'

export interface Mutated {
  readonly row: Row
  readonly guard: Guard
  /** Full titles of the row's tests that failed; none when the loss of the guard went unnoticed. */
  readonly caughtBy: readonly string[]
  /** Why there is no answer: the patch does not fit, or what was patched did not run. */
  readonly broken?: string
}

const isRust = (file: string): boolean => file.endsWith('.rs')

/** What a test costs: pure code, then one Worker or the vault beside every gateway, then the whole stack. */
const cost = ({ file }: Test): number => {
  if (/^test\/(e2e|crash|chaos)\//.test(file)) return 3
  // A world of its own, in which not every file of ours runs.
  if (file.startsWith('test/simulation/') || file === 'test/acceptance/simulated.test.ts') return 2
  return /^test\/(workers|conformance)\//.test(file) ? 1 : 0
}

/** The row's tests that must notice: see `Guard`. Rust is compiled natively, so TypeScript's tests do not see it change. */
export const mustNotice = (row: Row, guard: Extract<Guard, { kind: 'text' }>): readonly Test[] => {
  const able = testsOf(row).filter(
    (test) => runnerOf(test) !== 'model' && (runnerOf(test) === 'cargo') === isRust(guard.file),
  )
  if (guard.seenIn) return able.filter(({ file }) => file === guard.seenIn)
  const least = Math.min(...able.map(cost))
  return able.filter((test) => cost(test) === least)
}

/** The source with the guard switched off. Throws unless the text stands there exactly once. */
export const patched = (source: string, guard: Extract<Guard, { kind: 'text' }>): string => {
  const parts = source.split(guard.find)
  if (parts.length !== 2)
    throw new Error(`${guard.file}: the guard's text stands there ${parts.length - 1} times: ${guard.find}`)
  return parts.join(guard.replace)
}

const byMutant = async (row: Row, guard: Extract<Guard, { kind: 'mutant' }>, root: string): Promise<Mutated> => {
  const { code, text } = await run('node', ['scripts/model.ts', '--mutant', guard.name], { cwd: root })
  const [, found] = new RegExp(`^ {2}ok +${guard.name} +(.*)$`, 'm').exec(text) ?? []
  if (code !== 0 || !found) return { row, guard, caughtBy: [], ...(code === 0 ? {} : { broken: text.slice(-300) }) }
  return { row, guard, caughtBy: [`the model: ${found.trim()}`] }
}

/** What came of a test, and of what broke beside it. */
const withoutPatch = new WeakMap<Scratch, Map<string, string>>()

/**
 * Those of the tests that pass with every guard in place, and of the others what came of them: one that fails anyway catches
 * nothing. Asked once for each.
 */
const soundOf = async (tests: readonly Test[], scratch: Scratch) => {
  const known = withoutPatch.get(scratch) ?? new Map<string, string>()
  withoutPatch.set(scratch, known)
  const nameOf = ({ file, name }: Test) => `${file}\n${name}`
  const fresh = tests.filter((test) => !known.has(nameOf(test)))
  if (fresh.length > 0) {
    const evidence = await collect({ root: scratch.root, env: scratch.env }, fresh)
    for (const test of fresh) {
      const outcome = evidence.of(test)
      const because = outcome === 'passed' ? [] : evidence.broken
      known.set(nameOf(test), [outcome, ...because].join('\n'))
    }
  }
  const outcomeOf = (test: Test) => known.get(nameOf(test)) ?? 'absent'
  return {
    sound: tests.filter((test) => outcomeOf(test) === 'passed'),
    others: tests.filter((test) => outcomeOf(test) !== 'passed').map((test) => `${test.name}: ${outcomeOf(test)}`),
  }
}

/** Switches one guard off in the scratch tree, runs the row's tests there, and puts the tree right again. */
export const mutate = async (row: Row, guard: Guard, scratch: Scratch): Promise<Mutated> => {
  if (guard.kind === 'mutant') return byMutant(row, guard, scratch.source)
  const file = path.join(scratch.root, guard.file)
  const original = readFileSync(file, 'utf8')
  const tests = mustNotice(row, guard)
  if (tests.length === 0) return { row, guard, caughtBy: [], broken: 'the row has no test that could notice' }
  try {
    const { sound, others } = await soundOf(tests, scratch)
    if (sound.length === 0)
      return { row, guard, caughtBy: [], broken: ['not passed with the guard in place', ...others].join('\n') }
    writeFileSync(file, patched(original, guard))
    const evidence = await collect({ root: scratch.root, env: scratch.env }, tests)
    const caughtBy = evidence.failed(sound)
    // What does not compile or is not run proves nothing.
    const notRun = tests.filter((test) => evidence.of(test) === 'absent').map(({ name }) => `not run: ${name}`)
    const broken = caughtBy.length === 0 ? [...evidence.broken, ...notRun].join('\n') : ''
    return { row, guard, caughtBy, ...(broken ? { broken } : {}) }
  } catch (error) {
    return { row, guard, caughtBy: [], broken: (error as Error).message }
  } finally {
    writeFileSync(file, original)
  }
}
