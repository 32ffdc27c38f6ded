import path from 'node:path'
import { cloudflareTest } from '@cloudflare/vitest-plugin'
import { buildSync } from 'esbuild'
import { defineConfig } from 'vitest/config'
import { QSTASH_TOKEN, REDIS_TOKEN } from './edge/tokens.ts'
import { workerOptions } from './options.ts'

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
  plugins: [
    cloudflareTest(({ inject }) => ({
      main: path.join(root, 'src/edge/worker.ts'),
      miniflare: {
        ...workerOptions(path.join(root, 'wrangler.toml')),
        bindings: {
          LANGO_ENVIRONMENT: 'development',
          LANGO_PUBLIC_ORIGIN: 'http://127.0.0.1:8787',
          LANGO_CONSUMER_ORIGIN: 'http://127.0.0.1:8788',
          UPSTASH_REDIS_REST_URL: inject('redisUrl'),
          UPSTASH_REDIS_REST_TOKEN: REDIS_TOKEN,
          QSTASH_URL: inject('queueUrl'),
          QSTASH_TOKEN: QSTASH_TOKEN,
          LANGO_FINGERPRINT_KEY: '5a'.repeat(32),
          // The tests pay from one number; those of limits build a Worker with limits of their own.
          LANGO_LIMIT_PHONE: 'off',
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
    dir: path.join(root, 'test/workers/edge'),
    globalSetup: [path.join(root, 'test/workers/edge/setup.ts')],
    isolate: false,
    testTimeout: 20_000,
  },
})
