/** What the artefacts are made of, as one hash. */
import { createHash } from 'node:crypto'
import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'

/** What the compiler reads for the artefacts; tests and the settings of linters are compiled into nothing. */
const SOURCES = [
  'Cargo.toml',
  'Cargo.lock',
  'crates/*/Cargo.toml',
  'crates/*/src/**/*.rs',
  'tools/bindgen/{Cargo.toml,Cargo.lock,src/**/*.rs}',
]

/** SHA-256 (hex) over names, lengths and contents of the sources in rust-core, in the order of their names. */
export const sourceHash = (rustCore: string): string => {
  const files = globSync(SOURCES, { cwd: rustCore })
    .map((file) => file.split(path.sep).join('/'))
    .sort()
  const hash = createHash('sha256')
  for (const file of files) {
    const content = readFileSync(path.join(rustCore, file))
    hash.update(`${file}\0${content.length}\0`).update(content)
  }
  return hash.digest('hex')
}
