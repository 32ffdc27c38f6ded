import { median } from '../load.ts'
import { type Percentiles, percentilesOf } from '../rounds.ts'
import { deploymentParts } from './deployment.ts'
import { type BenchWorker, startWorker } from './worker.ts'

export const OPERATIONS = ['P-256 sign', 'P-256 verify', 'Ed25519 sign', 'Ed25519 verify', 'HMAC-SHA256'] as const
export const CONTENDERS = ['ours', 'bare', 'webcrypto', 'noble'] as const
export type Operation = (typeof OPERATIONS)[number]
export type Contender = (typeof CONTENDERS)[number]

export interface Measured {
  readonly operation: Operation
  readonly bytes: number
  /** Microseconds of one. */
  readonly us: Readonly<Record<Contender, Percentiles>>
  /** Ours over theirs: the median over rounds, in each of which they took turns. */
  readonly ratio: Readonly<Record<Exclude<Contender, 'ours'>, number>>
}

export interface PrimitivesResult {
  readonly rounds: number
  readonly operations: readonly Measured[]
  /** The blob alone: keys derived, decrypted, its signature verified. Microseconds. */
  readonly unsealUs: Percentiles
}

/** A signature base is about as long as this; HMAC is asked about with one kilobyte. */
const bytesOf = (operation: Operation): number => (operation === 'HMAC-SHA256' ? 1024 : 400)

/** So long that what the request takes is little beside it, so short that both sides meet the same machine. */
const LOOP_US = 50_000

interface Question {
  readonly contender: Contender | 'nobody'
  readonly operation: Operation | 'unseal' | 'nothing'
  readonly message: string
}

const loop = async (worker: BenchWorker, question: Question, times: number): Promise<number> => {
  const { cpuUs, answer } = await worker.ask({ ...question, times })
  if (answer !== times) throw new Error(`${question.contender}, ${question.operation}: ${answer} of ${times} succeeded`)
  return cpuUs
}

/** As many as fill `LOOP_US`; the loops that find it out warm the code up. The very first also makes the keys. */
const calibrated = async (worker: BenchWorker, question: Question): Promise<number> => {
  await loop(worker, question, 1)
  for (let times = 1; ; times *= 2) {
    const us = await loop(worker, question, times)
    if (us >= LOOP_US) return Math.max(1, Math.round((times * LOOP_US) / us))
  }
}

/** All contenders in each round, one after the other, in an order that turns. */
export const runPrimitives = async (rounds: number, say: (line: string) => void): Promise<PrimitivesResult> => {
  const worker = await startWorker('bench/workers/core-primitives.ts')
  const NOTHING: Question = { contender: 'nobody', operation: 'nothing', message: '' }
  const perOneUs = async (question: Question, times: number): Promise<number> => {
    const empty = await loop(worker, NOTHING, 1)
    return ((await loop(worker, question, times)) - empty) / times
  }
  const measure = async (operation: Operation): Promise<Measured> => {
    const bytes = bytesOf(operation)
    const message = Buffer.alloc(bytes, 'lango').toString('base64')
    const sides = CONTENDERS.map((contender) => ({ contender, operation, message }))
    const times: number[] = []
    for (const side of sides) times.push(await calibrated(worker, side))
    const us: Record<Contender, number[]> = { ours: [], bare: [], webcrypto: [], noble: [] }
    for (let round = 0; round < rounds; round++) {
      for (let turn = 0; turn < sides.length; turn++) {
        const i = (round + turn) % sides.length
        const [side, count] = [sides[i], times[i]]
        if (side !== undefined && count !== undefined) us[side.contender].push(await perOneUs(side, count))
      }
    }
    const ratio = (other: Exclude<Contender, 'ours'>): number =>
      median(us.ours.map((ours, round) => ours / (us[other][round] ?? Number.NaN)))
    say(`${operation} measured`)
    return {
      operation,
      bytes,
      us: {
        ours: percentilesOf(us.ours),
        bare: percentilesOf(us.bare),
        webcrypto: percentilesOf(us.webcrypto),
        noble: percentilesOf(us.noble),
      },
      ratio: { bare: ratio('bare'), webcrypto: ratio('webcrypto'), noble: ratio('noble') },
    }
  }
  try {
    const operations: Measured[] = []
    for (const operation of OPERATIONS) operations.push(await measure(operation))
    const { imprint, master, trust, sealed } = deploymentParts()
    const message = Buffer.concat([imprint, master, trust, sealed]).toString('base64')
    const unseal: Question = { contender: 'ours', operation: 'unseal', message }
    const times = await calibrated(worker, unseal)
    const us: number[] = []
    for (let round = 0; round < rounds; round++) us.push(await perOneUs(unseal, times))
    say('unseal measured')
    return { rounds, operations, unsealUs: percentilesOf(us) }
  } finally {
    await worker.dispose()
  }
}
