import { spawn, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

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

const textOf = (file: string): string => {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch {
    return ''
  }
}

/** Whether this process and its children may use a share of the CPUs' time only, which who keeps awake would use up (cgroups 2 and 1). */
const isRationed = (): boolean =>
  !/^(max|$)/.test(textOf('/sys/fs/cgroup/cpu.max')) || Number(textOf('/sys/fs/cgroup/cpu/cpu.cfs_quota_us')) > 0

/** The CPUs that this process may run on: `0-3,8` is five of them. */
export const cpusOf = (list: string): readonly number[] =>
  list.split(',').flatMap((range) => {
    const [first = 0, last = first] = range.split('-').map(Number)
    return Array.from({ length: last - first + 1 }, (_, i) => first + i)
  })

/**
 * No CPU goes to sleep until the answer is called. In a virtual machine one that sleeps comes back when the host finds time for it:
 * that is the host's latency, and whoever waits for more things has more of it. What keeps awake runs when nothing else wants to.
 * Null where it cannot be done without taking time from what is measured.
 */
export const keepAwake = (): (() => void) | null => {
  if (isRationed()) return null
  const allowed = /^Cpus_allowed_list:\s*(\S+)$/m.exec(textOf('/proc/self/status'))?.[1]
  const file = fileURLToPath(new URL('services/awake.ts', import.meta.url))
  const children = cpusOf(allowed ?? '0').map((cpu) =>
    spawn('taskset', ['--cpu-list', String(cpu), 'chrt', '--idle', '0', process.execPath, file], { stdio: 'ignore' }),
  )
  return () => {
    for (const child of children) child.kill('SIGKILL')
  }
}
