import { type ChildProcess, fork } from 'node:child_process'

/** What a process of the bench can be asked, over Node's own channel between parent and child. */
// biome-ignore lint/suspicious/noExplicitAny: each service names its own arguments
type Calls = Record<string, (...args: any[]) => unknown>

interface Ask {
  readonly id: number
  readonly call: string
  readonly args: readonly unknown[]
}
interface Told {
  readonly id: number
  readonly value?: unknown
  readonly error?: string
}

/** In the child. `start` gets the options of `startService`; the child ends with its parent. */
export const serve = (start: (options: never) => Promise<Calls & { close(): Promise<void> }>): void => {
  const tell = (told: Told) => process.send?.(told)
  const [, , text = 'null'] = process.argv
  let calls: (Calls & { close(): Promise<void> }) | undefined
  // Ctrl-C reaches the whole group; the parent closes its services in order.
  process.on('SIGINT', () => {})
  process.once('disconnect', () => {
    void (calls?.close() ?? Promise.resolve()).finally(() => process.exit(0))
  })
  void (async () => {
    try {
      calls = await start(JSON.parse(text) as never)
      tell({ id: 0 })
    } catch (error) {
      tell({ id: 0, error: error instanceof Error ? (error.stack ?? error.message) : String(error) })
    }
  })()
  process.on('message', async ({ id, call, args }: Ask) => {
    try {
      tell({ id, value: await calls?.[call]?.(...args) })
    } catch (error) {
      tell({ id, error: error instanceof Error ? error.message : String(error) })
    }
  })
}

export interface Service<Shape> {
  readonly pid: number
  ask<Name extends keyof Shape & string>(
    call: Name,
    ...args: Shape[Name] extends (...args: infer Args) => unknown ? Args : never
  ): Promise<Shape[Name] extends (...args: never[]) => infer Value ? Awaited<Value> : never>
  close(): Promise<void>
}

/**
 * In megabytes. Nearly all that an emulator makes dies within milliseconds; with the nursery that Node begins with it is collected
 * some times a second, on as many threads as there are cores, which is time that is then missing from what is measured.
 */
const NURSERY = ['--min-semi-space-size=32', '--max-semi-space-size=64']

/** A process of its own for `file`, so that what it costs is not paid by the event loop that measures. */
export const startService = async <Shape>(file: URL, options: unknown): Promise<Service<Shape>> => {
  const child: ChildProcess = fork(file, [JSON.stringify(options)], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    execArgv: [...process.execArgv, ...NURSERY],
  })
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>()
  let last = 0
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const answer = (id: number) => new Promise<unknown>((resolve, reject) => waiting.set(id, { resolve, reject }))
  child.on('message', (told: Told) => {
    const asker = waiting.get(told.id)
    waiting.delete(told.id)
    if (told.error === undefined) asker?.resolve(told.value)
    else asker?.reject(new Error(`${file.pathname.split('/').at(-1)}: ${told.error}`))
  })
  child.once('exit', (code, signal) => {
    for (const asker of waiting.values()) asker.reject(new Error(`${file.pathname} ended: ${code ?? signal}`))
    waiting.clear()
  })
  const close = async () => {
    if (child.connected) child.disconnect()
    const timer = setTimeout(() => child.kill('SIGKILL'), 15_000)
    await gone
    clearTimeout(timer)
  }
  try {
    await answer(0)
  } catch (error) {
    await close()
    throw error
  }
  return {
    pid: child.pid as number,
    ask: async (call, ...args) => {
      const id = ++last
      const answered = answer(id)
      child.send({ id, call, args } satisfies Ask)
      return (await answered) as never
    },
    close,
  }
}
