/**
 * `npm run build:core`           rebuilds src/core/generated from rust-core.
 * `… --check`                    rebuilds beside it and compares: bytes under the recorded compiler, behaviour under another.
 * `… --check-source`             only says whether the committed artefacts belong to these sources; needs no compiler.
 */
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { ARTEFACTS, type BuildRecord, buildCore, sha256, sourceHash } from './core/build.ts'
import { findCompiler } from './core/compiler.ts'

const GENERATED = 'src/core/generated'
const RECORD = path.join(GENERATED, 'BUILD.json')

const { values } = parseArgs({ options: { check: { type: 'boolean' }, 'check-source': { type: 'boolean' } } })

const fail = (message: string): never => {
  console.error(message)
  process.exit(1)
}

const recorded = (): BuildRecord => JSON.parse(readFileSync(RECORD, 'utf8')) as BuildRecord

if (values['check-source']) {
  if (recorded().source !== sourceHash()) {
    fail(
      'src/core/generated was not built from these sources of rust-core: run `npm run build:core` and commit what changed.',
    )
  }
  const altered = ARTEFACTS.filter(
    (name) => sha256(readFileSync(path.join(GENERATED, name))) !== recorded().artefacts[name]?.sha256,
  )
  if (altered.length > 0) fail(`Not what BUILD.json records: ${altered.join(', ')}`)
  console.log('The committed core was built from these sources.')
  process.exit(0)
}

const compiler =
  findCompiler() ??
  fail(`No compiler for wasm32 found. Either
  rustup target add wasm32-unknown-unknown
or, on Debian,
  apt-get install rustc-web cargo-web rust-web-src lld-19`)
console.log(`Building the core with ${compiler.version}`)

const scratch = mkdtempSync(path.join(tmpdir(), 'lango-core-'))
try {
  const record = buildCore(compiler, scratch)
  if (!values.check) {
    for (const name of ARTEFACTS) copyFileSync(path.join(scratch, name), path.join(GENERATED, name))
    writeFileSync(RECORD, `${JSON.stringify(record, null, 2)}\n`)
    for (const [name, { bytes }] of Object.entries(record.artefacts)) console.log(`  ${name}  ${bytes} bytes`)
  } else if (compiler.version === recorded().compiler) {
    const different = ARTEFACTS.filter((name) => record.artefacts[name]?.sha256 !== recorded().artefacts[name]?.sha256)
    if (different.length > 0) fail(`Not what is committed: ${different.join(', ')}`)
    console.log('Byte for byte what is committed.')
  } else {
    console.log(
      `The committed core was built with ${recorded().compiler}: bytes cannot be compared, so the core's tests run on the fresh build.`,
    )
    const tests = spawnSync('vitest', ['run', '--project', 'node', 'test/unit/core'], {
      stdio: 'inherit',
      env: { ...process.env, LANGO_CORE_DIR: scratch },
    })
    if (tests.status !== 0) fail("The fresh build fails the core's tests.")
  }
} finally {
  rmSync(scratch, { recursive: true, force: true })
}
