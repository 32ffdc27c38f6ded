import '../../scripts/stack/environment.ts'
import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from 'miniflare'
import { createBundler } from '../../scripts/stack/bundle.ts'
import { freePort } from '../../scripts/stack/ports.ts'
import { descendantsOf } from '../process-stats.ts'
import { serve } from '../service.ts'

export interface BaselineOptions {
  readonly stateDir: string
  readonly redis: { readonly url: string; readonly token: string }
  readonly gatewayUrl: string
}

export interface BaselineShape {
  info(): { readonly url: string; readonly workerdPid: number }
}

/** The baseline Worker, served the way the product is. */
serve(async (options: BaselineOptions) => {
  mkdirSync(options.stateDir, { recursive: true })
  const port = await freePort()
  const bundler = await createBundler('bench/workers/baseline.ts', () => {})
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      host: '127.0.0.1',
      port: 0,
      cf: false,
      logRequests: false,
      log: new Log(LogLevel.ERROR),
      resourcePersistencePath: path.join(options.stateDir, 'v3'),
      workers: [
        {
          name: 'baseline',
          compatibilityDate: '2026-10-20',
          modules: [...bundler.modules()],
          bindings: { REDIS_URL: options.redis.url, REDIS_TOKEN: options.redis.token, GATEWAY_URL: options.gatewayUrl },
          durableObjects: { ROWS: { className: 'Row', useSQLite: true } },
          unsafeDirectSockets: [{ host: '127.0.0.1', port }],
        },
      ],
    } as Parameters<typeof convertV4MiniflareOptions>[0]),
  )
  await miniflare.ready
  const [workerdPid = 0] = descendantsOf(process.pid, 'workerd')
  return {
    info: () => ({ url: `http://127.0.0.1:${port}`, workerdPid }),
    close: async () => {
      await miniflare.dispose()
      await bundler.dispose()
    },
  }
})
