import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { crateOf, type Runner, runnerOf, type Test } from '../../test/acceptance/registry.ts'
import { titlePattern } from '../../test/acceptance/titles.ts'
import { run } from './command.ts'

/** `absent`: no test of that name was run. `no_tool`: what runs it is not on this machine. */
export type Outcome = 'passed' | 'failed' | 'skipped' | 'absent' | 'no_tool'

/** One test as its runner reports it. `titles`: its own and those around it, outermost first. */
interface Reported {
  readonly file: string
  readonly titles: readonly string[]
  readonly outcome: 'passed' | 'failed' | 'skipped'
}

export interface Evidence {
  of(test: Test): Outcome
  /** Full titles of what failed, of these tests only. */
  failed(tests: readonly Test[]): readonly string[]
  /** What a runner printed that ended without a report of single tests, to be shown. */
  readonly broken: readonly string[]
}

interface VitestReport {
  readonly testResults: readonly {
    readonly name: string
    readonly status?: string
    readonly message?: string
    readonly assertionResults: readonly {
      readonly ancestorTitles: readonly string[]
      readonly title: string
      readonly status: string
    }[]
  }[]
}

type Collected = { readonly reported: readonly Reported[]; readonly broken?: string; readonly noTool?: boolean }
interface Place {
  /** The tree that is tested. */
  readonly root: string
  readonly env?: NodeJS.ProcessEnv
}

const ended = (status: string): Reported['outcome'] => (status === 'passed' || status === 'failed' ? status : 'skipped')

const byVitest = async ({ root, env }: Place, tests: readonly Test[]): Promise<Collected> => {
  const files = [...new Set(tests.map(({ file }) => file))].filter((file) => existsSync(path.join(root, file)))
  if (files.length === 0) return { reported: [] }
  const scratch = mkdtempSync(path.join(tmpdir(), 'lango-evidence-'))
  const report = path.join(scratch, 'vitest.json')
  const args = ['run', '--reporter=json', `--outputFile.json=${report}`, ...files]
  const { text } = await run('vitest', args, { cwd: root, env: { ...process.env, ...env } })
  try {
    const { testResults } = JSON.parse(readFileSync(report, 'utf8')) as VitestReport
    const reported = testResults.flatMap(({ name, assertionResults }) =>
      assertionResults.map(({ ancestorTitles, title, status }) => ({
        file: path.relative(root, name),
        titles: [...ancestorTitles, title],
        outcome: ended(status),
      })),
    )
    // Without a test at all, or failed though no test did: a hook, such as the search for what must be nowhere.
    const broken = testResults.filter(
      ({ status, assertionResults }) =>
        assertionResults.length === 0 ||
        (status === 'failed' && !assertionResults.some((each) => each.status === 'failed')),
    )
    return broken.length === 0
      ? { reported }
      : { reported, broken: broken.map((file) => `${file.name}: ${file.message}`).join('\n') }
  } catch {
    return { reported: [], broken: text.slice(-4_000) }
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

/** Names of Rust tests are told apart by the function alone; that they are unique is a test of the registry. */
const byCargo = async ({ root, env }: Place, tests: readonly Test[]): Promise<Collected> => {
  const packages = [...new Set(tests.map(({ file }) => crateOf(file)))]
  const args = ['test', '--manifest-path', 'rust-core/Cargo.toml', '--locked', '--no-fail-fast']
  // Only the tests that are asked for: some of the others run for seconds.
  const names = [...new Set(tests.map(({ name }) => name))]
  const { code, text } = await run('cargo', [...args, ...packages.flatMap((name) => ['-p', name]), '--', ...names], {
    cwd: root,
    env: { ...process.env, ...env },
  })
  if (code === 127) return { reported: [], noTool: true }
  const reported = [...text.matchAll(/^test (?:.*::)?(\w+)(?: - should panic)? \.\.\. (ok|FAILED|ignored)/gm)].flatMap(
    ([, name, word]) =>
      tests
        .filter((test) => test.name === name)
        .map(({ file }) => ({
          file,
          titles: [name ?? ''],
          outcome: word === 'ok' ? ('passed' as const) : word === 'FAILED' ? ('failed' as const) : ('skipped' as const),
        })),
  )
  return reported.length > 0 || code === 0 ? { reported } : { reported, broken: text.slice(-4_000) }
}

/** The model names its rules and not where they are written; that they are written there is a test of the registry. */
const byModel = async ({ root, env }: Place, tests: readonly Test[]): Promise<Collected> => {
  const { code, text } = await run('node', ['scripts/model.ts', '--quick'], {
    cwd: root,
    env: { ...process.env, ...env },
  })
  if (/ENOENT/.test(text)) return { reported: [], noTool: true }
  const [properties = ''] = text.split('The gallery of')
  const files = [...new Set(tests.map(({ file }) => file))]
  const reported = [...properties.matchAll(/^ {2}(ok|FAIL\w*) +(.*)$/gm)].flatMap(([, word, rule]) =>
    files.map((file) => ({
      file,
      titles: [rule ?? ''],
      outcome: word === 'ok' ? ('passed' as const) : ('failed' as const),
    })),
  )
  return reported.length > 0 || code === 0 ? { reported } : { reported, broken: text.slice(-4_000) }
}

/** Tests of a killed redis-server return at once where there is none: that is no evidence. */
const lacksTool = ({ name }: Test): boolean =>
  name.includes('redis-server') && spawnSync('sh', ['-c', 'command -v redis-server']).status !== 0

const COLLECT: Readonly<Record<Runner, (place: Place, tests: readonly Test[]) => Promise<Collected>>> = {
  vitest: byVitest,
  cargo: byCargo,
  model: byModel,
}

/** Runs these tests, each runner once, and looks up what became of each. */
export const collect = async (
  place: Place,
  tests: readonly Test[],
  progress: (text: string) => void = () => {},
): Promise<Evidence> => {
  const reported: Reported[] = []
  const broken: string[] = []
  const missing = new Set<Runner>()
  for (const runner of ['model', 'cargo', 'vitest'] as const) {
    const own = tests.filter((test) => runnerOf(test) === runner)
    if (own.length === 0) continue
    const from = Date.now()
    const collected = await COLLECT[runner](place, own)
    reported.push(...collected.reported)
    if (collected.broken !== undefined) broken.push(`${runner}: ${collected.broken}`)
    if (collected.noTool) missing.add(runner)
    progress(
      `${runner}: ${new Set(own.map(({ file }) => file)).size} files in ${((Date.now() - from) / 1000).toFixed(0)} s`,
    )
  }
  const about = ({ file, name }: Test): readonly Reported[] => {
    const pattern = titlePattern(name)
    return reported.filter((each) => each.file === file && each.titles.some((title) => pattern.test(title)))
  }
  return {
    broken,
    of: (test) => {
      if (missing.has(runnerOf(test)) || lacksTool(test)) return 'no_tool'
      const outcomes = about(test).map(({ outcome }) => outcome)
      if (outcomes.length === 0) return 'absent'
      if (outcomes.includes('failed')) return 'failed'
      // Of a suite's cases those are passed over, with a reason, that a gateway cannot have.
      if (test.writtenIn && outcomes.includes('passed')) return 'passed'
      return outcomes.includes('skipped') ? 'skipped' : 'passed'
    },
    failed: (asked) => [
      ...new Set(
        asked.flatMap((test) =>
          about(test)
            .filter(({ outcome }) => outcome === 'failed')
            .map(({ titles }) => titles.join(' › ')),
        ),
      ),
    ],
  }
}
