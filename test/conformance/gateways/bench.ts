/** One gateway's spec behind the real core, as production has it: program, seal, vault.wasm, the vault around it, HTTP. */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import type { BundleKey } from '../../../scripts/provision/bundle.ts'
import { sealedProgram, varName } from '../../../scripts/provision/program.ts'
import type {
  CallbackAnswer,
  CancelOutcome,
  DepositOrder,
  OtpOutcome,
  SendAnswer,
  StatusOutcome,
} from '../../../src/contracts/vault.ts'
import { createDecideCore } from '../../../src/core/decide.ts'
import { createVaultCore } from '../../../src/core/vault-core.ts'
import type { GatewayReference, PaymentId } from '../../../src/domain/ids.ts'
import { createCoreHolder } from '../../../src/vault/core-holder.ts'
import { createKeyCache } from '../../../src/vault/key-cache.ts'
import { createTokenCache } from '../../../src/vault/token-cache.ts'
import { createTransport, type Exchange } from '../../../src/vault/transport.ts'
import { createVault } from '../../../src/vault/vault.ts'
import { type ReceivedCallback, type Shop, startShop } from '../../emulators/kit/shop.ts'
import { deploymentOf, provisioningFor, varsOf } from '../../provisioned.ts'
import type { GatewayDescription, Simulator } from './description.ts'

const generated = path.resolve(import.meta.dirname, '../../../src/core/generated')
const bytesOf = (name: string): Uint8Array<ArrayBuffer> => Uint8Array.from(readFileSync(path.join(generated, name)))

const decide = createDecideCore(new WebAssembly.Module(bytesOf('decide.wasm')))
const vaultBytes = bytesOf('vault.wasm')
const vaultModule = new WebAssembly.Module(vaultBytes)

const REFERENCE_KEY = '6c'.repeat(32)
const USUAL_DEADLINE_MS = 20_000

export interface Bench {
  readonly gateway: GatewayDescription
  readonly simulator: Simulator
  readonly shop: Shop
  /** A right order, like no other. */
  order(over?: Partial<DepositOrder>): DepositOrder
  send(order: DepositOrder): Promise<SendAnswer>
  status(order: DepositOrder): Promise<StatusOutcome>
  cancel(order: DepositOrder): Promise<CancelOutcome>
  submitOtp(order: DepositOrder, otp: string): Promise<OtpOutcome>
  verify(callback: ReceivedCallback): Promise<CallbackAnswer>
  /** How long an answer may take from now on. */
  patience(ms: number | 'usual'): void
  capturesOf(order: DepositOrder): number
  /** Calls that may take money, since the last reset. */
  creates(): number
  reset(): void
  close(): Promise<void>
}

