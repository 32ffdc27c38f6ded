import path from 'node:path'
import type { Bundler } from '../stack/bundle.ts'

/** What the vault may be made of, under the project's root: our own source without what has packages of its own. */
const OURS = /^src\/(vault|core|contracts|domain)\/[\w/.-]+$/
/** What it may import when it runs: the platform's own class of entrypoints, and modules that are sealed with it. */
const IMPORTED = /^(cloudflare:workers|\.\/\w+\.(wasm|bin))$/
/** Code out of text. The platform refuses some of it anyway; here none of it has any use. */
const EVALUATED = /\beval\s*\(|\bnew\s+Function\b|\bimport\s*\(|\bWebAssembly\.(compile|instantiate|Module)\b\s*\(/g
/** Every address comes from the sealed blob or from a var: one that stands in the code is for somebody else. */
const ADDRESS = /\b(?:https?|wss?):\/\/[^\s'"`]*/g

const SOURCE_MAP = '//# sourceMappingURL'

/** What is in a bundle of the vault and does not belong beside keys, one line each. `root`: of the source that it was made of. */
export const foreignIn = (bundler: Pick<Bundler, 'modules' | 'inputs' | 'imports'>, root: string): string[] => {
  const inputs = bundler.inputs().map((file) => path.relative(root, file))
  const code = bundler
    .modules()
    .filter(({ type }) => type === 'ESModule')
    .map(({ contents }) => String(contents).split(SOURCE_MAP)[0] ?? '')
    .join('\n')
  return [
    ...(inputs.includes('src/vault/worker.ts') ? [] : ['src/vault/worker.ts is not in it']),
    ...inputs.filter((input) => !OURS.test(input)).map((input) => `made of ${input}`),
    ...bundler
      .imports()
      .filter((name) => !IMPORTED.test(name))
      .map((name) => `imports ${name}`),
    ...(code.match(EVALUATED) ?? []).map((text) => `makes code of text: ${text}`),
    ...(code.match(ADDRESS) ?? []).map((text) => `knows the address ${text}`),
  ]
}
