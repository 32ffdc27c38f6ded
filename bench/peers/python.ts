import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const REQUIREMENTS = fileURLToPath(new URL('requirements.txt', import.meta.url))
const INSTALL_TIMEOUT_MS = 300_000

export type Python =
  | { readonly kind: 'ready'; readonly bin: string }
  | { readonly kind: 'missing'; readonly why: string }

/** One environment per list of versions, kept for the next run. `XDG_CACHE_HOME` moves it. */
const environmentDir = (): string => {
  const digest = createHash('sha256').update(readFileSync(REQUIREMENTS)).digest('hex').slice(0, 12)
  const cache = process.env['XDG_CACHE_HOME'] ?? path.join(homedir(), '.cache')
  return path.join(cache, 'lango-bench', `python-${digest}`)
}

/** Makes the environment when it is not there. What cannot be had is said in one line; the bench goes on without. */
export const preparePython = (say: (line: string) => void): Python => {
  const dir = environmentDir()
  const bin = path.join(dir, 'bin')
  const stamp = path.join(dir, 'complete')
  if (existsSync(stamp)) return { kind: 'ready', bin }
  const version = spawnSync('python3', ['-c', 'import sys; print(sys.version_info >= (3, 9))'], { encoding: 'utf8' })
  if (version.stdout?.trim() !== 'True')
    return { kind: 'missing', why: 'FastAPI and the synchronous server: skipped, there is no Python 3.9 or newer.' }
  say(`installing the Python peers once, in ${dir}`)
  rmSync(dir, { recursive: true, force: true })
  mkdirSync(path.dirname(dir), { recursive: true })
  const steps = [
    ['python3', '-m', 'venv', dir],
    [path.join(bin, 'pip'), 'install', '--quiet', '--disable-pip-version-check', '-r', REQUIREMENTS],
  ]
  for (const [program = '', ...args] of steps) {
    const done = spawnSync(program, args, { encoding: 'utf8', timeout: INSTALL_TIMEOUT_MS })
    if (done.status === 0) continue
    const reason = done.stderr?.trim().split('\n').at(-1) ?? done.error?.message ?? 'no reason given'
    return { kind: 'missing', why: `FastAPI and the synchronous server: skipped, ${program} failed: ${reason}` }
  }
  writeFileSync(stamp, '')
  return { kind: 'ready', bin }
}
