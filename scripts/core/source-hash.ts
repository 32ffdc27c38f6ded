/** What the artefacts are made of, as one hash. */
import { createHash } from 'node:crypto'
import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'

/** Compiled into nothing: tests, and the settings of linters. */
const LEFT_OUT = /(^|\/)(target|tests|benches|examples|fuzz)\/|^(deny|clippy|rustfmt)\.toml$/

/** SHA-256 (hex) over names, lengths and contents of the sources in rust-core, in the order of their names. */
export const sourceHash = (rustCore: string): string => {
  const files = globSync(['**/*.rs', '**/*.toml', '**/Cargo.lock'], { cwd: rustCore })
    .map((file) => file.split(path.sep).join('/'))
    .filter((file) => !LEFT_OUT.test(file))
    .sort()
  const hash = createHash('sha256')
  for (const file of files) {
    const content = readFileSync(path.join(rustCore, file))
    hash.update(`${file}\0${content.length}\0`).update(content)
  }
  return hash.digest('hex')
}
