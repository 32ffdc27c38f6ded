/**
 * `npm test`: every check there is, one after the other, ending in one line `N passed, N failed`.
 * With CI=true a missing tool is a failure; on a developer's machine what needs it is skipped and says so.
 */
import './stack/environment.ts'
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

interface Tally {
  passed: number
  failed: number
  /** Tests that were passed over, and said why. */
  skipped?: number
}

interface Step {
  readonly name: string
  /** Tools that this step cannot do without: any one of each group will do. */
  readonly needs?: readonly (readonly string[])[]
  /** `output`: whether what its commands print is shown at once, or left to whoever asked. */
  run(output?: Output): Promise<Tally>
  /** It waits more than it works: this one is done meanwhile, and told of when its turn comes. */
  readonly beside?: string
}

type Output = 'shown' | 'quiet'

const CI = process.env['CI'] === 'true'
const started = Date.now()
const scratch = mkdtempSync(path.join(tmpdir(), 'lango-test-'))

const onPath = (tool: string): boolean =>
  spawnSync('sh', ['-c', `command -v ${tool}`], { stdio: 'ignore' }).status === 0

/** Runs a command, shows what it prints unless told to be quiet, and returns its exit code and text. */
const run = (
  command: string,
  args: readonly string[],
  output: Output = 'shown',
): Promise<{ code: number; text: string }> =>
  new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    let text = ''
    for (const [stream, out] of [
      [child.stdout, process.stdout],
      [child.stderr, process.stderr],
    ] as const) {
      stream.on('data', (chunk: Buffer) => {
        text += chunk.toString()
        if (output === 'shown') out.write(chunk)
      })
    }
    child.once('error', reject)
    child.once('close', (code) => resolve({ code: code ?? 1, text }))
  })

const one = async (command: string, args: readonly string[], output?: Output): Promise<Tally> => {
  const { code, text } = await run(command, args, output)
  if (code !== 0 && output === 'quiet') console.log(text)
  return code === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 }
}

