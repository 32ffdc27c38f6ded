import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { type Percentiles, percentilesOf } from '../rounds.ts'
import type { Target } from '../targets.ts'
import { type PrimitivesResult, runPrimitives } from './primitives.ts'
import { buildPrimitives } from './primitives-wasm.ts'
import { runVault, type VaultResult } from './vault.ts'

export interface CoreResult {
  readonly primitives: PrimitivesResult
  readonly vault: VaultResult
  /** Compressed, in bytes. */
  readonly gzip: Readonly<Record<'vault.wasm' | 'decide.wasm', number>>
}

const ROUNDS = 15

const gzipBytes = (name: string): number => gzipSync(readFileSync(`src/core/generated/${name}`), { level: 9 }).length

export const runCore = async (say: (line: string) => void): Promise<CoreResult> => {
  say('building the bare crates beside the core (some minutes when nothing of them is there yet)')
  buildPrimitives()
  return {
    primitives: await runPrimitives(ROUNDS, say),
    vault: await runVault(ROUNDS, say),
    gzip: { 'vault.wasm': gzipBytes('vault.wasm'), 'decide.wasm': gzipBytes('decide.wasm') },
  }
}

/** By the multiples that are kept of a key: without them it would be as slow as the crate, and every test would pass. */
const P256_VERIFY_MOST = 0.6

/** What does not hang on the machine: ratios of two loops in one run, and sizes. */
export const machineFreeTargets = ({ primitives, gzip }: CoreResult): readonly Target[] => [
  ...primitives.operations.map(
    ({ operation, ratio }): Target => ({
      name: `${operation}, beside the bare crate`,
      measured: ratio.bare,
      unit: '×',
      bound: { atMost: operation === 'P-256 verify' ? P256_VERIFY_MOST : 1.15 },
    }),
  ),
  ...primitives.operations
    .filter(({ operation }) => operation === 'HMAC-SHA256')
    .map(
      ({ operation, ratio }): Target => ({
        name: `${operation} of 1 KB, beside WebCrypto`,
        measured: ratio.webcrypto,
        unit: '×',
        bound: { atMost: 1.6 },
      }),
    ),
  { name: 'vault.wasm, gzip', measured: gzip['vault.wasm'] / 1000, unit: 'KB', bound: { atMost: 110 } },
  { name: 'decide.wasm, gzip', measured: gzip['decide.wasm'] / 1000, unit: 'KB', bound: { atMost: 90 } },
]

/** One verification, as the licence of a blob takes it: its message is as short. */
export const ed25519Of = ({ operations }: PrimitivesResult): Percentiles =>
  operations.find(({ operation }) => operation === 'Ed25519 verify')?.us.ours ?? percentilesOf([])

export const coreTargets = (result: CoreResult): readonly Target[] => [
  ...machineFreeTargets(result),
  {
    name: 'unseal, less the verification of the signature',
    measured: (result.primitives.unsealUs.p50 - ed25519Of(result.primitives).p50) / 1000,
    unit: 'ms',
    bound: { atMost: 0.2 },
  },
  {
    name: 'VM build of a deposit, less a question about nothing',
    measured: result.vault.buildUs.p50 - result.vault.nothingUs.p50,
    unit: 'µs',
    bound: { atMost: 50 },
  },
]
