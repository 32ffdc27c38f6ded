import '../../scripts/stack/environment.ts'
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from 'miniflare'
import { createBundler } from '../../scripts/stack/bundle.ts'
import { cpuUsOf, descendantsOf } from '../process-stats.ts'

export interface BenchWorker {
  /** What the question cost workerd in CPU time, which hardly moves with what else the machine does; and the answer. */
  ask(question: unknown): Promise<{ readonly cpuUs: number; readonly answer: unknown }>
  dispose(): Promise<void>
}

/** One Worker of bench/workers alone in a workerd. Linux only: a Worker's own clock stands still while it computes. */
export const startWorker = async (entry: string): Promise<BenchWorker> => {
  const bundler = await createBundler(entry, () => {})
  const others = new Set(descendantsOf(process.pid, 'workerd'))
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      host: '127.0.0.1',
      port: 0,
      cf: false,
      logRequests: false,
      log: new Log(LogLevel.ERROR),
      workers: [{ name: 'core', compatibilityDate: '2026-10-20', modulesRules: [], modules: [...bundler.modules()] }],
    } as Parameters<typeof convertV4MiniflareOptions>[0]),
  )
  const url = await miniflare.ready
  const pid = descendantsOf(process.pid, 'workerd').find((it) => !others.has(it))
  if (pid === undefined) throw new Error('workerd is not among the processes of this one')
  return {
    ask: async (question) => {
      const body = JSON.stringify(question)
      const before = cpuUsOf(pid)
      const response = await fetch(url, { method: 'POST', body })
      const text = await response.text()
      const cpuUs = cpuUsOf(pid) - before
      if (!response.ok) throw new Error(`${entry}: ${response.status} ${text.slice(0, 500)}`)
      return { cpuUs, answer: JSON.parse(text) }
    },
    dispose: async () => {
      await miniflare.dispose()
      await bundler.dispose()
    },
  }
}
