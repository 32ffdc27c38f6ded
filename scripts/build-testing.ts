/**
 * Builds packages/testing/dist: the development stack as one module that needs nothing of this repository but miniflare.
 * The stack is the same; what it asks of a checkout (wrangler.toml, migrations, sources to bundle, recorded vectors) is
 * answered here, once.
 */
import './stack/environment.ts'
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import path from 'node:path'
import { readD1Migrations } from '@cloudflare/vitest-plugin'
import { build, type Plugin } from 'esbuild'
import { unstable_getMiniflareWorkerOptions } from 'wrangler'
import { gatewaySpecs } from './provision/program.ts'
import { createBundler } from './stack/bundle.ts'

const OUT = 'packages/testing/dist'
const WORKERS = {
  'src/edge/worker.ts': 'wrangler.toml',
  'src/consumer/worker.ts': 'src/consumer/wrangler.toml',
  'src/vault/worker.ts': 'src/vault/wrangler.toml',
}

rmSync(OUT, { recursive: true, force: true })
mkdirSync(path.join(OUT, 'workers'), { recursive: true })

/** Each Worker's modules as files; what they are is in the list. */
const packWorkers = async () => {
  const modules: Record<string, { type: string; path: string; file: string }[]> = {}
  for (const entry of Object.keys(WORKERS)) {
    const bundler = await createBundler(entry, () => {})
    const name = entry.split('/')[1] as string
    modules[entry] = bundler.modules().map((module) => {
      const file = module.type === 'ESModule' ? `${name}.js` : module.path
      const contents =
        typeof module.contents === 'string'
          ? module.contents.replace(/\n\/\/# sourceMappingURL=data:\S+\s*$/, '\n')
          : module.contents
      writeFileSync(path.join(OUT, 'workers', file), contents)
      return { type: module.type, path: module.path, file }
    })
    await bundler.dispose()
  }
  return modules
}

const packOptions = () =>
  Object.fromEntries(
    Object.values(WORKERS).map((config) => {
      const { rootPath: _, ...workerOptions } = unstable_getMiniflareWorkerOptions(config).workerOptions as {
        rootPath?: string
      }
      return [config, workerOptions]
    }),
  )

const packed = {
  modules: await packWorkers(),
  options: packOptions(),
  migrations: await readD1Migrations('src/consumer/migrations'),
  gateways: gatewaySpecs(['pawapay']),
}
writeFileSync(path.join(OUT, 'packed.json'), JSON.stringify(packed))

const PACKED = `
import { readFileSync } from 'node:fs'
const packed = JSON.parse(readFileSync(new URL('./packed.json', import.meta.url), 'utf8'))`

/** What stands in for a part of the stack that reads a checkout. */
const STAND_INS: Readonly<Record<string, string>> = {
  wrangler: `${PACKED}
export const unstable_getMiniflareWorkerOptions = (config) => ({ workerOptions: packed.options[config] })`,
  '@cloudflare/vitest-plugin': `${PACKED}
export const readD1Migrations = async () => packed.migrations`,
  // They were checked when they were packed.
  './gateways.ts': `${PACKED}
export const readGateways = () => packed.gateways`,
  './bundle.ts': `${PACKED}
const read = ({ type, path, file }) => {
  const contents = readFileSync(new URL('./workers/' + file, import.meta.url))
  return { type, path, contents: type === 'ESModule' ? contents.toString('utf8') : new Uint8Array(contents) }
}
export const createBundler = async (entry) => {
  const modules = packed.modules[entry].map(read)
  return { modules: () => modules, watch: async () => {}, dispose: async () => {} }
}`,
}

const replaced = new Set<string>()
const standIns: Plugin = {
  name: 'stand-ins',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^(wrangler|@cloudflare\/vitest-plugin|\.\/bundle\.ts)$/ }, (args) =>
      args.importer.includes('/scripts/stack/') ? { path: args.path, namespace: 'stand-in' } : undefined,
    )
    onResolve({ filter: /^\.\/gateways\.ts$/ }, (args) =>
      args.importer.includes('/scripts/provision/') ? { path: args.path, namespace: 'stand-in' } : undefined,
    )
    onLoad({ filter: /.*/, namespace: 'stand-in' }, ({ path: name }) => {
      replaced.add(name)
      return { contents: STAND_INS[name] as string, loader: 'js' }
    })
    // The recorded limits and numbers, beside the bundle instead of among the tests.
    onLoad({ filter: /\/emulators\/pawapay\/recorded\.ts$/ }, ({ path: file }) => {
      replaced.add('vectors')
      const source = readFileSync(file, 'utf8')
      const contents = source.replace('../../vectors/pawapay/', './vectors/')
      if (contents === source) throw new Error(`${file} reads its vectors from elsewhere now`)
      return { contents, loader: 'ts' }
    })
  },
}

const result = await build({
  entryPoints: ['packages/testing/src/index.ts'],
  outfile: path.join(OUT, 'index.js'),
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node22',
  external: ['miniflare'],
  plugins: [standIns],
  metafile: true,
  // Lua's loader is CommonJS and looks for its .wasm beside itself.
  banner: {
    js: `import { createRequire as __createRequire } from 'node:module'
import { fileURLToPath as __fileURLToPath } from 'node:url'
import { dirname as __dirnameOf } from 'node:path'
const require = __createRequire(import.meta.url)
const __filename = __fileURLToPath(import.meta.url)
const __dirname = __dirnameOf(__filename)`,
  },
})
const missing = [...Object.keys(STAND_INS), 'vectors'].filter((name) => !replaced.has(name))
if (missing.length > 0)
  throw new Error(`the stack does not use ${missing.join(', ')} any more: mend scripts/build-testing.ts`)
const foreign = Object.values(result.metafile.outputs)
  .flatMap(({ imports }) => imports.map(({ path: name }) => name))
  .filter((name) => name !== 'miniflare' && !isBuiltin(name))
if (foreign.length > 0) throw new Error(`not bundled: ${[...new Set(foreign)].join(', ')}`)

cpSync('test/emulators/pawapay/README.md', path.join(OUT, 'personas.md'))
cpSync('node_modules/wasmoon/dist/glue.wasm', path.join(OUT, 'glue.wasm'))
for (const name of [
  'active-conf-limits-recorded-sandbox.csv',
  'sandbox-test-msisdns.csv',
  'active-conf-excerpt-RWA.json',
])
  cpSync(path.join('test/vectors/pawapay', name), path.join(OUT, 'vectors', name))

// The types of what is exported, and of the personas, which they name.
execFileSync('tsc', ['-p', 'packages/testing/tsconfig.json'], { stdio: 'inherit' })
writeFileSync(
  path.join(OUT, 'index.d.ts'),
  `import type { StartLango } from './types/packages/testing/src/lango.js'
export type * from './types/packages/testing/src/lango.js'
/** Starts a whole Lango on this machine: three Workers, Redis, queue and gateway simulator. No network. */
export declare const startLango: StartLango
`,
)
