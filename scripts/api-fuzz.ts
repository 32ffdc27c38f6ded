/**
 * `npm run api:fuzz`: schemathesis makes requests out of /openapi.json, right and wrong ones,
 * and holds the answers of a running stack against it: no 500, no status, media type, header or body that is not described.
 * Needs Python; with CI=true a missing one is a failure, else it is said in one line.
 */
import './stack/environment.ts'
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { commandLine } from './command-line.ts'
import { preparePythonEnvironment } from './stack/python-environment.ts'
import { startStack } from './stack/stack.ts'

const line = commandLine('npm run api:fuzz [-- --seconds 60] [--seed 1]')
const { values } = line.options({
  options: { seconds: { type: 'string', default: '60' }, seed: { type: 'string', default: '1' } },
})
line.whole('--seconds', values.seconds, 1)
line.whole('--seed', values.seed)
const own = (file: string): string => fileURLToPath(new URL(`api-fuzz/${file}`, import.meta.url))

const CHECKS = [
  'not_a_server_error',
  'status_code_conformance',
  'content_type_conformance',
  'response_headers_conformance',
  'response_schema_conformance',
  'missing_required_header',
  'unsupported_method',
]

const run = (bin: string, args: readonly string[], cwd: string): Promise<number> =>
  new Promise((resolve, reject) => {
    const child = spawn(bin, args, { cwd, stdio: 'inherit' })
    child.once('error', reject)
    child.once('close', (code) => resolve(code ?? 1))
  })

const fuzz = async (bin: string): Promise<number> => {
  const stateDir = mkdtempSync(path.join(tmpdir(), 'lango-fuzz-'))
  const stack = await startStack({
    ports: { edge: 0, consumer: 0, redis: 0, qstash: 0, pawapay: 0 },
    stateDir,
    redis: 'auto',
  })
  try {
    return await run(
      path.join(bin, 'schemathesis'),
      [
        '--config-file',
        own('schemathesis.toml'),
        'run',
        `${stack.edgeUrl}/openapi.json`,
        '--max-time',
        values.seconds,
        '--seed',
        values.seed,
        '--checks',
        CHECKS.join(','),
        '--header',
        `Authorization: Bearer ${stack.secretKey}`,
        '--continue-on-failure',
        '--no-color',
        '--warnings',
        'off',
      ],
      stateDir,
    )
  } finally {
    await stack.close()
    rmSync(stateDir, { recursive: true, force: true })
  }
}

const python = preparePythonEnvironment(
  { requirements: own('requirements.txt'), cache: 'lango-fuzz', what: 'API fuzzing' },
  (line) => console.log(line),
)
if (python.kind === 'missing') {
  console.log(python.why)
  process.exitCode = process.env['CI'] === 'true' ? 1 : 0
} else {
  const code = await fuzz(python.bin)
  console.log(code === 0 ? '1 passed, 0 failed' : '0 passed, 1 failed')
  process.exitCode = code
}
