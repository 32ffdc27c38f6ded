import { readFileSync } from 'node:fs'
import path from 'node:path'
import { build, type Metafile } from 'esbuild'
import { expect, it } from 'vitest'

/** What a Worker's bundle is made of, as esbuild read it. `planted`: source that is imported before it. */
const bundleOf = async (entry: string, planted = ''): Promise<Metafile> => {
  const { metafile } = await build({
    stdin: { contents: `${planted}\nexport * from './${entry}'`, resolveDir: process.cwd(), sourcefile: entry },
    bundle: true,
    write: false,
    metafile: true,
    format: 'esm',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    conditions: ['workerd', 'worker', 'browser'],
    loader: { '.wasm': 'binary' },
    external: ['cloudflare:*', 'node:*', '*.bin'],
    logLevel: 'silent',
  })
  return metafile
}

/** What does not belong beside keys: anything but our own source, and Node's modules. */
const foreignTo = ({ inputs }: Metafile): string[] => [
  ...Object.keys(inputs).filter((input) => !/^src\/(vault|core|contracts|domain)\//.test(input)),
  ...Object.values(inputs).flatMap(({ imports }) =>
    imports.map((each) => each.path).filter((name) => name.startsWith('node:')),
  ),
]

it("no byte of the vault's bundle comes from an npm package", async () => {
  const bundle = await bundleOf('src/vault/worker.ts')
  expect(Object.keys(bundle.inputs)).toContain('src/vault/worker.ts')
  expect(foreignTo(bundle)).toEqual([])
})

it.each([
  ['a package', "import 'hono'", /node_modules\/hono/],
  ['a file of another Worker', "import './src/edge/log.ts'", /^src\/edge\/log\.ts$/],
  ['a file from outside', "import './test/scan/forms.ts'", /^test\/scan\/forms\.ts$/],
  ["Node's own modules", "import 'node:fs'", /^node:fs$/],
])('would see %s that is planted in it', async (_, planted, name) => {
  expect(foreignTo(await bundleOf('src/vault/worker.ts', planted))).toSatisfy((found: string[]) =>
    found.some((each) => name.test(each)),
  )
})

it('the bytes that the core hashes are those that run', () => {
  const generated = path.resolve('src/core/generated')
  expect(readFileSync(path.join(generated, 'vault.bin')).equals(readFileSync(path.join(generated, 'vault.wasm')))).toBe(
    true,
  )
})
