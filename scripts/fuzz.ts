/**
 * Fuzzes the core: replays the committed corpus, then lets libFuzzer search on from it.
 * Runs on a stable compiler: the coverage that libFuzzer steers by is a pass of LLVM's, which needs no nightly flag. (Address
 * sanitising would, and finds what safe Rust does not have.) The last line is the total; exit 1 when something was found.
 */
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { commandLine } from './command-line.ts'

const root = path.resolve(import.meta.dirname, '..')
const directory = path.join(root, 'rust-core/fuzz')
const findings = path.join(directory, 'findings')

const INSTRUMENTED = [
  '-Cpasses=sancov-module',
  '-Cllvm-args=-sanitizer-coverage-level=4',
  '-Cllvm-args=-sanitizer-coverage-inline-8bit-counters',
  '-Cllvm-args=-sanitizer-coverage-pc-table',
  '-Cllvm-args=-sanitizer-coverage-trace-compares',
  '-Ccodegen-units=1',
  '--cfg=fuzzing',
]

/** Beyond the limits of every field that is read, so that the limits are met too. */
const INPUT_BYTES_MAX = 8192
const INPUT_SECONDS_MAX = 5
const MEMORY_MB_MAX = 1024

const USAGE = `npm run fuzz -- --seconds 60            shared among the targets
npm run fuzz -- --seconds 600 --grow    adds what reached new code to the corpus
npm run fuzz -- --target signatures     one target alone
npm run fuzz -- --seed 7                a search again`

const line = commandLine(USAGE)
const { values } = line.options({
  options: {
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    target: { type: 'string' },
    grow: { type: 'boolean', default: false },
  },
})

const host = (): string => {
  const { stdout, status } = spawnSync('rustc', ['-vV'], { encoding: 'utf8' })
  const found = /^host: (.+)$/m.exec(stdout ?? '')?.[1]
  if (status !== 0 || found === undefined) throw new Error('no Rust compiler: rustc -vV does not answer')
  return found
}

const build = (target: string): string => {
  const { status } = spawnSync('cargo', ['build', '--quiet', '--release', '--locked', `--target=${target}`], {
    cwd: directory,
    // The flags must not reach build scripts, which run without libFuzzer: hence a target, even if it is the host.
    env: { ...process.env, CARGO_ENCODED_RUSTFLAGS: INSTRUMENTED.join('\x1f') },
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  if (status !== 0)
    throw new Error('the fuzz targets do not build (libFuzzer needs a C++ compiler: apt-get install g++)')
  return path.join(directory, 'target', target, 'release')
}

interface Run {
  readonly executions: number
  readonly failed: boolean
}

const run = (binary: string, args: readonly string[]): Run => {
  mkdirSync(findings, { recursive: true })
  const { status, stderr } = spawnSync(
    binary,
    [
      `-artifact_prefix=${findings}/${path.basename(binary)}-`,
      `-max_len=${INPUT_BYTES_MAX}`,
      `-timeout=${INPUT_SECONDS_MAX}`,
      `-rss_limit_mb=${MEMORY_MB_MAX}`,
      '-print_final_stats=1',
      ...args,
    ],
    { encoding: 'utf8', maxBuffer: 1 << 28, cwd: directory },
  )
  const executions = Number(/stat::number_of_executed_units:\s*(\d+)/.exec(stderr)?.[1] ?? 0)
  if (status !== 0) console.log(stderr.split('\n').slice(-40).join('\n'))
  return { executions, failed: status !== 0 }
}

const main = (): number => {
  const [seconds, seed] = [line.whole('--seconds', values.seconds), line.whole('--seed', values.seed)]
  const known = readdirSync(path.join(directory, 'fuzz_targets')).map((file) => path.basename(file, '.rs'))
  const targets = known.filter((name) => values.target === undefined || values.target === name)
  if (targets.length === 0) line.refuse(`--target: ${values.target} is none of ${known.join(', ')}`)
  const binaries = build(host())
  const total = { inputs: 0, executions: 0, found: 0 }
  for (const name of targets) {
    const corpus = path.join(directory, 'corpus', name)
    const inputs = existsSync(corpus) ? readdirSync(corpus).length : 0
    if (inputs === 0) throw new Error(`${name} has no corpus: add a first input in rust-core/fuzz/corpus/${name}`)
    const binary = path.join(binaries, name)
    const replayed = run(binary, ['-runs=0', corpus])
    const fresh = mkdtempSync(path.join(tmpdir(), `lango-fuzz-${name}-`))
    try {
      const share = Math.floor(seconds / targets.length)
      const searched =
        replayed.failed || share === 0
          ? { executions: 0, failed: false }
          : run(binary, [`-max_total_time=${share}`, `-seed=${seed + 1}`, fresh, corpus])
      const found = [replayed, searched].filter(({ failed }) => failed).length
      console.log(
        `${name}: ${inputs} inputs replayed, ${searched.executions} executions in ${share} s, ` +
          `${readdirSync(fresh).length} reached new code, ${found === 0 ? 'nothing found' : `FOUND: see ${findings}`}`,
      )
      if (values.grow && found === 0) {
        const merged = run(binary, ['-merge=1', '-use_counters=0', corpus, fresh])
        if (merged.failed) throw new Error(`${name}: the corpus could not be merged`)
      } else if (found > 0) {
        cpSync(fresh, path.join(findings, `${name}-corpus`), { recursive: true })
      }
      total.inputs += inputs
      total.executions += searched.executions
      total.found += found
    } finally {
      rmSync(fresh, { recursive: true })
    }
  }
  if (total.found === 0) rmSync(findings, { recursive: true, force: true })
  console.log(
    `${targets.length} targets, ${total.inputs} inputs replayed, ${total.executions} executions in ${seconds} s ` +
      `(seed ${seed}): ${total.found} findings`,
  )
  return total.found > 0 ? 1 : 0
}

process.exitCode = main()
