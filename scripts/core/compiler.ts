import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import path from 'node:path'

/** A Rust compiler that can make wasm32, and how to call it. */
export interface Compiler {
  /** As the compiler says it; recorded in BUILD.json, because bytes are only comparable under one compiler. */
  readonly version: string
  readonly cargo: string
  readonly env: Readonly<Record<string, string>>
  readonly flags: readonly string[]
}

const TARGET = 'wasm32-unknown-unknown'

const ask = (command: string, args: readonly string[]): string | undefined => {
  const result = spawnSync(command, args, { encoding: 'utf8' })
  return result.status === 0 ? result.stdout.trim() : undefined
}

/** Debian's compiler first: it is the one that the committed artefacts are made with, and needs no download. */
const debian = (): Compiler | undefined => {
  const version = existsSync('/usr/lib/rustlib/src') ? ask('/usr/bin/rustc', ['--version']) : undefined
  const linker = ['/usr/bin/wasm-ld-19', '/usr/bin/wasm-ld-16', '/usr/bin/wasm-ld'].find(existsSync)
  if (!version || !linker || !existsSync('/usr/bin/cargo')) return undefined
  return {
    version,
    cargo: '/usr/bin/cargo',
    env: {
      RUSTC: '/usr/bin/rustc',
      // Without it, std cannot be built from source on a stable compiler.
      RUSTC_BOOTSTRAP: '1',
      CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER: linker,
    },
    flags: ['-Zbuild-std=std,panic_abort'],
  }
}

const rustup = (): Compiler | undefined => {
  const libraries = ask('rustc', ['--print', 'target-libdir', '--target', TARGET])
  const version = libraries && existsSync(libraries) ? ask('rustc', ['--version']) : undefined
  return version ? { version, cargo: 'cargo', env: {}, flags: [] } : undefined
}

export const findCompiler = (): Compiler | undefined => debian() ?? rustup()

/** Paths of this machine must not reach the bytes. */
export const rustFlags = (workspace: string): string => {
  const cargoHome = process.env['CARGO_HOME'] ?? path.join(homedir(), '.cargo')
  const remap = [
    [path.resolve(workspace), '/lango'],
    [cargoHome, '/cargo'],
  ].map(([from, to]) => `--remap-path-prefix=${from}=${to}`)
  return ['-Ctarget-feature=+simd128', ...remap].join(' ')
}

export const WASM_TARGET = TARGET
