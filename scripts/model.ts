/**
 * `npm run model`: every history of one payment within the model's bounds, then the gallery of deliberate bugs.
 * What is checked is built without the feature `mutants`: the reducer in it is the one that ships.
 */
import { spawn, spawnSync } from 'node:child_process'
import path from 'node:path'
import { commandLine } from './command-line.ts'

const USAGE = `npm run model                     some five minutes on two cores
npm run model -- --quick          smaller bounds, for every push
npm run model -- --mutant NAME    one deliberate bug, and step by step how it was caught`

const model = path.resolve(import.meta.dirname, '../rust-core/model')

/** Builds and returns the path of one of the model's two commands. Throws when it does not compile. */
const build = (command: 'check' | 'gallery'): string => {
  const features = command === 'gallery' ? ['--features', 'mutants'] : []
  const { status, error } = spawnSync(
    'cargo',
    ['build', '--release', '--locked', '--quiet', '--bin', command, '--target-dir', 'target', ...features],
    { cwd: model, stdio: 'inherit' },
  )
  if (error) throw error
  if (status !== 0) throw new Error(`the model does not compile: ${command}`)
  return path.join(model, 'target/release', command)
}

const say = (text: string): void => void process.stdout.write(text)

interface Tally {
  readonly passed: number
  readonly failed: number
}

/** Shows what the command says and counts it; a command that ends without its last line has failed. */
const run = (command: string, args: readonly string[], show: (text: string) => void = say): Promise<Tally> =>
  new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    let text = ''
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      show(chunk.toString())
    })
    child.once('error', reject)
    child.once('close', (code) => {
      const counted = /(\d+) passed, (\d+) failed\n$/.exec(text)
      const passed = Number(counted?.[1] ?? 0)
      const failed = Number(counted?.[2] ?? 0)
      resolve({ passed, failed: code === 0 ? failed : Math.max(1, failed) })
    })
  })

const line = commandLine(USAGE)
const args = process.argv.slice(2)
const started = performance.now()
const tallies: Tally[] = []
if (args[0] === '--mutant' && args[1] !== undefined && args.length === 2) {
  const tally = await run(build('gallery'), [args[1]])
  if (tally.passed + tally.failed === 0) line.refuse(`--mutant: no ${args[1]}; without options all are named`)
  tallies.push(tally)
} else if (args.length === 0 || (args[0] === '--quick' && args.length === 1)) {
  tallies.push(await run(build('check'), args))
  console.log()
  const gallery = build('gallery')
  // A guard is off for a whole process: two of them use both cores. What the second says is shown when it has ended.
  let later = ''
  const parts = await Promise.all([
    run(gallery, ['--part', '1/2']),
    run(gallery, ['--part', '2/2'], (text) => {
      later += text
    }),
  ])
  say(later)
  tallies.push(...parts)
} else {
  line.refuse(`not understood: ${args.join(' ')}`)
}
const sum = (of: (tally: Tally) => number): number => tallies.reduce((total, tally) => total + of(tally), 0)
const failed = sum((tally) => tally.failed)
console.log(`\nThe model in ${((performance.now() - started) / 1000).toFixed(0)} s`)
console.log(`${sum((tally) => tally.passed)} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1
