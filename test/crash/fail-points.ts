import type { Stack } from '../../scripts/stack/stack.ts'
import { FAIL_POINTS, type FailPoint } from '../../src/domain/fail-point.ts'
import { serve } from '../emulators/kit/server.ts'
import { restarted, workerdPid } from './processes.ts'

export interface Killed {
  readonly at: readonly FailPoint[]
  readonly before: number
  readonly after: number
}

/** Some points, each of which stops the first to come by and lets all others pass. */
export interface Ambush {
  /** Resolves when somebody stands at the point; rejects when nobody comes. */
  stopped(at: FailPoint): Promise<void>
  /** SIGKILL while somebody stands at every point. Resolves once another workerd serves. Throws if one has nobody. */
  kill(stack: Stack): Promise<Killed>
}

export interface FailPoints {
  /** For `StackOptions.failPoints`. */
  readonly url: string
  ambush(at: readonly FailPoint[], isTime?: () => boolean): Ambush
  /** An ambush at one point: kills as soon as it is reached. Who comes by before it `isTime` passes. */
  kill(stack: Stack, at: FailPoint, isTime?: () => boolean): Promise<Killed>
  /** How often each point was passed or stopped at. */
  reached(): Readonly<Record<string, number>>
  close(): Promise<void>
}

const REACHED_TIMEOUT_MS = 20_000

interface Trap {
  isTime(): boolean
  readonly reached: Promise<void>
  spring(): void
  isSprung(): boolean
}

const trap = (isTime: () => boolean): Trap => {
  const { promise, resolve } = Promise.withResolvers<void>()
  let sprung = false
  return {
    isTime,
    reached: promise,
    spring: () => {
      sprung = true
      resolve()
    },
    isSprung: () => sprung,
  }
}

const withTimeout = async (what: Promise<void>, at: FailPoint): Promise<void> => {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`nobody came by ${at}`)), REACHED_TIMEOUT_MS)
  })
  await Promise.race([what, late]).finally(() => clearTimeout(timer))
}

/** What the fail-points of an armed stack report to. It runs in the test's own process, and kills from there. */
export const startFailPoints = async (): Promise<FailPoints> => {
  const counts: Record<string, number> = {}
  const armed = new Map<FailPoint, Trap>()

  const server = await serve({
    name: 'fail-points',
    port: 0,
    portVariable: '',
    handle: async (arrived) => {
      const name = FAIL_POINTS.find((point) => arrived.path === `/${point}`)
      if (!name) return { status: 404 }
      counts[name] = (counts[name] ?? 0) + 1
      const waiting = armed.get(name)
      if (!waiting?.isTime()) return { status: 204 }
      armed.delete(name)
      waiting.spring()
      // Whoever stands here waits for an answer that never comes.
      return new Promise<never>(() => {})
    },
  })

  const ambush = (at: readonly FailPoint[], isTime = () => true): Ambush => {
    const traps = new Map(at.map((name) => [name, trap(isTime)]))
    for (const [name, one] of traps) armed.set(name, one)
    return {
      stopped: (name) =>
        withTimeout(traps.get(name)?.reached ?? Promise.reject(new Error(`${name} is not armed`)), name),
      kill: async (stack) => {
        const missing = [...traps].filter(([, one]) => !one.isSprung()).map(([name]) => name)
        if (missing.length > 0) throw new Error(`nobody came by ${missing.join(', ')}`)
        const before = workerdPid(stack)
        process.kill(before, 'SIGKILL')
        return { at, before, after: await restarted(stack, before) }
      },
    }
  }

  return {
    url: server.url,
    ambush,
    kill: async (stack, at, isTime) => {
      const one = ambush([at], isTime)
      await one.stopped(at)
      return one.kill(stack)
    },
    reached: () => ({ ...counts }),
    close: () => server.close(),
  }
}
