import { spawn } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { Outcome, Survivor } from './outcome.ts'
import { RUST } from './scope.ts'

/** What cargo-mutants writes of each mutant that it tried (mutants.out/outcomes.json). */
interface Outcomes {
  readonly outcomes: readonly {
    readonly scenario: 'Baseline' | { readonly Mutant: { readonly name: string; readonly file: string } }
    readonly summary: 'Success' | 'CaughtMutant' | 'MissedMutant' | 'Unviable' | 'Timeout' | 'Failure'
  }[]
}

const nameOf = (name: string): { at: string; id: string } => {
  const [, file = '', line = '', change = name] = /^(.+?):(\d+):\d+: (.+)$/.exec(name) ?? []
  return { at: `rust-core/${file}:${line}`, id: `${file}: ${change}` }
}

/**
 * Every mutant is compiled and run for itself: no debug information to write, and what does not change (the elliptic curve
 * above all) is made fast once.
 */
const PROFILE = `
[profile.dev]
debug = 0
[profile.dev.package."*"]
opt-level = 2
`

const run = (tree: string, args: readonly string[]): Promise<number> =>
  new Promise((resolve, reject) => {
    const child = spawn('cargo', ['mutants', ...args], {
      cwd: path.join(tree, 'rust-core'),
      stdio: 'inherit',
      // Enough cases to notice, few enough for hundreds of runs; what ships is tested with the full number.
      env: { ...process.env, PROPTEST_CASES: '64' },
    })
    child.once('error', reject)
    child.once('close', (code) => resolve(code ?? 1))
  })

/** Every mutant of the core in scope, tried in `tree`, a copy that may be spoiled. `only`: a part of a file's path. */
export const mutateRust = async (tree: string, only: string | undefined): Promise<Outcome> => {
  mkdirSync(path.join(tree, 'rust-core/.cargo'), { recursive: true })
  writeFileSync(path.join(tree, 'rust-core/.cargo/config.toml'), PROFILE)
  const survivors: Survivor[] = []
  let caught = 0
  for (const scope of RUST.filter(({ files }) => only === undefined || files.includes(only))) {
    const output = path.join(tree, 'mutants', scope.files.replaceAll(/[^a-z]+/g, '-'))
    mkdirSync(output, { recursive: true })
    const code = await run(tree, [
      ...['--in-place', '--no-shuffle', '--colors', 'never', '--timeout', '60'],
      ...['--package', scope.package, '--file', scope.files, '--output', output],
      ...(scope.tests ? ['--', ...scope.tests] : []),
    ])
    // 2: some survived, 3: some ran out of time, which also is being noticed.
    if (![0, 2, 3].includes(code)) throw new Error(`cargo mutants failed with exit code ${code}`)
    const { outcomes } = JSON.parse(readFileSync(path.join(output, 'mutants.out/outcomes.json'), 'utf8')) as Outcomes
    for (const { scenario, summary } of outcomes) {
      if (scenario === 'Baseline') continue
      if (summary === 'MissedMutant') survivors.push({ ...nameOf(scenario.Mutant.name), money: scope.money })
      else if (summary !== 'Unviable') caught += 1
    }
  }
  return { caught, survivors }
}
