import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { bundleCode, patchedFiles } from './code/bundle.ts'
import { MUTANTS } from './mutants.ts'
import { SEVERAL } from './parts/manners.ts'
import { type Report, simulate } from './run.ts'
import type { Choice } from './shard.ts'
import { storyOf } from './story.ts'

const MINUTE = 60_000
const corpus = JSON.parse(readFileSync(path.join(import.meta.dirname, 'corpus.json'), 'utf8')) as {
  readonly seed: number
  readonly shard: number
  readonly gateways: Choice
  readonly found: string
}[]

const run = async (over: Partial<Parameters<typeof simulate>[0]> = {}): Promise<Report> =>
  simulate({ file: await bundleCode(), seed: 20, payments: 400, workers: 1, ...over })

const mutantOf = (name: string) => {
  const mutant = MUTANTS.find((each) => each.name === name)
  if (!mutant) throw new Error(`no mutant ${name}`)
  return mutant
}

describe('T60: the whole system in virtual time', () => {
  it('T60: keeps every promise under a swarm of faults, and is the same history however it is run', {
    timeout: 3 * MINUTE,
  }, async () => {
    const one = await run()
    expect(one.failures).toEqual([])
    expect(one.payments).toBe(400)
    const two = await run({ workers: 2 })
    expect(two.digest).toBe(one.digest)
    const other = await run({ seed: 21, payments: 50 })
    expect(other.digest).not.toBe(one.digest)
    for (const { judged, claim } of one.verdict.judgements) expect(judged, claim).toBeGreaterThan(0)
    expect(Object.keys(one.faults).length).toBeGreaterThan(12)
    const used = SEVERAL.filter(({ name }) => (one.ways[`sent to ${name}`] ?? 0) > 0)
    expect(used.length).toBeGreaterThan(2)
  })

  it('without a policy all goes to the one gateway', { timeout: MINUTE }, async () => {
    const { failures, ways } = await run({ payments: 60, choice: 'one' })
    expect(failures).toEqual([])
    expect(Object.keys(ways).sort()).toEqual(['sent to pawapay', 'taken by pawapay'])
  })

  it('remembering what was read changes nothing', { timeout: 2 * MINUTE }, async () => {
    const remembered = await run({ payments: 60 })
    process.env['LANGO_SIMULATION_PLAIN'] = '1'
    const plain = await run({ payments: 60 }).finally(() => delete process.env['LANGO_SIMULATION_PLAIN'])
    expect(plain.digest).toBe(remembered.digest)
  })

  it.each(['believe-redis', 'key-forgotten'])(
    '%s is caught, and its story told',
    { timeout: 2 * MINUTE },
    async (name) => {
      const file = await bundleCode(mutantOf(name).patches)
      const report = await run({ file, payments: 5_000, workers: 2, untilFailure: true })
      const [failure] = report.failures
      expect(failure?.violations.filter((violation) => !violation.startsWith('error:'))).not.toEqual([])
      const again = await run({ file, shard: failure?.shard ?? 0, traced: true })
      expect(again.failures[0]?.violations).toEqual(failure?.violations)
      expect(storyOf(again.lines, failure?.violations[0] ?? '').length).toBeGreaterThan(3)
    },
  )

  it('a deliberate bug that no longer fits the source is an error', async () => {
    const patch = { file: 'src/flows/fulfil.ts', find: 'not in there', replace: '' }
    expect(() => patchedFiles([patch])).toThrow('does not have exactly once')
    const elsewhere = { file: 'src/vault/worker.ts', find: 'export default', replace: 'export default' }
    await expect(bundleCode([elsewhere])).rejects.toThrow('not part of what is simulated')
    expect(MUTANTS.length).toBeGreaterThanOrEqual(12)
    for (const { patches } of MUTANTS) expect(patchedFiles(patches).size).toBeGreaterThan(0)
  })

  it.each(corpus)('seed $seed, world $shard: $found', { timeout: MINUTE }, async ({ seed, shard, gateways }) => {
    expect((await run({ seed, shard, choice: gateways })).failures).toEqual([])
  })
})
