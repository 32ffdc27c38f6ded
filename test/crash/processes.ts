import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Stack } from '../../scripts/stack/stack.ts'

const LISTEN = '0A'
const RESTART_TIMEOUT_MS = 30_000

/** The inode of the socket that listens on 127.0.0.1:`port`, or null. */
const listenerOf = (port: number): string | null => {
  const local = `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')}`
  for (const line of readFileSync('/proc/net/tcp', 'utf8').split('\n')) {
    const [, address, , state, , , , , , inode] = line.trim().split(/\s+/)
    if (address === local && state === LISTEN && inode) return inode
  }
  return null
}

const children = (): number[] =>
  readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return []
    try {
      // The second field is the command in brackets and may hold anything; the parent is the second one after it.
      const parent = readFileSync(`/proc/${name}/stat`, 'utf8').split(') ').at(-1)?.split(' ')[1]
      return Number(parent) === process.pid ? Number(name) : []
    } catch {
      return []
    }
  })

const holds = (pid: number, inode: string): boolean => {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => {
      try {
        return readlinkSync(`/proc/${pid}/fd/${fd}`) === `socket:[${inode}]`
      } catch {
        return false
      }
    })
  } catch {
    return false
  }
}

const find = (stack: Pick<Stack, 'ports'>): number | null => {
  const inode = listenerOf(stack.ports.edge)
  return (inode && children().find((pid) => holds(pid, inode))) || null
}

/**
 * The workerd of this stack: the child of this process that listens on the edge's port. From /proc, so on Linux only.
 * Throws while there is none, between a kill and the restart.
 */
export const workerdPid = (stack: Pick<Stack, 'ports'>): number => {
  const pid = find(stack)
  if (pid === null) throw new Error(`no workerd of ours listens on port ${stack.ports.edge}`)
  return pid
}

/** Waits until another workerd than `before` serves all of the stack, and says which. */
export const restarted = async (stack: Pick<Stack, 'ports' | 'edgeUrl'>, before: number): Promise<number> => {
  const until = Date.now() + RESTART_TIMEOUT_MS
  while (Date.now() < until) {
    const after = find(stack)
    if (after !== null && after !== before) {
      // Asks the vault and the consumer, too: one that answers for all has everything started.
      const health = await fetch(`${stack.edgeUrl}/health`).catch(() => null)
      await health?.body?.cancel()
      if (health?.status === 200 && find(stack) === after) return after
    }
    await sleep(20)
  }
  throw new Error(`workerd ${before} was killed and not replaced within ${RESTART_TIMEOUT_MS} ms`)
}

/** SIGKILL, in the middle of whatever it does. Miniflare starts another one on the same state. */
export const killWorkerd = async (
  stack: Pick<Stack, 'ports' | 'edgeUrl'>,
): Promise<{ readonly before: number; readonly after: number }> => {
  const before = workerdPid(stack)
  process.kill(before, 'SIGKILL')
  return { before, after: await restarted(stack, before) }
}
