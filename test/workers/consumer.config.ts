import path from 'node:path'
import { cloudflareTest, readD1Migrations } from '@cloudflare/vitest-plugin'
import { buildSync } from 'esbuild'
import { type Request, Response } from 'miniflare'
import { defineConfig } from 'vitest/config'
import { CONSUMER_ORIGIN, type Published, QUEUE } from './consumer/queue.ts'
import { createShops } from './consumer/shops.ts'
import { workerOptions } from './options.ts'

const root = path.resolve(import.meta.dirname, '../..')

/** An auxiliary Worker must be JavaScript: built here, when the tests start, so that it is never stale. */
const fake = (name: string, file: string) => {
  const [output] = buildSync({
    entryPoints: [path.join(root, `test/workers/consumer/fakes/${file}.ts`)],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2024',
    external: ['cloudflare:*'],
  }).outputFiles
  return { name, modules: true, script: output?.text ?? '', compatibilityDate: '2026-10-20' }
}

/**
 * Every fetch of the Worker ends here: the queue takes what is published and tells what it took. It delivers nothing; its
 * dead letters are what a test has put there, two on a page.
 */
const outside = () => {
  let down = false
  const published: Published[] = []
  let dead: unknown[] = []
  const shops = createShops()
  return async (request: Request): Promise<Response> => {
    const url = new URL(request.url)
    if (url.origin !== QUEUE.url) return (await shops(request)) ?? new Response('nothing is there', { status: 599 })
    if (url.pathname === '/_sim/published') return Response.json(published)
    if (url.pathname === '/_sim/down') {
      down = (await request.text()) === 'true'
      return new Response()
    }
    if (url.pathname === '/_sim/dlq') {
      dead = (await request.json()) as unknown[]
      return new Response()
    }
    if (down) return Response.json({ error: 'down' }, { status: 500 })
    if (url.pathname === '/v2/dlq') {
      const from = Number(url.searchParams.get('cursor') ?? 0)
      if (from > dead.length) return Response.json({ error: 'no such cursor' }, { status: 400 })
      const more = from + 2 < dead.length ? { cursor: String(from + 2) } : {}
      return Response.json({ messages: dead.slice(from, from + 2), ...more })
    }
    published.push({
      target: request.url.slice(QUEUE.url.length),
      dedupId: request.headers.get('Upstash-Deduplication-Id'),
      authorized: request.headers.get('Authorization') === `Bearer ${QUEUE.token}`,
      settings: Object.fromEntries([...request.headers].filter(([name]) => name.startsWith('upstash-'))),
      body: await request.text(),
    })
    return Response.json({ messageId: `msg_${published.length}` })
  }
}

export default defineConfig({
  plugins: [
    cloudflareTest(async () => {
      const options: Readonly<Record<string, unknown>> = workerOptions(path.join(root, 'src/consumer/wrangler.toml'))
      return {
        main: path.join(root, 'src/consumer/worker.ts'),
        miniflare: {
          ...options,
          bindings: {
            ...(options['bindings'] as object),
            LANGO_CONSUMER_ORIGIN: CONSUMER_ORIGIN,
            QSTASH_URL: QUEUE.url,
            QSTASH_TOKEN: QUEUE.token,
            LANGO_WEBHOOK_KEY: '3c'.repeat(32),
            LANGO_OPERATOR_KEY: 'op_test_of_the_consumers_own_tests',
            QSTASH_CURRENT_SIGNING_KEY: QUEUE.current,
            QSTASH_NEXT_SIGNING_KEY: QUEUE.next,
            TEST_MIGRATIONS: await readD1Migrations(path.join(root, 'src/consumer/migrations')),
          },
          serviceBindings: {
            ...(options['serviceBindings'] as object),
            // Bound under another name: only the test about it fulfils through it.
            A_SHOP: { name: 'a-shop', entrypoint: 'Fulfilment' },
            VAULT_CONTROL: { name: 'lango-vault', entrypoint: 'Control' },
          },
          outboundService: outside(),
          workers: [fake('lango-vault', 'vault'), fake('a-shop', 'shop')],
        },
      }
    }),
  ],
  test: {
    name: 'consumer',
    dir: path.join(root, 'test/workers/consumer'),
    setupFiles: [path.join(root, 'test/workers/consumer/setup.ts')],
    isolate: false,
    testTimeout: 20_000,
    expect: { poll: { timeout: 5_000 } },
  },
})
