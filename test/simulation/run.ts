import { createHash } from 'node:crypto'
import { Worker } from 'node:worker_threads'
import { mergeVerdicts } from '../history/check.ts'
import type { Verdict } from '../history/history.ts'
import { type Choice, PAYMENTS_PER_SHARD, type ShardResult } from './shard.ts'
import type { Done, Job, Plan } from './thread.ts'

export interface Options {
  /** The bundle to run (`bundleCode`). */
  readonly file: string
  readonly seed: number
  readonly payments: number
  readonly workers: number
  /** Only this one. */
  readonly shard?: number
  /** Where every world is to have one gateway, or several; else most have several. */
  readonly choice?: Choice
  readonly traced?: boolean
  /** Ends at the first shard that fails. */
  readonly untilFailure?: boolean
  readonly onShard?: (done: number, of: number, report: Report) => void
}

export interface Failure {
  readonly shard: number
  readonly violations: readonly string[]
}

export interface Report {
  readonly payments: number
  readonly shards: number
  readonly steps: number
  readonly fates: Readonly<Record<string, number>>
  readonly ways: Readonly<Record<string, number>>
  readonly faults: Readonly<Record<string, number>>
  readonly verdict: Verdict
  readonly failures: readonly Failure[]
  /** SHA-256 of all shards' digests in their order: of the number of workers it does not depend. */
  readonly digest: string
  readonly lines: ShardResult['lines']
}

/** Nearly everything dies with its shard, most of it at once: a roomy nursery saves a tenth of the time. */
const YOUNG_MB = 64

const add = (into: Record<string, number>, counts: Readonly<Record<string, number>>): void => {
  for (const [name, count] of Object.entries(counts)) into[name] = (into[name] ?? 0) + count
}

const violationsOf = ({ verdict, unresolved }: ShardResult): string[] => [
  ...verdict.judgements.flatMap(({ claim, violations }) => violations.map((what) => `${claim}: ${what}`)),
  ...unresolved.map((what) => `rest: ${what}`),
]

/** Runs the shards on worker threads. Rejects only when a thread cannot be started. */
export const simulate = (options: Options): Promise<Report> => {
  const { file, seed, payments, workers, traced = false } = options
  const count = Math.max(1, Math.ceil(payments / PAYMENTS_PER_SHARD))
  const indexes = options.shard === undefined ? Array.from({ length: count }, (_, i) => i) : [options.shard]
  const jobOf = (index: number): Job => {
    const before = index * PAYMENTS_PER_SHARD
    const left = options.shard === undefined ? payments - before : PAYMENTS_PER_SHARD
    const choice = options.choice === undefined ? {} : { choice: options.choice }
    return { index, payments: Math.min(PAYMENTS_PER_SHARD, left), traced, ...choice }
  }

  const fates: Record<string, number> = {}
  const ways: Record<string, number> = {}
  const faults: Record<string, number> = {}
  const digests = new Map<number, string>()
  const failures: Failure[] = []
  let verdict: Verdict = { holds: true, judgements: [] }
  let lines: ShardResult['lines'] = []
  let steps = 0
  let simulated = 0
  const report = (): Report => ({
    payments: simulated,
    shards: digests.size,
    steps,
    fates,
    ways,
    faults,
    verdict,
    failures: failures.toSorted((a, b) => a.shard - b.shard),
    digest: createHash('sha256')
      .update(indexes.map((index) => digests.get(index) ?? '-').join('\n'))
      .digest('hex'),
    lines,
  })
  const take = (done: Done): void => {
    if ('error' in done) {
      failures.push({ shard: done.index, violations: [`error: ${done.error}`] })
      digests.set(done.index, done.error)
      return
    }
    const { result } = done
    digests.set(result.index, result.digest)
    add(fates, result.fates)
    add(ways, result.ways)
    add(faults, result.faults)
    steps += result.steps
    simulated += result.payments
    verdict = mergeVerdicts([verdict, result.verdict])
    if (traced) lines = result.lines
    const violations = violationsOf(result)
    if (violations.length > 0) failures.push({ shard: result.index, violations })
  }

  return new Promise((resolve, reject) => {
    let next = 0
    let ended = false
    const threads = Array.from({ length: Math.min(workers, indexes.length) }, () => {
      return new Worker(new URL('./thread.ts', import.meta.url), {
        workerData: { file, seed } satisfies Plan,
        resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
      })
    })
    const end = (finish: () => void) => {
      if (ended) return
      ended = true
      void Promise.all(threads.map((thread) => thread.terminate())).then(finish)
    }
    const feed = (thread: Worker) => {
      const index = indexes[next++]
      if (index !== undefined) thread.postMessage(jobOf(index))
    }
    for (const thread of threads) {
      thread.on('message', (done: Done) => {
        if (ended) return
        take(done)
        options.onShard?.(digests.size, indexes.length, report())
        if (digests.size === indexes.length || (options.untilFailure && failures.length > 0))
          end(() => resolve(report()))
        else feed(thread)
      })
      thread.on('error', (error) => end(() => reject(error)))
      feed(thread)
    }
  })
}
