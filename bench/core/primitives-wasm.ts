import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { cleanEnvironment, findCompiler, rustFlags, TARGET } from '../../scripts/core/compiler.ts'
import { run } from '../../scripts/core/run.ts'
import { optimise } from '../../scripts/core/wasm-opt.ts'

const root = path.resolve(import.meta.dirname, '../..')
const rustCore = path.join(root, 'rust-core')
const made = path.join(root, '.lango/bench/core')

/** The core's own profile; the bench's Cargo.toml says only how the bench itself is compiled. */
const profileOfTheCore = (): string => {
  const manifest = readFileSync(path.join(rustCore, 'Cargo.toml'), 'utf8')
  const from = manifest.indexOf('[profile.release]')
  if (from < 0) throw new Error('rust-core/Cargo.toml has no [profile.release]')
  return manifest.slice(from)
}

/** Builds rust-core/bench with the compiler and the profile of the committed core; bench/workers/core-primitives.ts imports it. */
export const buildPrimitives = (): void => {
  mkdirSync(made, { recursive: true })
  const profile = path.join(made, 'profile.toml')
  writeFileSync(profile, profileOfTheCore())
  const record = JSON.parse(readFileSync(path.join(root, 'src/core/generated/BUILD.json'), 'utf8'))
  const compiler = findCompiler(record.compiler)
  const target = path.join(rustCore, 'target/wasm')
  run(
    compiler.cargo,
    [
      'build',
      '--quiet',
      '--release',
      '--locked',
      `--config=${profile}`,
      `--target=${TARGET}`,
      `--target-dir=${target}`,
      ...compiler.cargoArguments,
    ],
    {
      cwd: path.join(rustCore, 'bench'),
      env: {
        ...cleanEnvironment(),
        ...compiler.environment,
        CARGO_ENCODED_RUSTFLAGS: rustFlags(compiler, rustCore).join('\x1f'),
      },
    },
  )
  optimise(path.join(target, TARGET, 'release/bench.wasm'), path.join(made, 'primitives.wasm'))
}
