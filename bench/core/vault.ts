import { type Percentiles, percentilesOf } from '../rounds.ts'
import { deploymentOf, MASTER, nowMs, order, unsigned } from './deployment.ts'
import { type BenchWorker, startWorker } from './worker.ts'

/** Microseconds of CPU, in vault.wasm as it is committed, through its mailbox and with the JSON on both sides. */
export interface VaultResult {
  readonly rounds: number
  /** A deposit that is not signed: checks, policy, program, JSON. */
  readonly buildUs: Percentiles
  /** A question to which the core knows the answer: what mailbox and JSON cost by themselves. */
  readonly nothingUs: Percentiles
  /** The same with its signature and digest. */
  readonly signedBuildUs: Percentiles
  /** All that an isolate does once: facts, imprint, unsealing, program, keys. */
  readonly openUs: Percentiles
}

const FEW = 1
const BUILDS = 1_500
const OPENINGS = 60
/** The runtime compiles what is called often anew, beside the calls, and takes its time on a busy machine. */
const WARM_UP = 10

type Action = 'build' | 'open' | 'nothing'

/** What many take longer than few, so that the request itself does not count. */
const timed = (worker: BenchWorker, deployment: object) => {
  const take = async (action: Action, times: number): Promise<number> => {
    const { cpuUs, answer } = await worker.ask({ ...deployment, master: MASTER, order, nowMs, action, times })
    if ((answer as { ok: boolean }).ok !== true) throw new Error(`${action}: ${JSON.stringify(answer)}`)
    return cpuUs
  }
  return async (action: Action, times: number): Promise<number> => {
    const few = await take(action, FEW)
    return ((await take(action, times)) - few) / (times - FEW)
  }
}

const handedOver = (deployment: ReturnType<typeof deploymentOf>): object => {
  const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')
  const { manifest, sealed, trust, seen } = deployment
  return { parts: { manifest: base64(manifest), sealed: base64(sealed), trust: base64(trust) }, seen }
}

export const runVault = async (rounds: number, say: (line: string) => void): Promise<VaultResult> => {
  const [plainWorker, signingWorker] = [
    await startWorker('bench/workers/core-vault.ts'),
    await startWorker('bench/workers/core-vault.ts'),
  ]
  try {
    const plain = timed(plainWorker, handedOver(deploymentOf(unsigned())))
    const signing = timed(signingWorker, handedOver(deploymentOf()))
    const us = { build: [] as number[], nothing: [] as number[], signed: [] as number[], open: [] as number[] }
    for (let round = -WARM_UP; round < rounds; round++) {
      const [build, nothing, signed, open] = [
        await plain('build', BUILDS),
        await plain('nothing', BUILDS),
        await signing('build', BUILDS / 10),
        await signing('open', OPENINGS),
      ]
      if (round < 0) continue
      us.build.push(build)
      us.nothing.push(nothing)
      us.signed.push(signed)
      us.open.push(open)
    }
    say('vault.wasm measured')
    return {
      rounds,
      buildUs: percentilesOf(us.build),
      nothingUs: percentilesOf(us.nothing),
      signedBuildUs: percentilesOf(us.signed),
      openUs: percentilesOf(us.open),
    }
  } finally {
    await plainWorker.dispose()
    await signingWorker.dispose()
  }
}
