import { spawnSync } from 'node:child_process'

/** Of a process and all its threads. */
const schedule = (policy: readonly string[], priority: number, pid: number): string | null => {
  // To chrt, 0 is itself.
  if (pid <= 0) return 'no such process'
  const { status, error } = spawnSync('chrt', ['--all-tasks', ...policy, '--pid', String(priority), String(pid)], {
    stdio: 'ignore',
  })
  return status === 0 ? null : String(error ?? `status ${status}`)
}

/** It runs when nothing else wants to (SCHED_IDLE), as if it had a machine of its own to take its time from. */
export const standBack = (pid: number): void => {
  const problem = schedule(['--idle'], 0, pid)
  if (problem !== null) throw new Error(`chrt (of util-linux) could not make process ${pid} stand back: ${problem}`)
}

/**
 * It runs as soon as it has something to do, before all that did not step forward (SCHED_RR). What it starts later does not
 * inherit this. False when whoever runs the bench may not say so: it takes CAP_SYS_NICE, or a limit that allows it.
 */
export const stepForward = (pid: number): boolean => schedule(['--rr', '--reset-on-fork'], 1, pid) === null
