import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { cloudflareTest } from '@cloudflare/vitest-plugin'
import { defineConfig } from 'vitest/config'
import { provision } from '../../scripts/provision/provision.ts'
import { sealedVault } from '../../scripts/stack/vault.ts'
import { provisioningFor, varsOf } from '../provisioned.ts'
import { workerOptions } from './options.ts'

const root = path.resolve(import.meta.dirname, '../..')
const wasm = readFileSync(path.join(root, 'src/core/generated/vault.wasm'))

const signingKey = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({
  type: 'pkcs8',
  format: 'pem',
}) as string

/** Where the data modules lie that the vault of these tests is sealed with. */
const provisioned = mkdtempSync(path.join(tmpdir(), 'lango-vault-tests-'))
process.once('exit', () => rmSync(provisioned, { recursive: true, force: true }))

/** The vault as it is, sealed for a gateway on a port of its own. */
const sealed = (configured: Readonly<Record<string, string>>, gatewayUrl: string) => {
  const { modules, bindings } = sealedVault({
    modules: [{ type: 'CompiledWasm', path: 'vault.wasm', contents: wasm }],
    vars: { ...configured, PAWAPAY_ORIGIN: gatewayUrl },
    compatibility: [],
    account: { token: 'gateway-token-of-the-vault-tests', keyId: 'LANGO_DEV:1', signingKey },
    secrets: {
      attestationKey: 'a7'.repeat(32),
      personalKey: 'c9'.repeat(32),
      masterKey: '5e'.repeat(32),
      provisioningSeed: '7a'.repeat(32),
      project: '00000000-0000-4000-8000-000000000001',
    },
  })
  for (const { type, path: name, contents } of modules)
    if (type === 'Data') writeFileSync(path.join(provisioned, name), contents)
  return bindings
}

/** Another one, for the tests that answer for the gateway themselves. */
const ANSWERING = {
  environment: 'development',
  referenceKey: '6c'.repeat(32),
  attestation: { current: 'ab'.repeat(32) },
  callbackAuthorities: ['pay.example.com'],
  pawapay: {
    origin: 'https://gateway.example',
    token: 'secret-token',
    signingKey,
    keyId: 'LANGO:1',
    signatureEncoding: 'der',
    callbackMode: 'signed',
  },
}

const answering = (): string => {
  const { manifest, sealed, trust } = provision(provisioningFor(ANSWERING, wasm))
  const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64')
  return JSON.stringify({
    manifest: base64(manifest),
    sealed: base64(sealed),
    trust: base64(trust),
    vars: Object.entries(varsOf(ANSWERING)),
  })
}

export default defineConfig({
  // vault.bin is vault.wasm by another name, and its name says what it is imported as.
  resolve: { preserveSymlinks: true, alias: [{ find: /^\.\/provisioned\//, replacement: `${provisioned}/` }] },
  plugins: [
    cloudflareTest(({ inject }) => {
      const configured: Readonly<Record<string, unknown>> = workerOptions(path.join(root, 'src/vault/wrangler.toml'))
      // Miniflare's own would have an empty tag.
      const { versionMetadata: _, ...options } = configured
      return {
        main: path.join(root, 'src/vault/worker.ts'),
        miniflare: {
          ...options,
          bindings: {
            ...sealed(options['bindings'] as Record<string, string>, inject('gatewayUrl')),
            TEST_ANSWERING: answering(),
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
