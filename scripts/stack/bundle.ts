import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { type BuildContext, type BuildResult, context, type Metafile, type Plugin } from 'esbuild'

export interface WorkerModule {
  readonly type: 'ESModule' | 'CompiledWasm' | 'Data'
  readonly path: string
  readonly contents: string | Uint8Array
}

/**
 * Collects imported .wasm and .bin files as modules of their own: workerd compiles the first, code may not. What the vault
 * is provisioned with is made afterwards, of what was collected here.
 */
const filesAsModules = (found: Map<string, Uint8Array>): Plugin => ({
  name: 'files-as-modules',
  setup(build) {
    build.onResolve({ filter: /\/provisioned\/\w+\.bin$/ }, (args) => ({
      path: `./${path.basename(args.path)}`,
      external: true,
    }))
    build.onResolve({ filter: /\.(wasm|bin)$/ }, (args) => {
      const file = path.resolve(args.resolveDir, args.path)
      const name = path.basename(file)
      found.set(name, readFileSync(file))
      return { path: `./${name}`, external: true, watchFiles: [file] }
    })
  },
})

const FAIL_POINT = /^(\s*)\/\/ (.*\bfailPoint\('\w+'\).*)$/gm

/** Turns every `// failPoint('name')` of our own source into the call, which reports to `url`. See src/domain/fail-point.ts. */
const armed = (url: string): Plugin => ({
  name: 'fail-points',
  setup(build) {
    const definition = path.resolve('scripts/stack/fail-point.ts')
    build.initialOptions.define = { ...build.initialOptions.define, LANGO_FAIL_POINTS: JSON.stringify(url) }
    build.onLoad({ filter: /\/src\/.*\.ts$/ }, ({ path: file }) => {
      if (file.includes('/node_modules/') || file.endsWith('/domain/fail-point.ts')) return undefined
      const source = readFileSync(file, 'utf8')
      const contents = source.replaceAll(FAIL_POINT, '$1await $2')
      if (contents === source) return undefined
      return { contents: `${contents}\nimport { failPoint } from ${JSON.stringify(definition)}\n`, loader: 'ts' }
    })
  },
})

export interface Bundler {
  readonly modules: () => readonly WorkerModule[]
  /** The source files that the code was made of, as absolute paths. */
  readonly inputs: () => readonly string[]
  /** What the code imports when it runs, by name. */
  readonly imports: () => readonly string[]
  watch(): Promise<void>
  dispose(): Promise<void>
}

/**
 * Bundles one Worker the way wrangler does; `onBuilt` runs after each rebuild of `watch`. `failPoints`: http origin that
 * the fail-points report to; without it there are none.
 */
export const createBundler = async (
  entry: string,
  onBuilt: (errors: number) => void,
  failPoints?: string,
): Promise<Bundler> => {
  const files = new Map<string, Uint8Array>()
  let code = ''
  let made: Metafile | undefined
  let settled = false
  let known = ''
  const digest = (): string => {
    const hash = createHash('sha256').update(code)
    for (const bytes of files.values()) hash.update(bytes)
    return hash.digest('hex')
  }
  const keep = (result: BuildResult) => {
    const file = result.outputFiles?.find((output) => output.path.endsWith('.js'))
    if (file) code = file.text
    made = result.metafile ?? made
  }
  const esbuild: BuildContext = await context({
    entryPoints: [entry],
    bundle: true,
    write: false,
    metafile: true,
    outdir: 'dist',
    format: 'esm',
    target: 'es2024',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    conditions: ['workerd', 'worker', 'browser'],
    external: ['cloudflare:*', 'node:*'],
    sourcemap: 'inline',
    logLevel: 'silent',
    plugins: [
      filesAsModules(files),
      ...(failPoints ? [armed(failPoints)] : []),
      {
        name: 'report',
        setup: (build) =>
          build.onEnd((result) => {
            keep(result)
            const changed = digest() !== known
            known = digest()
            // `watch` begins with a build of its own: what did not change must not restart anything.
            if (settled && (result.errors.length > 0 || changed)) onBuilt(result.errors.length)
          }),
      },
    ],
  })
  keep(await esbuild.rebuild())
  settled = true
  return {
    modules: () => [
      { type: 'ESModule', path: 'index.js', contents: code },
      ...[...files].map(([name, contents]) => ({
        type: name.endsWith('.wasm') ? ('CompiledWasm' as const) : ('Data' as const),
        path: name,
        contents,
      })),
    ],
    inputs: () => Object.keys(made?.inputs ?? {}).map((file) => path.resolve(file)),
    imports: () => [
      ...new Set(
        Object.values(made?.outputs ?? {}).flatMap(({ imports }) =>
          imports.filter(({ external }) => external).map((each) => each.path),
        ),
      ),
    ],
    watch: () => esbuild.watch(),
    dispose: () => esbuild.dispose(),
  }
}
