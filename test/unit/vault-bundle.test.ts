import { build } from 'esbuild'
import { expect, it } from 'vitest'

/** The inputs of a Worker's bundle, as esbuild read them. */
const inputsOf = async (entry: string): Promise<string[]> => {
  const { metafile } = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    metafile: true,
    format: 'esm',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    conditions: ['workerd', 'worker', 'browser'],
    loader: { '.wasm': 'binary' },
    external: ['cloudflare:*', 'node:*'],
    logLevel: 'silent',
  })
  return Object.keys(metafile.inputs)
}

it("no byte of the vault's bundle comes from an npm package", async () => {
  const inputs = await inputsOf('src/vault/worker.ts')
  expect(inputs).toContain('src/vault/worker.ts')
  expect(inputs.filter((input) => !/^src\/(vault|core|contracts|domain)\//.test(input))).toEqual([])
})

it('would see one if there were: the consumer has some', async () => {
  const inputs = await inputsOf('src/consumer/worker.ts')
  expect(inputs.some((input) => input.includes('node_modules/'))).toBe(true)
})
