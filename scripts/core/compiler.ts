/** The Rust compilers that can make wasm32, and how each wants to be called. */
import { spawnSync } from 'node:child_process'
import { existsSync, globSync, readdirSync } from 'node:fs'
import { homedir } from 'node:os'
import path from 'node:path'
import { isDeepStrictEqual } from 'node:util'

/** What makes the bytes; two equal ones make equal bytes. */
export interface CompilerIdentity {
  readonly rustc: string
  readonly linker: string
  /** `rustup`: the target's std as shipped; `build-std`: compiled along with us. */
  readonly std: 'rustup' | 'build-std'
}

export interface Compiler {
  readonly identity: CompilerIdentity
  readonly cargo: string
  readonly cargoArguments: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  readonly sysroot: string
}

export const TARGET = 'wasm32-unknown-unknown'

const INSTRUCTIONS = `no Rust compiler for ${TARGET}. Either
  rustup target add ${TARGET}
or, on Debian,
  apt-get install rustc-web cargo-web rust-web-src lld`

/** The one that the committed artefacts were made with, when it is here; else rustup's with the target; else Debian's. */
export const findCompiler = (preferred: CompilerIdentity | undefined): Compiler => {
  const found = [fromRustup(), fromDebian()].filter((compiler) => compiler !== undefined)
  const compiler = found.find(({ identity }) => isDeepStrictEqual(identity, preferred)) ?? found[0]
  if (compiler === undefined) throw new Error(INSTRUCTIONS)
  return compiler
}

const fromRustup = (): Compiler | undefined => {
  const sysroot = output('rustc', ['--print', 'sysroot'])
  if (sysroot === undefined || !existsSync(path.join(sysroot, 'lib/rustlib', TARGET))) return undefined
  const rustc = output('rustc', ['-vV'])
  if (rustc === undefined) return undefined
  return {
    identity: { rustc: oneLine(rustc), linker: 'rust-lld', std: 'rustup' },
    cargo: 'cargo',
    cargoArguments: [],
    environment: {},
    sysroot,
  }
}

/** Debian ships std for wasm32 as source only: it is built along, which needs unstable flags of a stable compiler. */
const fromDebian = (): Compiler | undefined => {
  const [rustcPath, cargo] = ['/usr/bin/rustc', '/usr/bin/cargo']
  const linkerPath = globSync('/usr/bin/wasm-ld*').sort().at(-1)
  const rustc = output(rustcPath, ['-vV'])
  const sysroot = output(rustcPath, ['--print', 'sysroot'])
  if (linkerPath === undefined || rustc === undefined || sysroot === undefined || !existsSync(cargo)) return undefined
  if (!existsSync(path.join(sysroot, 'lib/rustlib/src/rust/library'))) return undefined
  return {
    identity: { rustc: oneLine(rustc), linker: output(linkerPath, ['--version']) ?? linkerPath, std: 'build-std' },
    cargo,
    cargoArguments: ['-Zbuild-std=std'],
    environment: {
      RUSTC: rustcPath,
      RUSTC_BOOTSTRAP: '1',
      CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER: linkerPath,
    },
    sysroot,
  }
}

const output = (command: string, args: readonly string[]): string | undefined => {
  const run = spawnSync(command, args, { encoding: 'utf8' })
  return run.status === 0 ? run.stdout.trim() : undefined
}

const oneLine = (text: string): string => text.split('\n').join('; ')

/** Flags under which the bytes depend on the sources and the compiler, not on where either of them lies. */
export const rustFlags = (compiler: Compiler, rustCore: string): readonly string[] => {
  const cargoHome = process.env['CARGO_HOME'] ?? path.join(homedir(), '.cargo')
  const registries = path.join(cargoHome, 'registry/src')
  const registryFolders = existsSync(registries) ? readdirSync(registries) : []
  return [
    '-Ctarget-feature=+simd128',
    `--remap-path-prefix=${rustCore}=/lango`,
    `--remap-path-prefix=${cargoHome}=/cargo`,
    ...registryFolders.map((folder) => `--remap-path-prefix=${path.join(registries, folder)}=/registry`),
    `--remap-path-prefix=${compiler.sysroot}=/rust`,
    // A panic is a trap either way, and nobody would see its words: without them a seventh of the code goes.
    ...(compiler.identity.std === 'build-std' ? ['-Zunstable-options', '-Cpanic=immediate-abort'] : []),
  ]
}

/** The caller's environment without what would change the compiler's work. */
export const cleanEnvironment = (): NodeJS.ProcessEnv =>
  Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) =>
        !/^(RUSTFLAGS|RUSTC.*|CARGO_(ENCODED_RUSTFLAGS|BUILD_.*|PROFILE_.*|TARGET_.*|INCREMENTAL))$/.test(name),
    ),
  )
