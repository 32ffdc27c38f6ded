/** The committed core, both halves, with throwaway keys: what is deployed is what these tests ask. */
import { generateKeyPairSync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { gatewaySpecs, sealedProgram } from '../../scripts/provision/program.ts'
import type { PaymentEvent, PaymentState } from '../../src/contracts/decide.ts'
import type { CallbackAnswer, DepositOrder } from '../../src/contracts/vault.ts'
import type { GatewayResponse } from '../../src/contracts/vault-core.ts'
import { createDecideCore } from '../../src/core/decide.ts'
import { createVaultCore } from '../../src/core/vault-core.ts'
import type { Msisdn } from '../../src/domain/ids.ts'
import { deploymentFor } from '../provisioned.ts'

const directory = process.env['LANGO_CORE_DIR'] ?? path.resolve(import.meta.dirname, '../../src/core/generated')
const bytesOf = (name: string) => Uint8Array.from(readFileSync(path.join(directory, name)))
const load = (name: string) => new WebAssembly.Module(bytesOf(name))

export const REFERENCE_KEY = '6c'.repeat(32)
export const NOW_MS = Date.UTC(2026, 10, 21, 8)

export const decide = createDecideCore(load('decide.wasm'))

/** Currencies of which amounts are asked, whoever takes them. */
export const CURRENCIES =
  'AOA BIF BWP CDF DJF ETB EUR GHS GMD GNF KES LSL LYD MAD MGA MWK MZN NAD NGN RWF SLE TND TZS UGX USD XAF XOF ZAR ZMW'.split(
    ' ',
  )

/** The specs as they stand, compiled here; one provider takes every currency, to the last decimal. */
const specs = gatewaySpecs(['pawapay']).map((spec) => ({
  ...spec,
  providers: {
    ...spec.providers,
    MTN_MOMO_ZMB: {
      country: 'ZMB',
      currencies: Object.fromEntries(CURRENCIES.map((code) => [code, { decimals: 3 }])),
    },
  },
}))

const deployment = deploymentFor(
  {
    program: sealedProgram(specs),
    environment: 'development',
    referenceKey: REFERENCE_KEY,
    attestation: { current: 'ab'.repeat(32) },
    callbackAuthorities: ['pay.example.com'],
    pawapay: {
      origin: 'https://api.sandbox.pawapay.io',
      token: 'secret-token',
      signingKey: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({
        type: 'pkcs8',
        format: 'pem',
      }) as string,
      keyId: 'LANGO:1',
      signatureEncoding: 'der',
      callbackMode: 'hint',
    },
  },
  bytesOf('vault.wasm'),
)

/** An account whose callbacks are unsigned: their bodies are read as the signed ones are, and believed in nothing. */
export const vault = createVaultCore(load('vault.wasm'), deployment, () => NOW_MS)

export const paymentId = decide.paymentId('mer_acceptance', 'test', { kind: 'invoice', value: 'INV-1' })
export const reference = decide.gatewayReference(REFERENCE_KEY, paymentId, 1)

export const order = (over: Partial<DepositOrder> = {}): DepositOrder => ({
  v: 1,
  gateway: 'pawapay',
  paymentId,
  attempt: 1,
  reference,
  amountMinor: '1550',
  currency: 'ZMW',
  phoneNumber: '260763456789' as Msisdn,
  provider: 'MTN_MOMO_ZMB',
  ...over,
})

export const response = (body: string | object, status = 200): GatewayResponse => ({
  kind: 'response',
  status,
  contentType: 'application/json',
  body: typeof body === 'string' ? body : JSON.stringify(body),
  truncated: false,
})

/** What the core makes of a callback with this body. */
export const readCallback = (body: object): Extract<CallbackAnswer, { kind: 'verified' }>['verdict'] => {
  const answer = vault.verifyCallback(
    {
      v: 1,
      gateway: 'pawapay',
      operation: 'deposits',
      method: 'POST',
      url: 'https://pay.example.com/webhooks/pawapay/deposits',
      headers: [],
      body: new TextEncoder().encode(JSON.stringify(body)),
    },
    [],
    NOW_MS,
  )
  if (answer.kind !== 'verified') throw new Error(JSON.stringify(answer))
  return answer.verdict
}

/** A payment after these events, and all effects on the way. */
export const play = (amountMinor: string, currency: string, events: readonly PaymentEvent[]) => {
  const begin = { type: 'begin', n: 1, gateway: 'pawapay', reference, amountMinor, currency, nowMs: NOW_MS } as const
  let state: PaymentState | null = null
  const effects: string[] = []
  for (const event of [begin, ...events]) {
    const answer = decide.step(state, event)
    if (!answer.ok) throw new Error(`${event.type}: ${answer.code}`)
    state = answer.state
    effects.push(...answer.effects.map((effect) => (effect.type === 'alert' ? `alert ${effect.code}` : effect.type)))
  }
  if (!state) throw new Error('no events')
  return { state, effects }
}

export const told = (
  outcome: Extract<PaymentEvent, { type: 'told' }>['outcome'],
  over: Partial<Extract<PaymentEvent, { type: 'told' }>> = {},
): PaymentEvent => ({
  type: 'told',
  n: 1,
  outcome,
  failureCode: null,
  amountMinor: null,
  currency: null,
  providerTransactionId: null,
  source: 'callback',
  nowMs: NOW_MS + 1_000,
  ...over,
})
