/**
 * `node scripts/openapi.ts`: writes docs/openapi.json, the API description as the edge serves it, and the SDK's types of it. `--check` only says whether
 * the committed one is of these sources.
 */
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { buildOpenApi } from '../src/edge/openapi/document.ts'

const FILE = 'docs/openapi.json'

const text = `${JSON.stringify(buildOpenApi('https://pay.example.com'), null, 2)}\n`
if (process.argv.includes('--check')) {
  if (readFileSync(FILE, 'utf8') !== text) {
    console.error(`${FILE} is not of these sources: run node scripts/openapi.ts and commit it.`)
    process.exitCode = 1
  }
} else {
  writeFileSync(FILE, text)
  console.log(`${FILE}: ${text.length} bytes`)
  execFileSync(process.execPath, ['scripts/sdk-types.ts'], { stdio: 'inherit' })
}
