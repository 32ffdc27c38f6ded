import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'

/** Which folder of src may import which, type imports included: a Worker that knows another's types is bound to its deploys. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  domain: [],
  contracts: ['domain'],
  core: ['contracts', 'domain'],
  flows: ['contracts', 'domain'],
  adapters: ['contracts', 'domain'],
  edge: ['flows', 'adapters', 'core', 'contracts', 'domain'],
  consumer: ['flows', 'adapters', 'core', 'contracts', 'domain'],
  vault: ['core', 'contracts', 'domain'],
  gateways: [],
}

/** Rules without clock, randomness, network or environment: these arrive as arguments. */
const PURE = ['domain', 'contracts', 'flows']
const BANNED: readonly RegExp[] = [
  /\bDate\.now\(/,
  /\bnew Date\(\)/,
  /\bMath\.random\(/,
  /\bcrypto\.randomUUID\(/,
  /\bcrypto\.getRandomValues\(/,
  /(?<![.\w])fetch\(/,
  /\bprocess\.env\b/,
  /cloudflare:workers/,
]

const IMPORT = /(?:from\s+|import\s*\(\s*|import\s+)['"]([^'"]+)['"]/g

const files = globSync('src/**/*.ts').filter((file) => !file.includes('generated'))
const importsOf = (text: string): string[] => [...text.matchAll(IMPORT)].map((match) => match[1] as string)

describe('import directions of src', () => {
  it('finds the sources', () => {
    expect(files.length).toBeGreaterThan(30)
  })

  it.each(files)('%s', (file) => {
    const layer = file.split(path.sep)[1] as string
    const text = readFileSync(file, 'utf8')
    const problems: string[] = []
    for (const specifier of importsOf(text)) {
      if (!specifier.startsWith('.')) continue
      const target = path.relative('src', path.resolve(path.dirname(file), specifier)).split(path.sep)[0] as string
      if (target !== layer && !MAY_IMPORT[layer]?.includes(target))
        problems.push(`${layer} may not import ${target} (${specifier})`)
      if (specifier.includes('generated') && layer !== 'core') problems.push(`only src/core may import ${specifier}`)
    }
    if (PURE.includes(layer)) {
      for (const banned of BANNED) if (banned.test(text)) problems.push(`${banned.source} belongs at the edge`)
    }
    expect(problems).toEqual([])
  })
})

describe('emulators and simulators', () => {
  it.each(globSync('test/emulators/**/*.ts').filter((file) => !file.endsWith('.test.ts')))(
    '%s shares no code with the adapters',
    (file) => {
      const foreign = importsOf(readFileSync(file, 'utf8')).filter((specifier) => {
        if (!specifier.startsWith('.')) return false
        const target = path.relative('.', path.resolve(path.dirname(file), specifier))
        return target.startsWith('src') && !target.startsWith(path.join('src', 'domain'))
      })
      expect(foreign).toEqual([])
    },
  )
})

describe('the vault', () => {
  it('names no npm package', () => {
    const packages = globSync('src/{vault,core,contracts,domain}/**/*.ts').flatMap((file) =>
      importsOf(readFileSync(file, 'utf8'))
        .filter((specifier) => !specifier.startsWith('.') && !specifier.startsWith('cloudflare:'))
        .map((specifier) => `${file}: ${specifier}`),
    )
    expect(packages).toEqual([])
  })
})
