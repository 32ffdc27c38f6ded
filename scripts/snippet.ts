/**
 * `node scripts/snippet.ts`: writes src/edge/pages/lango-js.ts, the minified packages/sdk/browser/lango.ts that the edge
 * serves at /lango.js. `--check` only says whether the committed one is of that source.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { build } from 'esbuild'

const FILE = 'src/edge/pages/lango-js.ts'

const { outputFiles } = await build({
  entryPoints: ['packages/sdk/browser/lango.ts'],
  bundle: true,
  minify: true,
  format: 'iife',
  target: 'es2020',
  write: false,
})
const code = outputFiles.map(({ text }) => text.trim()).join('')
const text = `/** Built from packages/sdk/browser/lango.ts by scripts/snippet.ts. Do not edit. */
export const LANGO_JS =
  '${code.replace(/[\\']/g, '\\$&')}'
`
if (process.argv.includes('--check')) {
  if (readFileSync(FILE, 'utf8') !== text) {
    console.error(`${FILE} is not of its source: run node scripts/snippet.ts and commit it.`)
    process.exitCode = 1
  }
} else {
  writeFileSync(FILE, text)
  console.log(`${FILE}: ${code.length} bytes`)
}
