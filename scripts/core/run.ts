import { spawnSync } from 'node:child_process'
import path from 'node:path'

/** Runs a command to its end and shows what it prints. Throws when it fails. */
export const run = (
  command: string,
  args: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): void => {
  const child = spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'], ...options })
  if (child.error !== undefined) throw child.error
  if (child.status !== 0)
    throw new Error(`${path.basename(command)} ${args[0] ?? ''} failed (${child.status ?? child.signal})`)
}
