import '../../scripts/stack/environment.ts'
import { readFileSync } from 'node:fs'
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from 'miniflare'
import { gatewaySpecs, sealedProgram } from '../../scripts/provision/program.ts'
import type { GatewaySpec } from '../../scripts/provision/spec.ts'
import { createBundler } from '../../scripts/stack/bundle.ts'
import { deploymentFor, MASTER } from '../../test/provisioned.ts'
import { median } from '../load.ts'
import { figure, isMet, type Target, wanted } from '../targets.ts'

export interface VmResult {
  /** One unsigned deposit through the mailbox and back: checks, policy, program, JSON. Median of the rounds. */
  readonly buildUs: number
  /** The same with its signature and digest. */
  readonly signedBuildUs: number
  readonly rounds: number
}

const ROUNDS = 15
const FEW = 200
const MANY = 2_200

/** In workerd: what `MANY` builds take longer than `FEW`, so that the request itself does not count. */
export const runVm = async (): Promise<VmResult> => {
  const bundler = await createBundler('bench/workers/core-vm.ts', () => {})
  const recorded = JSON.parse(readFileSync('test/vectors/gateways/pawapay-requests.json', 'utf8'))
  const specs = gatewaySpecs()
  const measure = async (used: readonly GatewaySpec[]): Promise<number> => {
    const policy = { default: { amountCapMinor: { ZMW: '500000' }, countries: ['ZMB'], providers: ['MTN_MOMO_ZMB'] } }
    const vault = {
      environment: 'development',
      referenceKey: recorded.referenceKey,
      attestation: { current: 'ab'.repeat(32) },
      callbackAuthorities: ['pay.example.com'],
      pawapay: {
        ...recorded.settings,
        signingKey: recorded.signingKey,
        signatureEncoding: 'der',
        callbackMode: 'signed',
      },
      program: sealedProgram(used, policy),
    }
    const { manifest, sealed, trust, seen } = deploymentFor(vault, readFileSync('src/core/generated/vault.wasm'))
    const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')
    const deployment = { parts: { manifest: base64(manifest), sealed: base64(sealed), trust: base64(trust) }, seen }
    const miniflare = new Miniflare(
      convertV4MiniflareOptions({
        host: '127.0.0.1',
        port: 0,
        cf: false,
        logRequests: false,
        log: new Log(LogLevel.ERROR),
        workers: [{ name: 'core', compatibilityDate: '2026-10-20', modulesRules: [], modules: [...bundler.modules()] }],
      } as Parameters<typeof convertV4MiniflareOptions>[0]),
    )
    try {
      const url = await miniflare.ready
      const take = async (times: number): Promise<number> => {
        const body = JSON.stringify({
          ...deployment,
          master: MASTER,
          order: recorded.order,
          nowMs: 1_790_171_710_000,
          times,
        })
        const startedMs = performance.now()
        const answer = (await (await fetch(url, { method: 'POST', body })).json()) as { ok: boolean }
        if (!answer.ok) throw new Error(`not built: ${JSON.stringify(answer)}`)
        return performance.now() - startedMs
      }
      await take(MANY)
      const perBuildUs: number[] = []
      for (let round = 0; round < ROUNDS; round++) {
        const few = await take(FEW)
        perBuildUs.push(((await take(MANY)) - few) * (1000 / (MANY - FEW)))
      }
      return median(perBuildUs)
    } finally {
      await miniflare.dispose()
    }
  }
  try {
    const unsigned = specs.map((spec) => ({
      ...spec,
      deposit: { ...spec.deposit, request: { ...spec.deposit.request, signed: false } },
    }))
    return { buildUs: await measure(unsigned), signedBuildUs: await measure(specs), rounds: ROUNDS }
  } finally {
    await bundler.dispose()
  }
}

export const vmTargets = ({ buildUs }: VmResult): readonly Target[] => [
  { name: 'VM build of a deposit', measured: buildUs, unit: 'µs', bound: { atMost: 50 } },
]

export const vmText = (result: VmResult): string => {
  const lines = vmTargets(result).map((target) => {
    const verdict = isMet(target) ? 'met' : 'missed'
    return `${target.name}: ${figure(target.measured)} ${target.unit} (${wanted(target)}: ${verdict})`
  })
  return [...lines, `the same with digest and signature: ${figure(result.signedBuildUs)} µs`].join('\n')
}
