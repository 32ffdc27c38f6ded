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

/** The directories of the CPU's controller that this process is in, the root's included (cgroups 2 and 1). */
const controllers = (): readonly string[] =>
  textOf('/proc/self/cgroup')
    .split('\n')
    .flatMap((line) => {
      const [, names = '', own = '/'] = /^\d+:([^:]*):(.*)$/.exec(line) ?? []
      if (names !== '' && !names.split(',').includes('cpu')) return []
      const root = names === '' ? '/sys/fs/cgroup' : '/sys/fs/cgroup/cpu'
      const parts = own.split('/').filter(Boolean)
      return [...parts.keys(), parts.length].map((depth) => [root, ...parts.slice(0, depth)].join('/'))
    })

/** Whether this process and its children may use a share of the CPUs' time only, which who keeps awake would use up. */
const isRationed = (): boolean =>
  controllers().some(
    (directory) =>
      !/^(max|$)/.test(textOf(`${directory}/cpu.max`)) || Number(textOf(`${directory}/cpu.cfs_quota_us`)) > 0,
  )

/** The CPUs that this process may run on: `0-3,8` is five of them. */
export const cpusOf = (list: string): readonly number[] =>
  list.split(',').flatMap((range) => {
    const [first = 0, last = first] = range.split('-').map(Number)
    return Array.from({ length: last - first + 1 }, (_, i) => first + i)
  })

/** Starts what keeps the CPUs awake. The answer ends it, and says whether all of it was there to the end. */
const keepAwake = (): (() => boolean) => {
  if (isRationed()) return () => false
  const allowed = /^Cpus_allowed_list:\s*(\S+)$/m.exec(textOf('/proc/self/status'))?.[1]
  const awake = [process.execPath, fileURLToPath(new URL('services/awake.ts', import.meta.url)), String(process.pid)]
  const children = cpusOf(allowed ?? '0').map((cpu) => {
    const child = spawn('taskset', ['--cpu-list', String(cpu), 'chrt', '--idle', '0', ...awake], { stdio: 'ignore' })
    // There is no taskset: it has no process id, and was not awake.
    child.once('error', () => {})
    return child
  })
  return () => {
    const all = children.every(({ pid, exitCode, signalCode }) => pid && exitCode === null && signalCode === null)
    for (const child of children) child.kill('SIGKILL')
    return all
  }
}

/**
 * No CPU goes to sleep during `work`. In a virtual machine one that sleeps comes back when the host finds time for it: that is the
 * host's latency, and whoever waits for more things has more of it. What keeps awake takes no time but from what stands back as
 * well. `awake` is false where that cannot be done without taking time from what is measured.
 */
export const whileAwake = async <Value>(
  work: () => Promise<Value>,
): Promise<{ readonly value: Value; readonly awake: boolean }> => {
  const letSleep = keepAwake()
  try {
    const value = await work()
    return { value, awake: letSleep() }
  } catch (error) {
    letSleep()
    throw error
  }
}
