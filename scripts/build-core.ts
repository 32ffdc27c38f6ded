/**
 * Builds the Rust core into src/core/generated: vault.wasm, httpsig.wasm, decide.wasm and route.wasm with
 * their .js and .d.ts, and BUILD.json.
 */
import { createHash } from 'node:crypto'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { gzipSync } from 'node:zlib'
import { commandLine } from './command-line.ts'
import {
  type Compiler,
  type CompilerIdentity,
  cleanEnvironment,
  findCompiler,
  rustFlags,
  TARGET,
} from './core/compiler.ts'
import { run } from './core/run.ts'
import { sourceHash } from './core/source-hash.ts'
import { exportFunctionsOnly } from './core/wasm-exports.ts'
import { optimise } from './core/wasm-opt.ts'

const root = path.resolve(import.meta.dirname, '..')
const rustCore = path.join(root, 'rust-core')
const generated = path.join(root, 'src/core/generated')
/** Faces by wasm-bindgen: pure and without keys. */
const OPEN = ['decide', 'route'] as const
/** Behind a mailbox of numbers: their memory is not exported. */
const CLOSED = ['vault', 'httpsig'] as const
const ARTEFACTS = [
  ...CLOSED.map((name) => `${name}.wasm`),
  ...OPEN.flatMap((name) => [`${name}.wasm`, `${name}.js`, `${name}.d.ts`]),
]

interface BuildRecord {
  readonly compiler: CompilerIdentity
  readonly binaryen: string
  readonly sourceSha256: string
  readonly artefacts: Readonly<Record<string, { readonly sha256: string; readonly bytes: number }>>
}

