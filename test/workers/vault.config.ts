import { generateKeyPairSync } from 'node:crypto'
import path from 'node:path'
import { cloudflareTest } from '@cloudflare/vitest-plugin'
import { defineConfig } from 'vitest/config'
import { workerOptions } from './options.ts'

const root = path.resolve(import.meta.dirname, '../..')

const signingKey = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({
  type: 'pkcs8',
  format: 'pem',
})

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
            PAWAPAY_ORIGIN: inject('gatewayUrl'),
            PAWAPAY_TOKEN: 'gateway-token-of-the-vault-tests',
            PAWAPAY_SIGNING_KEY: signingKey,
            LANGO_ATTESTATION_KEY: 'a7'.repeat(32),
            LANGO_PERSONAL_KEY: 'c9'.repeat(32),
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
