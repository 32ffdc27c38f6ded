import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import path from 'node:path'

const INSTALL_TIMEOUT_MS = 300_000

export type PythonEnvironment =
  | { readonly kind: 'ready'; readonly bin: string }
  | { readonly kind: 'missing'; readonly why: string }

export interface PythonWish {
  /** A pip requirements file, its versions exact. */
  readonly requirements: string
  /** Folder of the cache directory. One environment per list of versions, kept for the next run. `XDG_CACHE_HOME` moves it. */
  readonly cache: string
  /** What it is for, as a line that says that it cannot be had begins. */
  readonly what: string
}

/** Makes the environment when it is not there. What cannot be had is said in one line. */
export const preparePythonEnvironment = (
  { requirements, cache, what }: PythonWish,
  say: (line: string) => void,
): PythonEnvironment => {
  const digest = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 12)
  const dir = path.join(process.env['XDG_CACHE_HOME'] ?? path.join(homedir(), '.cache'), cache, `python-${digest}`)
  const bin = path.join(dir, 'bin')
  const stamp = path.join(dir, 'complete')
  if (existsSync(stamp)) return { kind: 'ready', bin }
  const version = spawnSync('python3', ['-c', 'import sys; print(sys.version_info >= (3, 10))'], { encoding: 'utf8' })
  if (version.stdout?.trim() !== 'True')
    return { kind: 'missing', why: `${what}: skipped, there is no Python 3.10 or newer.` }
  say(`${what}: installing once, in ${dir}`)
  rmSync(dir, { recursive: true, force: true })
  mkdirSync(path.dirname(dir), { recursive: true })
  const steps = [
    ['python3', '-m', 'venv', dir],
    [path.join(bin, 'pip'), 'install', '--quiet', '--disable-pip-version-check', '-r', requirements],
  ]
  for (const [program = '', ...args] of steps) {
    const done = spawnSync(program, args, { encoding: 'utf8', timeout: INSTALL_TIMEOUT_MS })
    if (done.status === 0) continue
    const reason = done.stderr?.trim().split('\n').at(-1) ?? done.error?.message ?? 'no reason given'
    return { kind: 'missing', why: `${what}: skipped, ${program} failed: ${reason}` }
  }
  writeFileSync(stamp, '')
  return { kind: 'ready', bin }
}
