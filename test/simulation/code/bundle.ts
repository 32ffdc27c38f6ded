import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { build, type Plugin } from 'esbuild'

const root = path.resolve(import.meta.dirname, '../../..')
const here = import.meta.dirname

/** A change to one source file. `find` must be there exactly once. */
export interface Patch {
  readonly file: string
  readonly find: string
  readonly replace: string
}

/** What is simulated, straight from src. */
const ENTRY = `
export { PaymentObject } from './src/consumer/payment-object.ts'
export { default as consumer } from './src/consumer/worker.ts'
export { createWorker } from './src/edge/worker.ts'
export { decideCore } from './src/consumer/core.ts'
export * as redisScripts from './src/adapters/redis-scripts.ts'
`

const ALIASES: Readonly<Record<string, string>> = {
  'cloudflare:workers': 'workers.ts',
  '@upstash/qstash': 'qstash-sdk.ts',
  '@upstash/redis/cloudflare': 'redis-sdk.ts',
  './qstash-message.ts': 'qstash-message.ts',
}

const aliases: Plugin = {
  name: 'aliases',
  setup(build) {
    build.onResolve(
      { filter: /^(cloudflare:workers|@upstash\/(qstash|redis\/cloudflare)|\.\/qstash-message\.ts)$/ },
      (args) => ({
        path: path.join(here, ALIASES[args.path] as string),
      }),
    )
    build.onLoad({ filter: /\.wasm$/ }, (args) => ({
      contents: `import { readFileSync } from 'node:fs'
export default new WebAssembly.Module(readFileSync(${JSON.stringify(args.path)}))`,
      loader: 'js',
    }))
  },
}

/**
 * The files that the patches change, by path, as they are afterwards. Throws when one does not fit: a deliberate bug that
 * has quietly become none proves nothing.
 */
export const patchedFiles = (patches: readonly Patch[]): ReadonlyMap<string, string> => {
  const files = new Map<string, string>()
  for (const { file, find, replace } of patches) {
    const place = path.join(root, file)
    const before = files.get(place) ?? readFileSync(place, 'utf8')
    if (before.split(find).length !== 2) throw new Error(`${file} does not have exactly once: ${find}`)
    files.set(
      place,
      before.replace(find, () => replace),
    )
  }
  return files
}

const patched = (files: ReadonlyMap<string, string>): Plugin => ({
  name: 'patches',
  setup(build) {
    const loaded = new Set<string>()
    build.onLoad({ filter: /\/src\/.*\.ts$/ }, ({ path: place }) => {
      const contents = files.get(place)
      if (contents === undefined) return undefined
      loaded.add(place)
      return { contents, loader: 'ts' }
    })
    build.onEnd(() => {
      const unused = [...files.keys()].filter((place) => !loaded.has(place))
      return { errors: unused.map((place) => ({ text: `${place} is patched and not part of what is simulated` })) }
    })
  },
})

/** Lines that nobody reads need not be written: the record goes on as it is. */
const UNWRITTEN: readonly Patch[] = ['edge', 'consumer'].map((worker) => ({
  file: `src/${worker}/log.ts`,
  find: `console.log(JSON.stringify({ worker: '${worker}', ...record }))`,
  replace: `console.log({ worker: '${worker}', ...record })`,
}))

/** Bundles our Workers for Node with the platform's globals replaced by the simulated ones, and returns the file's path. */
export const bundleCode = async (patches: readonly Patch[] = []): Promise<string> => {
  const result = await build({
    stdin: { contents: ENTRY, resolveDir: root, loader: 'ts' },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    target: 'node22',
    conditions: ['worker', 'browser', 'import'],
    logLevel: 'silent',
    define: {
      'Date.now': 'langoPlatform.now',
      setTimeout: 'langoPlatform.setTimeout',
      clearTimeout: 'langoPlatform.clearTimeout',
      'AbortSignal.timeout': 'langoPlatform.abortAfter',
      'console.log': 'langoPlatform.log',
      'JSON.parse': 'langoPlatform.parse',
      crypto: 'langoPlatform.crypto',
      Response: 'langoPlatform.Response',
      Headers: 'langoPlatform.Headers',
      LANGO_FAIL_POINTS: 'undefined',
    },
    plugins: [aliases, patched(patchedFiles([...UNWRITTEN, ...patches]))],
  })
  const text = result.outputFiles[0]?.text ?? ''
  const name = createHash('sha256').update(text).digest('hex').slice(0, 16)
  const folder = path.join(root, '.lango/simulation')
  mkdirSync(folder, { recursive: true })
  const file = path.join(folder, `${name}.mjs`)
  writeFileSync(file, text)
  return file
}
