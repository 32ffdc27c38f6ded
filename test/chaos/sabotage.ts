import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { StackOptions } from '../../scripts/stack/stack.ts'

/** A deliberate bug: this text of this file of `src` becomes that. */
export interface Bug {
  readonly file: string
  readonly from: string
  readonly to: string
}

export interface Sabotaged {
  readonly entries: NonNullable<StackOptions['entries']>
  remove(): void
}

/** A copy of `src` with one bug in it, to be bundled in place of the real one. Throws if the text is not there just once. */
export const sabotage = ({ file, from, to }: Bug): Sabotaged => {
  // Inside the project, where its packages are found.
  mkdirSync('.lango', { recursive: true })
  const directory = mkdtempSync(path.join('.lango', 'sabotage-'))
  const source = path.join(directory, 'src')
  cpSync('src', source, { recursive: true })
  const target = path.join(source, file)
  const parts = readFileSync(target, 'utf8').split(from)
  if (parts.length !== 2) {
    rmSync(directory, { recursive: true })
    throw new Error(`src/${file} holds the text of the bug ${parts.length - 1} times, not once`)
  }
  writeFileSync(target, parts.join(to))
  const entry = (worker: string) => path.join(source, worker, 'worker.ts')
  return {
    entries: { edge: entry('edge'), vault: entry('vault'), consumer: entry('consumer') },
    remove: () => rmSync(directory, { recursive: true, force: true }),
  }
}
