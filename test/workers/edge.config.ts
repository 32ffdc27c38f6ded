import path from 'node:path'
import { cloudflareTest } from '@cloudflare/vitest-plugin'
import { buildSync } from 'esbuild'
import { defineConfig } from 'vitest/config'

const root = path.resolve(import.meta.dirname, '../..')

/** Auxiliary Workers must be JavaScript: built here, when the tests start, so that they are never stale. */
const fake = (name: 'vault' | 'consumer') => {
  const [output] = buildSync({
    entryPoints: [path.join(root, `test/workers/edge/fakes/${name}.ts`)],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2024',
    external: ['cloudflare:*'],
  }).outputFiles
  return { name: `lango-${name}`, modules: true, script: output?.text ?? '', compatibilityDate: '2026-10-20' }
}

export default defineConfig({
  root,
  plugins: [
    cloudflareTest(({ inject }) => ({
      wrangler: { configPath: path.join(root, 'wrangler.toml') },
      miniflare: {
        cf: false,
        bindings: {
          UPSTASH_REDIS_REST_URL: inject('redisUrl'),
          UPSTASH_REDIS_REST_TOKEN: 'redis-token-of-the-edge-tests',
          QSTASH_URL: inject('queueUrl'),
          QSTASH_TOKEN: 'qstash-token-of-the-edge-tests',
          LANGO_FINGERPRINT_KEY: '5a'.repeat(32),
          TEST_REDIS_URL: inject('redisUrl'),
          TEST_QUEUE_URL: inject('queueUrl'),
        },
        workers: [
          fake('vault'),
          { ...fake('consumer'), durableObjects: { PAYMENTS: { className: 'PaymentObject', useSQLite: true } } },
        ],
      },
    })),
  ],
  test: {
    name: 'edge',
    include: ['test/workers/edge/**/*.test.ts'],
    globalSetup: ['test/workers/edge/setup.ts'],
    isolate: false,
    testTimeout: 20_000,
  },
})
