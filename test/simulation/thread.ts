/** A worker thread: runs the shards that it is told to, one after another. */
import { parentPort, workerData } from 'node:worker_threads'
import { loadSystem } from './code/system.ts'
import { type Choice, runShard, type ShardResult } from './shard.ts'

export interface Plan {
  /** The bundle to run. */
  readonly file: string
  readonly seed: number
}

export interface Job {
  readonly index: number
  readonly payments: number
  readonly traced: boolean
  /** Absent: as its number has it. */
  readonly choice?: Choice
}

export type Done = { readonly result: ShardResult } | { readonly index: number; readonly error: string }

const { file, seed } = workerData as Plan
const port = parentPort
if (!port) throw new Error('this is a worker thread')

// A dead isolate's promises are nobody's: what they come to is never heard of, in the Workers runtime as here.
process.on('unhandledRejection', () => {})

const system = await loadSystem(file)
port.on('message', ({ index, payments, traced, choice }: Job) => {
  runShard(system, seed, index, payments, traced, choice).then(
    (result) => port.postMessage({ result } satisfies Done),
    (error: unknown) => port.postMessage({ index, error: String(error) } satisfies Done),
  )
})
