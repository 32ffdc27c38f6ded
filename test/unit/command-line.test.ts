import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'

const run = (script: string, ...args: string[]) =>
  promisify(execFile)(process.execPath, [script, ...args]).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    ({ code, stdout, stderr }) => ({ code, stdout, stderr }),
  )

/** What is run by hand. The smaller ones are asked below in each way to be wrong; the others load the whole stack first. */
const COMMANDS = {
  'npm run acceptance': 'scripts/acceptance.ts',
  'npm run api:fuzz': 'scripts/api-fuzz.ts',
  'npm run archive': 'scripts/archive.ts',
  'npm run bench': 'scripts/bench.ts',
  'npm run build:core': 'scripts/build-core.ts',
  'npm run chaos': 'scripts/chaos.ts',
  'npm run emulate:redis': 'test/emulators/upstash-redis/cli.ts',
  'npm run fuzz': 'scripts/fuzz.ts',
  'npm run ledger:verify': 'scripts/ledger-verify.ts',
  'npm run model': 'scripts/model.ts',
  'npm run route:replay': 'scripts/route-replay.ts',
  'npm run simulate': 'scripts/simulate.ts',
  'npm run spike': 'scripts/spike.ts',
} as const

describe('a command', () => {
  it.each(Object.entries(COMMANDS))('%s says how it is written, and does nothing', async (name, script) => {
    expect(await run(script, '--help')).toEqual({ code: 0, stderr: '', stdout: expect.stringContaining(name) })
  })

  it.each([
    ['scripts/acceptance.ts', ['T999'], 'no row T999'],
    ['scripts/bench.ts', ['nothing'], 'no bench nothing'],
    ['scripts/bench.ts', ['--quickly'], "Unknown option '--quickly'"],
    ['scripts/bench.ts', ['hold', 'many'], 'hold: a whole number, at least 1, not "many"'],
    ['scripts/fuzz.ts', ['--seconds', '1m'], '--seconds: a whole number, not "1m"'],
    ['scripts/fuzz.ts', ['--target', 'nothing'], '--target: nothing is none of gateway_answers, '],
    ['scripts/ledger-verify.ts', ['a', 'b'], 'one place, not a and b'],
    ['scripts/model.ts', ['--quickly'], 'not understood: --quickly'],
    ['scripts/mutants.ts', ['typescript', 'no-such-file'], 'No file with no-such-file in its path'],
    ['scripts/simulate.ts', ['--mutant', 'nothing'], '--mutant: no nothing; there are mark-before-effect, '],
    ['test/emulators/upstash-redis/cli.ts', ['--port', '70000'], '--port: a port, not "70000"'],
  ])('%s %j: what is wrong, in words, and 2', async (script, args, says) => {
    const { code, stdout, stderr } = await run(script, ...args)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain(says)
    expect(stderr).not.toMatch(/^ {4}at /m)
  })
})
