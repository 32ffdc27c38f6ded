import path from 'node:path'
import { cloudflareTest } from '@cloudflare/vitest-plugin'
import { defineConfig } from 'vitest/config'
import { workerOptions } from './options.ts'

const root = path.resolve(import.meta.dirname, '../..')

export default defineConfig({
  plugins: [
    cloudflareTest(({ inject }) => {
      const options: Readonly<Record<string, unknown>> = workerOptions(path.join(root, 'src/vault/wrangler.toml'))
      return {
        main: path.join(root, 'src/vault/worker.ts'),
        miniflare: {
          ...options,
          bindings: {
            ...(options['bindings'] as object),
            TEST_GATEWAY_URL: inject('gatewayUrl'),
            TEST_CLOSED_URL: inject('closedUrl'),
          },
        },
      }
    }),
  ],
  test: {
    name: 'vault',
    dir: path.join(root, 'test/workers/vault'),
    globalSetup: [path.join(root, 'test/workers/vault/setup.ts')],
    isolate: false,
    testTimeout: 20_000,
  },
})
