import { spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { Outcome, Survivor } from './outcome.ts'
import { TYPESCRIPT, TYPESCRIPT_TESTS } from './scope.ts'

/** The part of Stryker's report (mutation-testing-report-schema 2) that is read here. */
interface Report {
  readonly files: Readonly<
    Record<
      string,
      {
        readonly source: string
        readonly mutants: readonly {
          readonly mutatorName: string
          readonly replacement?: string
          readonly status: string
          readonly location: {
            readonly start: { readonly line: number; readonly column: number }
            readonly end: { readonly line: number; readonly column: number }
          }
        }[]
      }
    >
  >
}

const CAUGHT = ['Killed', 'Timeout']
const SURVIVED = ['Survived', 'NoCoverage']

const writeConfig = (tree: string, files: readonly string[]): void => {
  writeFileSync(
    path.join(tree, 'vitest.mutants.config.ts'),
    `export default { test: { include: ${JSON.stringify(TYPESCRIPT_TESTS)}, testTimeout: 20000 } }\n`,
  )
  const config = {
    testRunner: 'vitest',
    plugins: ['@stryker-mutator/vitest-runner'],
    vitest: { configFile: 'vitest.mutants.config.ts', related: false },
    mutate: files,
    coverageAnalysis: 'perTest',
    // A change of the code while it is loaded needs a fresh process for each: minutes for text that is spelled out once.
    ignoreStatic: true,
    reporters: ['json', 'progress'],
    jsonReporter: { fileName: 'mutants/typescript.json' },
    // Stryker would read it with an API that TypeScript 7 has no more.
    tsconfigFile: 'there-is-none.json',
    ignorePatterns: ['rust-core', 'mutants'],
  }
  writeFileSync(path.join(tree, 'stryker.config.json'), JSON.stringify(config))
}

const textAt = (source: string, { start, end }: Report['files'][string]['mutants'][number]['location']): string =>
  source
    .split('\n')
    .slice(start.line - 1, end.line)
    .map((line, i, lines) =>
      line.slice(i === 0 ? start.column - 1 : 0, i === lines.length - 1 ? end.column - 1 : undefined),
    )
    .join(' ')

/** Every mutant of the glue in scope, tried in `tree`, a copy that may be spoiled. `only`: a part of a file's path. */
export const mutateTypescript = async (tree: string, only: string | undefined): Promise<Outcome> => {
  const files = TYPESCRIPT.filter((file) => only === undefined || file.includes(only))
  if (files.length === 0) return { caught: 0, survivors: [] }
  writeConfig(tree, files)
  const code = await new Promise<number>((resolve, reject) => {
    const child = spawn('stryker', ['run'], { cwd: tree, stdio: 'inherit' })
    child.once('error', reject)
    child.once('close', (exit) => resolve(exit ?? 1))
  })
  if (code !== 0) throw new Error(`stryker failed with exit code ${code}`)
  const report = JSON.parse(readFileSync(path.join(tree, 'mutants/typescript.json'), 'utf8')) as Report
  const survivors: Survivor[] = []
  let caught = 0
  for (const [file, { source, mutants }] of Object.entries(report.files)) {
    for (const mutant of mutants) {
      if (CAUGHT.includes(mutant.status)) caught += 1
      if (!SURVIVED.includes(mutant.status)) continue
      const change = `${textAt(source, mutant.location)} → ${mutant.replacement ?? ''}`.replaceAll(/\s+/g, ' ')
      survivors.push({
        id: `${file}: ${mutant.mutatorName}: ${change}`,
        at: `${file}:${mutant.location.start.line}`,
        money: false,
      })
    }
  }
  return { caught, survivors }
}
