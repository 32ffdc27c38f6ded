import type { Stack } from '../../scripts/stack/stack.ts'
import { FAIL_POINTS, type FailPoint } from '../../src/domain/fail-point.ts'
import { serve } from '../emulators/kit/server.ts'
import { restarted, workerdPid } from './processes.ts'

export interface Killed {
  readonly at: FailPoint
  readonly before: number
  readonly after: number
}

export interface FailPoints {
  /** For `StackOptions.failPoints`. */
  readonly url: string
  /**
   * Kills workerd when the point is reached for the `nth` time from now. Resolves once another workerd serves; rejects
   * when the point is not reached within `timeoutMs`.
   */
  kill(stack: Stack, at: FailPoint, options?: { nth?: number; timeoutMs?: number }): Promise<Killed>
  /** How often each point was passed or struck. */
  reached(): Readonly<Record<string, number>>
  close(): Promise<void>
}

const REACHED_TIMEOUT_MS = 20_000

/** What the fail-points of an armed stack report to. It runs in the test's own process, and kills from there. */
export const startFailPoints = async (): Promise<FailPoints> => {
  const counts: Record<string, number> = {}
  const armed = new Map<FailPoint, { left: number; strike: () => void }>()

  const server = await serve({
    name: 'fail-points',
    port: 0,
    portVariable: '',
    handle: (arrived) => {
      const name = FAIL_POINTS.find((point) => arrived.path === `/${point}`)
      if (!name) return { status: 404 }
      counts[name] = (counts[name] ?? 0) + 1
      const waiting = armed.get(name)
      if (!waiting) return { status: 204 }
      waiting.left -= 1
      if (waiting.left > 0) return { status: 204 }
      armed.delete(name)
      // At once, in the same turn: the Worker is standing at the point and waits for an answer that never comes.
      waiting.strike()
      return 'drop'
    },
  })

  return {
    url: server.url,
    kill: async (stack, at, { nth = 1, timeoutMs = REACHED_TIMEOUT_MS } = {}) => {
      let timer: NodeJS.Timeout | undefined
      const before = await new Promise<number>((resolve, reject) => {
        timer = setTimeout(() => {
          armed.delete(at)
          reject(new Error(`${at} was not reached within ${timeoutMs} ms`))
        }, timeoutMs)
        armed.set(at, {
          left: nth,
          strike: () => {
            const pid = workerdPid(stack)
            process.kill(pid, 'SIGKILL')
            resolve(pid)
          },
        })
      }).finally(() => clearTimeout(timer))
      return { at, before, after: await restarted(stack, before) }
    },
    reached: () => ({ ...counts }),
    close: () => server.close(),
  }
}
