import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

/** A copy of the tree in which guards may be broken. */
export interface Scratch {
  readonly source: string
  readonly root: string
  readonly env: NodeJS.ProcessEnv
  remove(): void
}

const filesOf = (source: string): readonly string[] =>
  execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], { cwd: source })
    .toString()
    .split('\0')
    .filter((file) => file !== '' && existsSync(path.join(source, file)))

/**
 * `lane`: copies of other lanes are used at the same time. The place is always the same for a project, so that what cargo
 * compiled there last time need not be compiled again; a file that did not change keeps its time for the same reason.
 */
export const copyTree = (source: string, lane: number): Scratch => {
  const place = path.join(tmpdir(), `lango-acceptance-${createHash('sha256').update(source).digest('hex').slice(0, 8)}`)
  const root = path.join(place, `tree-${lane}`)
  rmSync(path.join(root, 'test'), { recursive: true, force: true })
  rmSync(path.join(root, 'src'), { recursive: true, force: true })
  for (const file of filesOf(source)) {
    const [from, to] = [path.join(source, file), path.join(root, file)]
    if (!statSync(from).isFile()) continue
    if (existsSync(to) && readFileSync(to).equals(readFileSync(from))) continue
    mkdirSync(path.dirname(to), { recursive: true })
    if (file.endsWith('.rs')) writeFileSync(to, readFileSync(from))
    else cpSync(from, to)
  }
  const modules = path.join(root, 'node_modules')
  if (!existsSync(modules)) symlinkSync(path.join(source, 'node_modules'), modules)
  return {
    source,
    root,
    env: { CARGO_TARGET_DIR: path.join(place, 'target'), CARGO_INCREMENTAL: '1' },
    remove: () => rmSync(root, { recursive: true, force: true }),
  }
}
