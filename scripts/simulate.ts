/**
 * `npm run simulate`: the whole system in virtual time under a random mix of faults, judged by the history checker.
 * The same seed gives the same digest, however many workers run it.
 */
import { spawnSync } from 'node:child_process'
import { bundleCode } from '../test/simulation/code/bundle.ts'
import { MUTANTS, type Mutant } from '../test/simulation/mutants.ts'
import { type Report, simulate } from '../test/simulation/run.ts'
import { type Choice, PAYMENTS_PER_SHARD } from '../test/simulation/shard.ts'
import { storyOf } from '../test/simulation/story.ts'
import { commandLine } from './command-line.ts'

const USAGE = `npm run simulate -- --payments 1000000 --seed 1      every 250 payments a world of their own; 20000 if not said
npm run simulate -- --seed 1 --shard 37              one of them again, with the story of what went wrong
npm run simulate -- --gateways one                   all worlds with one gateway and no policy; or with several
npm run simulate -- --mutant NAME                    with one deliberate bug in the real source
npm run simulate -- --mutants                        each deliberate bug until it is caught
  --workers 2                                        processes; the digest is the same with any number`

const line = commandLine(USAGE)
const { values } = line.options({
  options: {
    payments: { type: 'string', default: '20000' },
    seed: { type: 'string', default: '1' },
    workers: { type: 'string', default: '2' },
    shard: { type: 'string' },
    gateways: { type: 'string' },
    mutant: { type: 'string' },
    mutants: { type: 'boolean', default: false },
  },
})

const seed = line.whole('--seed', values.seed)
const workers = line.whole('--workers', values.workers, 1)
const payments = line.whole('--payments', values.payments)
const shard = values.shard === undefined ? undefined : line.whole('--shard', values.shard)

const readChoice = (text: string | undefined): { readonly choice?: Choice } => {
  if (text === undefined) return {}
  if (text !== 'one' && text !== 'several') return line.refuse(`--gateways: one or several, not "${text}"`)
  return { choice: text }
}
const chosenGateways = readChoice(values.gateways)

const started = performance.now()
const seconds = (): number => (performance.now() - started) / 1000

const commit = (): string => {
  const said = spawnSync('git', ['describe', '--always', '--dirty'], { encoding: 'utf8' })
  return said.stdout?.trim() || 'unknown'
}

let shownAt = 0
const progress = (done: number, of: number, report: Report): void => {
  if (performance.now() - shownAt < (process.stdout.isTTY ? 200 : 15_000)) return
  shownAt = performance.now()
  const left = (seconds() / done) * (of - done)
  const text = `${report.payments} payments, ${report.steps} steps, ${report.failures.length} shards failed, ${left.toFixed(0)} s to go`
  process.stdout.write(process.stdout.isTTY ? `\r\u001b[K${text}` : `${text}\n`)
}
const clearProgress = (): void => {
  if (process.stdout.isTTY) process.stdout.write('\r\u001b[K')
}

const table = (counts: Readonly<Record<string, number>>): string =>
  Object.entries(counts)
    .sort(([, a], [, b]) => b - a)
    .map(([name, number]) => `  ${name.padEnd(36)}${String(number).padStart(10)}`)
    .join('\n')

const tellFailure = async (file: string, report: Report, mutant?: Mutant): Promise<void> => {
  const [first] = report.failures
  if (!first) return
  console.log(`SEED=${seed} COMMIT=${commit()}`)
  const which = `${values.gateways ? ` --gateways ${values.gateways}` : ''}${mutant ? ` --mutant ${mutant.name}` : ''}`
  for (const failure of report.failures.slice(0, 5)) {
    console.log(`shard ${failure.shard}: ${failure.violations.length} violations`)
    for (const violation of failure.violations.slice(0, 3)) console.log(`  ${violation}`)
    console.log(`  again: npm run simulate -- --seed ${seed} --shard ${failure.shard}${which}`)
  }
  const again = await simulate({
    file,
    seed,
    payments: 0,
    workers: 1,
    shard: first.shard,
    traced: true,
    ...chosenGateways,
  })
  const violation = again.failures[0]?.violations[0]
  if (!violation) return
  console.log(`\nThe first of them, line by line: ${violation}`)
  for (const line of storyOf(again.lines, violation)) console.log(`  ${line}`)
}

const run = async (mutant?: Mutant): Promise<number> => {
  const file = await bundleCode(mutant?.patches)
  const report = await simulate({
    file,
    seed,
    payments,
    workers,
    ...(shard === undefined ? {} : { shard }),
    ...chosenGateways,
    onShard: progress,
  })
  clearProgress()
  await tellFailure(file, report, mutant)
  console.log(
    `\n${report.payments} payments in ${report.shards} worlds, ${report.steps} steps, ${seconds().toFixed(0)} s`,
  )
  console.log(`\nFates\n${table(report.fates)}`)
  console.log(`\nWays\n${table(report.ways)}`)
  console.log(`\nFaults that happened\n${table(report.faults)}`)
  console.log('\nJudged')
  for (const { claim, says, holds, judged } of report.verdict.judgements)
    console.log(`  ${holds ? 'holds' : 'FAILS'}  ${claim.padEnd(9)}${String(judged).padStart(10)}  ${says}`)
  console.log(`\ndigest ${report.digest}`)
  const failed = report.failures.length
  console.log(`${report.shards - failed} passed, ${failed} failed`)
  return failed
}

/**
 * Every deliberate bug must be caught, by a claim, and in a world that holds without it: code that merely breaks, or a
 * world that is broken anyway, proves nothing.
 */
const gallery = async (): Promise<number> => {
  const sound = await bundleCode()
  const holdsWithout = async (world: number): Promise<boolean> =>
    (await simulate({ file: sound, seed, payments, workers: 1, shard: world, ...chosenGateways })).failures.length === 0
  let missed = 0
  for (const mutant of MUTANTS) {
    const file = await bundleCode(mutant.patches)
    const report = await simulate({ file, seed, payments, workers, untilFailure: true, ...chosenGateways })
    const [failure] = report.failures
    const violations = failure?.violations.filter((text) => !text.startsWith('error:')) ?? []
    const caught = failure && violations.length > 0 && (await holdsWithout(failure.shard))
    if (!caught) missed += 1
    const claims = [...new Set(violations.map((text) => text.split(':')[0]))].join(' ')
    const by = caught ? claims : failure ? `NOT BY ITSELF ${claims}` : 'NOT CAUGHT'
    console.log(
      `  ${mutant.name.padEnd(26)}${by.padEnd(24)}after ${String(report.payments).padStart(6)}  ${mutant.bug}`,
    )
    if (failure && !caught) console.log(`    ${failure.violations[0]}`)
  }
  console.log(`\n${MUTANTS.length} deliberate bugs, up to ${payments} payments each, ${seconds().toFixed(0)} s`)
  console.log(`${MUTANTS.length - missed} passed, ${missed} failed`)
  return missed
}

const chosen = values.mutant === undefined ? undefined : MUTANTS.find(({ name }) => name === values.mutant)
if (values.mutant !== undefined && !chosen)
  line.refuse(`--mutant: no ${values.mutant}; there are ${MUTANTS.map(({ name }) => name).join(', ')}`)
if (values.mutants) console.log(`Deliberate bugs, ${PAYMENTS_PER_SHARD} payments a world, seed ${seed}`)
process.exitCode = (await (values.mutants ? gallery() : run(chosen))) === 0 ? 0 : 1
