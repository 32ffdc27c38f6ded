import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, it } from 'vitest'

const rustCore = path.resolve(import.meta.dirname, '../../../rust-core')
const read = (file: string): string => readFileSync(path.join(rustCore, file), 'utf8')

const manifests = globSync(['Cargo.toml', 'crates/*/Cargo.toml'], { cwd: rustCore }).sort()
/** The key's value in `[features]`, as it is written. */
const feature = (manifest: string, name: string): string | undefined =>
  new RegExp(String.raw`^\[features\]\n(?:(?!\[).*\n)*?${name} = (.*)$`, 'm').exec(read(manifest))?.[1]

it('deliberate bugs are a feature that is off by default', () => {
  expect(feature('crates/payments/Cargo.toml', 'default')).toBe('[]')
  expect(feature('crates/payments/Cargo.toml', 'mutants')).toBe('[]')
})

it('nothing that ships asks for them', () => {
  expect(manifests.length).toBeGreaterThan(5)
  const asking = manifests.filter((manifest) => read(manifest).includes('mutants'))
  expect(asking).toEqual(['crates/payments/Cargo.toml'])
  expect(read('Cargo.toml')).toMatch(/^exclude = \[.*"model".*\]$/m)
  const build = readFileSync(path.resolve(rustCore, '../scripts/build-core.ts'), 'utf8')
  expect(build).not.toMatch(/features/)
})

it('the compiler refuses them in WebAssembly', () => {
  expect(read('crates/payments/src/mutants.rs')).toMatch(
    /#\[cfg\(all\(feature = "mutants", target_family = "wasm"\)\)\]\ncompile_error!/,
  )
})
