import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** One look at a process, from /proc (Linux). */
export interface ProcessStats {
  readonly rssBytes: number
  /** User and system time since it started. */
  readonly cpuMs: number
  readonly fds: number
}

/** USER_HZ: 100 on every Linux that Node runs on. */
const TICK_MS = 10
const PAGE_BYTES = 4_096

export interface StatLine {
  readonly command: string
  readonly parentPid: number
  readonly cpuMs: number
  readonly rssBytes: number
}

/** proc(5), /proc/pid/stat. The command stands in parentheses and may hold spaces and parentheses itself. */
export const parseStat = (text: string): StatLine => {
  const open = text.indexOf('(')
  const close = text.lastIndexOf(')')
  const rest = text.slice(close + 2).split(' ')
  const field = (number: number): number => Number(rest[number - 3])
  return {
    command: text.slice(open + 1, close),
    parentPid: field(4),
    cpuMs: (field(14) + field(15)) * TICK_MS,
    rssBytes: field(24) * PAGE_BYTES,
  }
}

const statOf = (pid: number): StatLine | undefined => {
  try {
    return parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return undefined
  }
}

/** Undefined when it has ended, or where there is no /proc. */
export const readProcess = (pid: number): ProcessStats | undefined => {
  const stat = statOf(pid)
  if (!stat) return undefined
  try {
    return { rssBytes: stat.rssBytes, cpuMs: stat.cpuMs, fds: readdirSync(`/proc/${pid}/fd`).length }
  } catch {
    return undefined
  }
}

/** Time on a CPU of all threads that it has now, in microseconds: exact of those that wait (/proc/pid/task/tid/schedstat). */
export const cpuUsOf = (pid: number): number =>
  readdirSync(`/proc/${pid}/task`).reduce((sum, thread) => {
    const [runNs] = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')
    return sum + Number(runNs) / 1000
  }, 0)

/** Processes under `root`, at any depth; with a `command`, those of that name. */
export const descendantsOf = (root: number, command?: string): number[] => {
  const pids = readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? [Number(name)] : []))
  const stats = new Map(pids.flatMap((pid) => [[pid, statOf(pid)] as const]))
  const isUnder = (pid: number): boolean => {
    for (let at = stats.get(pid)?.parentPid ?? 0; at > 1; at = stats.get(at)?.parentPid ?? 0)
      if (at === root) return true
    return false
  }
  return pids.filter((pid) => (command === undefined || stats.get(pid)?.command === command) && isUnder(pid))
}

const LISTENING = '0A'

/** Inodes of the sockets that listen on a TCP port, from proc(5), /proc/net/tcp: addresses in hex, the state, and the inode. */
export const parseListeners = (text: string, port: number): string[] => {
  const wanted = port.toString(16).toUpperCase().padStart(4, '0')
  return text.split('\n').flatMap((line) => {
    const [, local = '', , state, , , , , , inode] = line.trim().split(/\s+/)
    return state === LISTENING && local.endsWith(`:${wanted}`) && inode !== undefined ? [inode] : []
  })
}

export const listensOn = (pid: number, port: number): boolean => {
  const tables = ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((file) => {
    try {
      return [readFileSync(file, 'utf8')]
    } catch {
      return []
    }
  })
  const sockets = new Set(tables.flatMap((text) => parseListeners(text, port)).map((inode) => `socket:[${inode}]`))
  return readdirSync(`/proc/${pid}/fd`).some((fd) => {
    try {
      return sockets.has(readlinkSync(`/proc/${pid}/fd/${fd}`))
    } catch {
      return false
    }
  })
}

/** "Max open files" of this process, which those it starts inherit. */
export const parseDescriptorLimit = (limits: string): number => {
  const soft = /^Max open files\s+(\S+)/m.exec(limits)?.[1]
  return soft === undefined || soft === 'unlimited' ? Number.POSITIVE_INFINITY : Number(soft)
}

export const descriptorLimit = (): number => {
  try {
    return parseDescriptorLimit(readFileSync('/proc/self/limits', 'utf8'))
  } catch {
    return Number.POSITIVE_INFINITY
  }
}
