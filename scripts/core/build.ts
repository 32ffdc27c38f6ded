import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { type Compiler, rustFlags, WASM_TARGET } from './compiler.ts'
import { stripMemory } from './strip-memory.ts'

export const ARTEFACTS = ['vault.wasm', 'decide.wasm', 'decide.js', 'decide.d.ts'] as const

/** `src/core/generated/BUILD.json`: what the artefacts beside it were made from, and with. */
export interface BuildRecord {
  readonly compiler: string
  /** SHA-256 over the sorted sources, manifests and lockfiles of rust-core. */
  readonly source: string
  readonly artefacts: Readonly<Record<string, { readonly sha256: string; readonly bytes: number }>>
}

const WORKSPACE = 'rust-core'

export const sha256 = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex')

export const sourceHash = (): string => {
  const files = globSync(
    ['crates/**/*.rs', 'crates/*/Cargo.toml', 'Cargo.toml', 'Cargo.lock', 'tools/**/*.{rs,toml,lock}'],
    {
      cwd: WORKSPACE,
      exclude: (name) => name === 'target' || name === 'tests' || name === 'corpus',
    },
  ).toSorted()
  const hash = createHash('sha256')
  for (const file of files) hash.update(`${file}\0${sha256(readFileSync(path.join(WORKSPACE, file)))}\n`)
  return hash.digest('hex')
}

const run = (title: string, command: string, args: readonly string[], env: Readonly<Record<string, string>>): void => {
  const from = Date.now()
  process.stdout.write(`  ${title} ... `)
  const result = spawnSync(command, args, {
    encoding: 'utf8',
    env: { ...process.env, ...env },
    maxBuffer: 64 * 1024 * 1024,
  })
  if (result.status !== 0) {
    console.log('failed')
    throw new Error(`${command} ${args.join(' ')}\n${result.stdout}\n${result.stderr}`)
  }
  console.log(`${((Date.now() - from) / 1000).toFixed(1)} s`)
}

/** Builds both artefacts into `outdir` and writes their BUILD.json. */
export const buildCore = (compiler: Compiler, outdir: string): BuildRecord => {
  const target = path.resolve(WORKSPACE, 'target', 'wasm')
  const tools = path.resolve(WORKSPACE, 'target', 'tools')
  mkdirSync(outdir, { recursive: true })
  const source = sourceHash()
  // What runs says what it was built from: BUILD_ID is read by the crates at compile time.
  const env = {
    ...compiler.env,
    CARGO_TARGET_DIR: target,
    RUSTFLAGS: rustFlags(WORKSPACE),
    LANGO_BUILD_ID: source.slice(0, 16),
  }
  const manifest = path.join(WORKSPACE, 'Cargo.toml')
  for (const crate of ['vault-wasm', 'decide-wasm']) {
    const args = [
      'build',
      '--release',
      '--locked',
      '--manifest-path',
      manifest,
      '-p',
      crate,
      '--lib',
      '--target',
      WASM_TARGET,
      ...compiler.flags,
    ]
    run(`compile ${crate}`, compiler.cargo, args, env)
  }
  const built = (name: string): string => path.join(target, WASM_TARGET, 'release', `${name}.wasm`)

  const { RUSTC, RUSTC_BOOTSTRAP: _bootstrap, ...rest } = compiler.env
  run(
    'compile bindgen',
    compiler.cargo,
    ['build', '--locked', '--manifest-path', path.join(WORKSPACE, 'tools', 'bindgen', 'Cargo.toml')],
    {
      ...rest,
      ...(RUSTC ? { RUSTC } : {}),
      CARGO_TARGET_DIR: tools,
    },
  )
  run('generate decide.js', path.join(tools, 'debug', 'bindgen'), [built('decide_wasm'), outdir, 'decide'], {})

  const optimise = (from: string, to: string): void =>
    run(
      `optimise ${path.basename(to)}`,
      process.execPath,
      [
        'node_modules/binaryen/bin/wasm-opt',
        from,
        '-o',
        to,
        '-O3',
        '--enable-simd',
        '--enable-bulk-memory',
        '--enable-sign-ext',
        '--enable-mutable-globals',
        '--enable-nontrapping-float-to-int',
        '--enable-multivalue',
        '--enable-reference-types',
        '--strip-debug',
        '--strip-producers',
      ],
      {},
    )
  const vault = path.join(outdir, 'vault.wasm')
  optimise(built('vault_wasm'), vault)
  writeFileSync(vault, stripMemory(readFileSync(vault)))
  optimise(path.join(outdir, 'decide_bg.wasm'), path.join(outdir, 'decide.wasm'))

  const artefacts = Object.fromEntries(
    ARTEFACTS.map((name) => {
      const bytes = readFileSync(path.join(outdir, name))
      return [name, { sha256: sha256(bytes), bytes: bytes.length }]
    }),
  )
  return { compiler: compiler.version, source, artefacts }
}