const startedAt = performance.now()
const say = (text: string): void => {
  console.log(`${((performance.now() - startedAt) / 1000).toFixed(1).padStart(6)} s  ${text}`)
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/** Packages that are compiled together share what is switched on in httpsig: what is deployed gets no more than it asks for. */
const TOGETHER = [['vault-wasm', 'decide-wasm', 'route-wasm'], ['httpsig-wasm']] as const

const compile = (compiler: Compiler, hash: string): string => {
  const targetDirectory = path.join(rustCore, 'target/wasm')
  for (const packages of TOGETHER) compileTogether(compiler, hash, targetDirectory, packages)
  return path.join(targetDirectory, TARGET, 'release')
}

const compileTogether = (
  compiler: Compiler,
  hash: string,
  targetDirectory: string,
  packages: readonly string[],
): void =>
  run(
    compiler.cargo,
    [
      'build',
      '--quiet',
      '--release',
      '--locked',
      `--target=${TARGET}`,
      `--target-dir=${targetDirectory}`,
      ...packages.map((name) => `--package=${name}`),
      ...compiler.cargoArguments,
    ],
    {
      cwd: rustCore,
      env: {
        ...cleanEnvironment(),
        ...compiler.environment,
        CARGO_ENCODED_RUSTFLAGS: rustFlags(compiler, rustCore).join('\x1f'),
        LANGO_BUILD_ID: hash.slice(0, 16),
      },
    },
  )

const bindgen = (compiler: Compiler, name: string, from: string, to: string): void => {
  const env = {
    ...cleanEnvironment(),
    ...(compiler.environment['RUSTC'] === undefined ? {} : { RUSTC: compiler.environment['RUSTC'] }),
  }
  run(compiler.cargo, ['run', '--quiet', '--locked', '--', from, to, name], {
    cwd: path.join(rustCore, 'tools/bindgen'),
    env,
  })
}

/** Builds everything into `directory` and says what it was built from. */
const build = (compiler: Compiler, directory: string): BuildRecord => {
  const hash = sourceHash(rustCore)
  say(`${compiler.identity.rustc.split(';')[0]}, std: ${compiler.identity.std}, sources ${hash.slice(0, 16)}`)
  const compiled = compile(compiler, hash)
  say('compiled')

  const work = mkdtempSync(path.join(tmpdir(), 'lango-core-'))
  try {
    for (const name of CLOSED) {
      const stripped = path.join(work, `${name}.wasm`)
      writeFileSync(stripped, exportFunctionsOnly(readFileSync(path.join(compiled, `${name}_wasm.wasm`))))
      optimise(stripped, path.join(directory, `${name}.wasm`))
      refuseLeaks(`${name}.wasm`, readFileSync(path.join(directory, `${name}.wasm`)))
      say(`${name}.wasm`)
    }

    for (const name of OPEN) {
      bindgen(compiler, name, path.join(compiled, `${name}_wasm.wasm`), work)
      optimise(path.join(work, `${name}_bg.wasm`), path.join(directory, `${name}.wasm`))
      for (const ending of ['js', 'd.ts'])
        copyFileSync(path.join(work, `${name}.${ending}`), path.join(directory, `${name}.${ending}`))
      say(`${name}.wasm`)
    }
  } finally {
    rmSync(work, { recursive: true })
  }

  const artefacts = Object.fromEntries(
    ARTEFACTS.map((name) => {
      const bytes = readFileSync(path.join(directory, name))
      say(`${name.padEnd(12)} ${bytes.length} bytes, ${gzipSync(bytes, { level: 9 }).length} gzip`)
      return [name, { sha256: sha256(bytes), bytes: bytes.length }]
    }),
  )
  return { compiler: compiler.identity, binaryen: binaryenVersion(), sourceSha256: hash, artefacts }
}

/** What holds keys takes nothing from its host and gives out functions only. */
const refuseLeaks = (name: string, bytes: Uint8Array<ArrayBuffer>): void => {
  const module = new WebAssembly.Module(bytes)
  const imports = WebAssembly.Module.imports(module)
  const leaks = WebAssembly.Module.exports(module).filter(({ kind }) => kind !== 'function')
  if (imports.length > 0) throw new Error(`${name} imports ${imports.map(({ name }) => name).join(', ')}`)
  if (leaks.length > 0)
    throw new Error(`${name} exports ${leaks.map(({ name, kind }) => `${kind} ${name}`).join(', ')}`)
}

const binaryenVersion = (): string => {
  const manifest: { version: string } = JSON.parse(
    readFileSync(path.join(root, 'node_modules/binaryen/package.json'), 'utf8'),
  )
  return manifest.version
}

const recorded = (): BuildRecord => JSON.parse(readFileSync(path.join(generated, 'BUILD.json'), 'utf8'))

/** Committed artefacts against BUILD.json, BUILD.json against the sources. */
const sourceProblems = (): readonly string[] => {
  const record = recorded()
  const changed = ARTEFACTS.filter(
    (name) => sha256(readFileSync(path.join(generated, name))) !== record.artefacts[name]?.sha256,
  )
  const problems = changed.map((name) => `src/core/generated/${name} is not the one in BUILD.json`)
  if (sourceHash(rustCore) !== record.sourceSha256)
    problems.push('rust-core has changed since src/core/generated was built')
  return problems
}

const checkSource = (): boolean => {
  const problems = sourceProblems()
  for (const problem of problems) say(problem)
  say(problems.length === 0 ? 'the committed core belongs to the sources' : 'run: npm run build:core')
  return problems.length === 0
}

const check = (): boolean => {
  if (!checkSource()) return false
  const record = recorded()
  const compiler = findCompiler(record.compiler)
  const fresh = mkdtempSync(path.join(tmpdir(), 'lango-core-check-'))
  try {
    const built = build(compiler, fresh)
    const sameTools = isDeepStrictEqual(compiler.identity, record.compiler) && built.binaryen === record.binaryen
    return sameTools ? compareBytes(built, record) : compareBehaviour(compiler, record, fresh)
  } finally {
    rmSync(fresh, { recursive: true })
  }
}

const compareBytes = (built: BuildRecord, record: BuildRecord): boolean => {
  const different = ARTEFACTS.filter((name) => built.artefacts[name]?.sha256 !== record.artefacts[name]?.sha256)
  say(
    different.length === 0
      ? 'byte for byte the committed core'
      : `differs from the committed core: ${different.join(', ')}`,
  )
  return different.length === 0
}

/** Another compiler makes other bytes: the fresh build must have the same exports and pass the core's tests. */
const compareBehaviour = (compiler: Compiler, record: BuildRecord, fresh: string): boolean => {
  say('another compiler than the recorded one: comparing behaviour')
  say(`  recorded ${JSON.stringify(record.compiler)}`)
  say(`  here     ${JSON.stringify(compiler.identity)}`)
  const face = (directory: string, name: string): readonly string[] =>
    WebAssembly.Module.exports(new WebAssembly.Module(readFileSync(path.join(directory, name)))).map(
      ({ kind, name }) => `${kind} ${name}`,
    )
  for (const name of ARTEFACTS.filter((name) => name.endsWith('.wasm'))) {
    if (!isDeepStrictEqual(face(fresh, name), face(generated, name))) {
      say(`${name}: other exports than the committed core`)
      return false
    }
  }
  run(
    process.execPath,
    [path.join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--project', 'node', 'test/unit/core'],
    {
      cwd: root,
      env: { ...process.env, LANGO_CORE_DIR: fresh },
    },
  )
  say('the fresh build behaves as the committed core')
  return true
}

const write = (): boolean => {
  mkdirSync(generated, { recursive: true })
  const before = existsSync(path.join(generated, 'BUILD.json')) ? recorded().compiler : undefined
  const record = build(findCompiler(before), generated)
  writeFileSync(path.join(generated, 'BUILD.json'), `${JSON.stringify(record, null, 2)}\n`)
  say('src/core/generated/BUILD.json')
  return true
}

const USAGE = `npm run build:core                      build and write
npm run build:core -- --check           build aside and compare: bytes when the compiler is the recorded one, else behaviour
npm run build:core -- --check-source    no compiler: do the committed artefacts belong to the sources?`

const line = commandLine(USAGE)
const [mode, ...others] = process.argv.slice(2)
const actions: Readonly<Record<string, () => boolean>> = { '': write, '--check': check, '--check-source': checkSource }
const action = actions[mode ?? '']
if (action === undefined || others.length > 0) line.refuse(`not understood: ${[mode, ...others].join(' ')}`)
else process.exitCode = action() ? 0 : 1
