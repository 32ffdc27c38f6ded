import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, it } from 'vitest'

const rustCore = path.resolve(import.meta.dirname, '../../../rust-core')
const read = (file: string): string => readFileSync(path.join(rustCore, file), 'utf8')

const WITH_MUTANTS = ['payments', 'route']
const manifests = globSync(['Cargo.toml', 'crates/*/Cargo.toml'], { cwd: rustCore }).sort()
/** The key's value in `[features]`, as it is written. */
const feature = (manifest: string, name: string): string | undefined =>
  new RegExp(String.raw`^\[features\]\n(?:(?!\[).*\n)*?${name} = (.*)$`, 'm').exec(read(manifest))?.[1]

it('deliberate bugs are a feature that is off by default', () => {
  for (const crate of WITH_MUTANTS) {
    expect(feature(`crates/${crate}/Cargo.toml`, 'default')).toBe('[]')
    expect(feature(`crates/${crate}/Cargo.toml`, 'mutants')).toBe('[]')
  }
})

it('nothing that ships asks for them', () => {
  expect(manifests.length).toBeGreaterThan(5)
  const asking = manifests.filter((manifest) => read(manifest).includes('mutants'))
  expect(asking).toEqual(WITH_MUTANTS.map((crate) => `crates/${crate}/Cargo.toml`))
  expect(read('Cargo.toml')).toMatch(/^exclude = \[.*"model".*\]$/m)
  const build = readFileSync(path.resolve(rustCore, '../scripts/build-core.ts'), 'utf8')
  expect(build).not.toMatch(/features/)
})

it.each(WITH_MUTANTS)('the compiler refuses those of %s in WebAssembly', (crate) => {
  expect(read(`crates/${crate}/src/mutants.rs`)).toMatch(
    /#\[cfg\(all\(feature = "mutants", target_family = "wasm"\)\)\]\ncompile_error!/,
  )
})