const vaultFor = (
  { spec, vars = {}, keys }: GatewayDescription,
  origin: string,
  shopAuthority: string,
  deadlineMs: () => number,
) => {
  const program = sealedProgram([spec])
  const provisioned = {
    environment: 'development',
    referenceKey: REFERENCE_KEY,
    attestation: { current: 'ab'.repeat(32) },
    callbackAuthorities: [shopAuthority],
    pawapay: { origin, token: '', signingKey: '', keyId: '', signatureEncoding: 'der', callbackMode: 'signed' },
    program,
    further: { vars: { ...vars, [varName(spec.gateway, 'origin')]: origin }, keys: {} },
  }
  const seen = varsOf(provisioned)
  const base = provisioningFor(provisioned, vaultBytes)
  const ours = base.bundle.keys.filter(({ purpose }) => !purpose.startsWith('pawapay.'))
  const theirs = Object.entries(keys).map(
    ([purpose, { material, kid = '' }]): BundleKey => ({
      kid,
      purpose: purpose as BundleKey['purpose'],
      slot: 'current',
      material: Uint8Array.from(Buffer.from(material, 'latin1')),
    }),
  )
  const provisioning = {
    ...base,
    bundle: { ...base.bundle, keys: [...ours, ...theirs] },
  }
  const nowMs = () => Date.now()
  const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))
  const deployment = deploymentOf(provisioning, seen)
  const core = createCoreHolder(
    () => createVaultCore(vaultModule, deployment, nowMs),
    (line) => {
      if (line['event'] === 'core_closed') throw new Error(`the core is closed: ${JSON.stringify(line)}`)
    },
  )
  const transport = createTransport([origin], (url, init) => fetch(url, init))
  const exchange: Exchange = (request, timeoutMs) => transport(request, Math.min(timeoutMs, deadlineMs()))
  const keyCache = createKeyCache({
    nowMs,
    sleep,
    fetchKeys: async () => {
      const built = core.ask((it) => it.buildPublicKeys(spec.gateway))
      if (!built.ok || !built.value.ok) return null
      const response = await exchange(built.value.request, USUAL_DEADLINE_MS)
      if (response.kind === 'foreign') return null
      const read = core.ask((it) => it.readPublicKeys(response))
      return read.ok ? read.value : null
    },
  })
  const tokens = createTokenCache({
    nowMs,
    sleep,
    fetchToken: async () => {
      const built = core.ask((it) => it.buildToken(spec.gateway))
      if (!built.ok || !built.value.ok) return null
      const response = await exchange(built.value.request, USUAL_DEADLINE_MS)
      if (response.kind === 'foreign') return null
      const read = core.ask((it) => it.readToken(spec.gateway, response))
      return read.ok ? read.value : null
    },
  })
  return createVault({
    core,
    exchange,
    keysOf: () => keyCache,
    tokensOf: () => tokens,
    counterOf: () => {
      throw new Error('no order of these has a cap')
    },
    newToken: () => crypto.randomUUID(),
    nowMs,
    sleep,
    log: () => {},
  })
}

const keepNothing = (): void => {}

export const startBench = async (gateway: GatewayDescription): Promise<Bench> => {
  const shop = await startShop()
  const simulator = await gateway.start(shop.url)
  let deadlineMs = USUAL_DEADLINE_MS
  const vault = vaultFor(gateway, simulator.url, shop.authority, () => deadlineMs)
  const name = gateway.spec.gateway
  let orders = 0
  return {
    gateway,
    simulator,
    shop,
    order: (over = {}) => {
      const paymentId: PaymentId = decide.paymentId('mer_conformance', 'test', {
        kind: 'invoice',
        value: `${name}-${++orders}`,
      })
      return {
        v: 1,
        gateway: name,
        paymentId,
        attempt: 1,
        reference: decide.gatewayReference(REFERENCE_KEY, paymentId, 1) as GatewayReference,
        ...gateway.order,
        ...over,
      }
    },
    send: (order) => vault.send(order, keepNothing),
    status: ({ reference, currency }) =>
      vault.status({ v: 1, gateway: name, operation: 'deposit', reference, currency }, keepNothing),
    cancel: ({ reference, currency }) =>
      vault.cancel({ v: 1, gateway: name, operation: 'deposit', reference, currency }, keepNothing),
    submitOtp: ({ reference }, otp) => vault.submitOtp({ v: 1, gateway: name, reference, otp }, keepNothing),
    verify: ({ method, target, rawHeaders, body }) =>
      vault.verifyCallback(
        {
          v: 1,
          gateway: name,
          operation: 'deposits',
          method,
          url: shop.url + target,
          headers: rawHeaders,
          body: Buffer.from(body),
        },
        keepNothing,
      ),
    patience: (ms) => {
      deadlineMs = ms === 'usual' ? USUAL_DEADLINE_MS : ms
    },
    capturesOf: ({ reference }) =>
      simulator.captures().filter((capture) => sameReference(capture.reference, reference)).length,
    creates: () =>
      simulator
        .requests()
        .filter(({ method, target }) => method === gateway.creates.method && gateway.creates.path.test(target)).length,
    reset: () => {
      simulator.reset()
      shop.received.length = 0
      deadlineMs = USUAL_DEADLINE_MS
    },
    close: async () => {
      await simulator.close()
      await shop.close()
    },
  }
}

/** Some gateways take our UUID without hyphens. */
export const sameReference = (theirs: string, ours: string): boolean =>
  theirs === ours || theirs === ours.replaceAll('-', '')
