/**
 * `node scripts/sdk-types.ts`: writes packages/sdk/src/openapi.ts, the types of docs/openapi.json. `--check` only says
 * whether the committed ones are of that document.
 */
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'

const FILE = 'packages/sdk/src/openapi.ts'
const HEAD = `// Generated from docs/openapi.json by scripts/sdk-types.ts. Do not edit.\n`

interface Operation {
  readonly responses?: Readonly<Record<string, unknown>>
}
interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
}

const onlySuccess = (operation: Operation): Operation => ({
  ...operation,
  responses: Object.fromEntries(Object.entries(operation.responses ?? {}).filter(([status]) => status.startsWith('2'))),
})

/** The calls that the SDK makes, and what they answer when they can: problems have one shape, whatever call they are of. */
const ours = (document: Document): Document => ({
  ...document,
  paths: Object.fromEntries(
    Object.entries(document.paths)
      .filter(([path]) => path.startsWith('/v1/'))
      .map(([path, methods]) => [
        path,
        Object.fromEntries(Object.entries(methods).map(([method, operation]) => [method, onlySuccess(operation)])),
      ]),
  ),
})

const text =
  HEAD +
  execFileSync(
    process.execPath,
    ['packages/sdk/node_modules/openapi-typescript/bin/cli.js', '--immutable', '--default-non-nullable=false'],
    {
      input: JSON.stringify(ours(JSON.parse(readFileSync('docs/openapi.json', 'utf8')) as Document)),
      encoding: 'utf8',
      stdio: ['pipe', 'pipe', 'ignore'],
    },
  )
if (process.argv.includes('--check')) {
  if (readFileSync(FILE, 'utf8') !== text) {
    console.error(`${FILE} is not of docs/openapi.json: run node scripts/sdk-types.ts and commit it.`)
    process.exitCode = 1
  }
} else {
  writeFileSync(FILE, text)
  console.log(`${FILE}: ${text.length} bytes`)
}
