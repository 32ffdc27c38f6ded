import '../../scripts/stack/environment.ts'
import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from 'miniflare'
import { createBundler } from '../../scripts/stack/bundle.ts'
import { freePort } from '../../scripts/stack/ports.ts'
import { descendantsOf } from '../process-stats.ts'
import { serve } from '../service.ts'

/** One Worker that takes callbacks, in a workerd of its own: the edge between stubs, or one that only publishes. */
export interface CallbackWorkerOptions {
  readonly worker: 'edge' | 'publisher'
  readonly stateDir: string
  readonly queue: { readonly url: string; readonly token: string; readonly sinkUrl: string }
}

export interface CallbackWorkerShape {
  info(): { readonly url: string; readonly workerdPid: number }
}

const COMPATIBLE = '2026-10-20'
const FLAGS = ['disallow_importable_env', 'nodejs_compat_do_not_populate_process_env', 'disallow_eval_during_startup']
const WIDE = '1000000/1000s'

serve(async ({ worker, stateDir, queue }: CallbackWorkerOptions) => {
  mkdirSync(stateDir, { recursive: true })
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const bundlers = await Promise.all(
    (worker === 'edge' ? ['src/edge/worker.ts', 'bench/workers/edge-peers.ts'] : ['bench/workers/publisher.ts']).map(
      (entry) => createBundler(entry, () => {}),
    ),
  )
  const [own, peers] = bundlers.map((bundler) => [...bundler.modules()])
  const shared = { compatibilityDate: COMPATIBLE, unsafeDirectSockets: [{ host: '127.0.0.1', port }] }
  const bound = { QSTASH_URL: queue.url, QSTASH_TOKEN: queue.token }
  const publisher = { ...shared, name: 'publisher', modules: own, bindings: { ...bound, DESTINATION: queue.sinkUrl } }
  const edge = {
    ...shared,
    name: 'lango-edge',
    compatibilityFlags: FLAGS,
    modulesRules: [],
    modules: own,
    bindings: {
      ...bound,
      LANGO_ENVIRONMENT: 'development',
      LANGO_PUBLIC_ORIGIN: url,
      LANGO_CONSUMER_ORIGIN: queue.sinkUrl,
      // No callback asks Redis anything.
      UPSTASH_REDIS_REST_URL: 'http://127.0.0.1:9',
      UPSTASH_REDIS_REST_TOKEN: 'nobody asks for this one',
      LANGO_FINGERPRINT_KEY: 'ab'.repeat(32),
      LANGO_LIMIT_ADDRESS: WIDE,
    },
    serviceBindings: {
      VAULT: { name: 'peers', entrypoint: 'ForEdge' },
      CONSUMER: { name: 'peers', entrypoint: 'ForEdge' },
      PAYMENTS: { name: 'peers', entrypoint: 'PaymentsForEdge' },
    },
  }
  const stubs = {
    name: 'peers',
    compatibilityDate: COMPATIBLE,
    modules: peers,
  }
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      host: '127.0.0.1',
      port: 0,
      cf: false,
      logRequests: false,
      log: new Log(LogLevel.ERROR),
      handleStructuredLogs: () => {},
      resourcePersistencePath: path.join(stateDir, 'v3'),
      workers: worker === 'edge' ? [edge, stubs] : [publisher],
    } as Parameters<typeof convertV4MiniflareOptions>[0]),
  )
  await miniflare.ready
  const [workerdPid = 0] = descendantsOf(process.pid, 'workerd')
  return {
    info: () => ({ url: worker === 'edge' ? `${url}/webhooks/pawapay/deposits` : url, workerdPid }),
    close: async () => {
      await miniflare.dispose()
      for (const bundler of bundlers) await bundler.dispose()
    },
  }
})