const vitest = async (): Promise<Tally> => {
  const report = path.join(scratch, 'vitest.json')
  const { code } = await run('vitest', ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`])
  try {
    const { numPassedTests, numFailedTests, numFailedTestSuites, numPendingTests, numTodoTests } = JSON.parse(
      readFileSync(report, 'utf8'),
    ) as Record<string, number>
    const failed = Math.max(numFailedTests ?? 0, code === 0 ? 0 : Math.max(1, numFailedTestSuites ?? 0))
    return { passed: numPassedTests ?? 0, failed, skipped: (numPendingTests ?? 0) + (numTodoTests ?? 0) }
  } catch {
    return { passed: 0, failed: 1 }
  }
}

/** A script that ends in `N passed, N failed`. */
const counted = async (command: string, args: readonly string[]): Promise<Tally> => {
  const { code, text } = await run(command, args)
  const [, passed, failed] = /(\d+) passed, (\d+) failed\n$/.exec(text) ?? []
  return { passed: Number(passed ?? 0), failed: code === 0 ? Number(failed ?? 1) : Math.max(1, Number(failed ?? 1)) }
}

const cargo = async (which: readonly string[]): Promise<Tally> => {
  const { code, text } = await run('cargo', [
    'test',
    '--manifest-path',
    'rust-core/Cargo.toml',
    '--locked',
    '--quiet',
    '--no-fail-fast',
    ...which,
  ])
  const tally = { passed: 0, failed: 0, skipped: 0 }
  const results = /test result: \w+\. (\d+) passed; (\d+) failed; (\d+) ignored/g
  for (const [, passed, failed, ignored] of text.matchAll(results)) {
    tally.passed += Number(passed)
    tally.failed += Number(failed)
    tally.skipped += Number(ignored)
  }
  if (code !== 0 && tally.failed === 0) tally.failed = 1
  return tally
}

const PROVISIONED = ['manifest.bin', 'sealed.bin', 'trust.bin'].map((file) => path.join('src/vault/provisioned', file))

/** What `npm run provision -- seal` writes is no part of a clone. A dry run uploads nothing: empty files stand for it. */
const withProvisioned = async <Value>(work: () => Promise<Value>): Promise<Value> => {
  const made = PROVISIONED.filter((file) => !existsSync(file))
  for (const file of made) {
    mkdirSync(path.dirname(file), { recursive: true })
    writeFileSync(file, '')
  }
  try {
    return await work()
  } finally {
    for (const file of made) rmSync(file)
  }
}

/** Each Worker in each environment, as it would be uploaded. */
const dryRuns = async (): Promise<Tally> => {
  const tally = { passed: 0, failed: 0 }
  for (const config of ['src/vault/wrangler.toml', 'src/consumer/wrangler.toml', 'wrangler.toml']) {
    for (const environment of ['', 'staging', 'production']) {
      const outdir = path.join(scratch, 'dry', config.replaceAll('/', '-'), environment)
      const { code, text } = await run(
        'wrangler',
        ['deploy', '--dry-run', '-c', config, '--env', environment, '--outdir', outdir],
        'quiet',
      )
      const warned = /\bWARNING\b|▲/.test(text)
      if (code === 0 && !warned) tally.passed += 1
      else {
        tally.failed += 1
        console.log(text)
      }
      console.log(`  ${code === 0 && !warned ? 'ok  ' : 'FAIL'} ${config} ${environment || '(development)'}`)
    }
  }
  return tally
}

/** What others publish, through the committed WASM. */
const VECTORS = [
  ...globSync(['test/vectors/rfc9421/*.json', 'test/vectors/structured-fields/*.json']).toSorted(),
  'test/vectors/pawapay/request-signature-worked-example.json',
  'test/vectors/pawapay/callback-real-sandbox-signed-headers.json',
]

const STEPS: readonly Step[] = [
  { name: 'types', run: () => one('npm', ['run', '--silent', 'typecheck']) },
  { name: 'lint and format', run: () => one('npm', ['run', '--silent', 'lint']) },
  {
    name: 'committed WASM belongs to these sources',
    run: () => one('node', ['scripts/build-core.ts', '--check-source']),
  },
  {
    name: 'Rust core, native tests',
    needs: [['cargo']],
    run: () => cargo(['--workspace']),
  },
  {
    name: 'the router without its guards, one by one',
    needs: [['cargo']],
    run: () => cargo(['--package', 'route', '--features', 'mutants', '--test', 'gallery']),
  },
  {
    name: 'vectors of RFC 9421, RFC 9651 and the gateway',
    run: () => counted('node', ['scripts/vectors.ts', ...VECTORS]),
  },
  {
    name: 'the model, quick bounds, and its mutants',
    needs: [['cargo']],
    run: () => counted('node', ['scripts/model.ts', '--quick']),
  },
  {
    name: 'seeded simulation of the whole system',
    run: () => counted('node', ['scripts/simulate.ts', '--payments', CI ? '20000' : '2000', '--seed', '1']),
  },
  { name: 'tests', needs: CI ? [['redis-server'], ['chromium']] : [], run: vitest },
  {
    name: 'WASM rebuilt and compared',
    needs: [['wasm-ld-19', 'wasm-ld-16', 'rustup'], ['cargo']],
    beside: 'tests',
    run: (output) => one('nice', ['node', 'scripts/build-core.ts', '--check'], output),
  },
  { name: 'dry-run deploys', run: () => withProvisioned(dryRuns) },
  ...(CI
    ? [
        {
          name: 'a minute of chaos',
          needs: [['redis-server']],
          run: () =>
            counted('node', ['scripts/chaos.ts', '--minutes', '1', '--seed', '1', '--rate', '3', '--gateways', 'one']),
        },
        {
          name: 'a minute of API fuzzing',
          needs: [['python3']],
          run: () => counted('node', ['scripts/api-fuzz.ts', '--seconds', '60']),
        },
        {
          name: 'the corpus of the core, and a minute of fuzzing it',
          needs: [['cargo'], ['g++', 'clang++']],
          run: () => one('node', ['scripts/fuzz.ts', '--seconds', '60']),
        },
      ]
    : []),
]

const total = { passed: 0, failed: 0, skipped: 0 }
const failures: string[] = []
const passedOver: string[] = []
const missingOf = (step: Step): string | undefined =>
  (step.needs ?? []).find((group) => !group.some(onPath))?.join(' or ')

/** What was begun beside another step: its tally, and how long it took. */
const begun = new Map<Step, Promise<{ readonly tally: Tally; readonly ms: number }>>()
const begin = (step: Step, output: Output) => {
  const from = Date.now()
  return step.run(output).then((tally) => ({ tally, ms: Date.now() - from }))
}

for (const [i, step] of STEPS.entries()) {
  const missing = missingOf(step)
  const title = `[${i + 1}/${STEPS.length}] ${step.name}`
  if (missing && !CI) {
    console.log(`\n${title}: skipped, ${missing} is not on PATH`)
    passedOver.push(step.name)
    continue
  }
  console.log(`\n${title}`)
  for (const other of STEPS)
    if (other.beside === step.name && !missingOf(other)) begun.set(other, begin(other, 'quiet'))
  const { tally, ms } = missing
    ? { tally: { passed: 0, failed: 1 }, ms: 0 }
    : await (begun.get(step) ?? begin(step, 'shown'))
  if (missing) console.log(`${missing} is not on PATH, and CI=true`)
  total.passed += tally.passed
  total.failed += tally.failed
  total.skipped += tally.skipped ?? 0
  if (tally.failed > 0) failures.push(step.name)
  console.log(`${title}: ${tally.failed === 0 ? 'ok' : 'FAILED'} in ${(ms / 1000).toFixed(1)} s`)
}
rmSync(scratch, { recursive: true, force: true })
if (failures.length > 0) console.log(`\nFailed: ${failures.join(', ')}`)
console.log(`\nAll checks in ${((Date.now() - started) / 1000).toFixed(0)} s`)
if (passedOver.length > 0) console.log(`Steps that were skipped: ${passedOver.join(', ')}`)
if (total.skipped > 0) console.log(`${total.skipped} tests were skipped, and are in neither number:`)
console.log(`${total.passed} passed, ${total.failed} failed`)
process.exitCode = total.failed === 0 ? 0 : 1
