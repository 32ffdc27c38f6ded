/** What a module of the vault could see that patched the platform after our first one ran. There is none; should there be one, this. */
import { Buffer } from 'node:buffer'
import { generateKeyPairSync } from 'node:crypto'
import { afterEach, expect, test } from 'vitest'
import { createVaultCore } from '../../../src/core/vault-core.ts'
import type { GatewayReference, Msisdn, PaymentId } from '../../../src/domain/ids.ts'
import { deploymentFor, MASTER } from '../../provisioned.ts'
import { loadBytes, loadModule } from './artefacts.ts'

const nowMs = Date.UTC(2026, 10, 21, 8)
const TOKEN = 'the-token-of-the-gateway'
const PHONE = '260763456789'

type Methods = Record<string, (...args: unknown[]) => unknown>
const PATCHED: readonly (readonly [owner: object, name: string])[] = [
  [JSON, 'parse'],
  [JSON, 'stringify'],
  [TextEncoder.prototype, 'encode'],
  [TextEncoder.prototype, 'encodeInto'],
  [TextDecoder.prototype, 'decode'],
  [Object.getPrototypeOf(Uint8Array.prototype), 'set'],
  [DataView.prototype, 'setUint32'],
  [String.prototype, 'toWellFormed'],
  [Function.prototype, 'call'],
  [Function.prototype, 'apply'],
  [Function.prototype, 'bind'],
  [Array.prototype, 'map'],
  [Array.prototype, 'join'],
  [Object, 'assign'],
  [Object, 'freeze'],
  [WebAssembly, 'Instance'],
]

const restore: (() => void)[] = []
afterEach(() => {
  for (const undo of restore.splice(0)) undo()
})

/** Texts and bytes that go through any of these from now on, as one text. */
const patch = (): (() => string) => {
  const { apply } = Reflect
  const seen: unknown[] = []
  for (const [owner, name] of PATCHED) {
    const original = (owner as Methods)[name] as (...args: unknown[]) => unknown
    const see = (...values: unknown[]): void => {
      for (let i = 0; i < values.length; i++) seen[seen.length] = values[i]
    }
    const patched = new Proxy(original, {
      apply(target, self, args) {
        const answer = apply(target, self, args)
        see(self, ...args, answer)
        return answer
      },
      construct: (target, args) => {
        const made = Reflect.construct(target, args) as object
        see(made)
        return made
      },
    })
    Object.defineProperty(owner, name, { value: patched, writable: true, configurable: true })
    restore.push(() => Object.defineProperty(owner, name, { value: original, writable: true, configurable: true }))
  }
  return () => {
    for (const undo of restore.splice(0)) undo()
    const written = (value: unknown): string => {
      if (typeof value === 'string') return value
      if (ArrayBuffer.isView(value))
        return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('latin1')
      try {
        return JSON.stringify(value) ?? ''
      } catch {
        return ''
      }
    }
    return seen.map(written).join('\n')
  }
}

test('patches that come after the first module see no master key, no token, no request and no instance', () => {
  const module = loadModule('vault.wasm')
  const signingKey = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({
    type: 'pkcs8',
    format: 'pem',
  })
  const deployment = deploymentFor(
    {
      environment: 'staging',
      referenceKey: '6c'.repeat(32),
      attestation: { current: 'ab'.repeat(32) },
      callbackAuthorities: ['pay.example.com'],
      pawapay: {
        origin: 'https://api.sandbox.pawapay.io',
        token: TOKEN,
        signingKey: String(signingKey),
        keyId: 'LANGO:1',
        signatureEncoding: 'der',
        callbackMode: 'signed',
      },
    },
    loadBytes('vault.wasm'),
  )
  const core = createVaultCore(module, deployment, () => nowMs)
  const order = {
    v: 1,
    gateway: 'pawapay',
    paymentId: `pay_${'07'.repeat(13)}` as PaymentId,
    attempt: 3,
    reference: '2ef59e2c-8b8e-45f9-b113-648e234ea260' as GatewayReference,
    amountMinor: '1550',
    currency: 'ZMW',
    phoneNumber: PHONE as Msisdn,
    provider: 'MTN_MOMO_ZMB',
  } as const

  const seenOf = patch()
  const probe = `${JSON.stringify({ probe: 'is seen' })}`
  const opened = core.open()
  const built = core.buildDeposit(order, nowMs)
  const seen = seenOf()

  expect(opened.ok).toBe(true)
  expect(built).toMatchObject({ ok: true })
  expect(JSON.stringify(built)).toContain(TOKEN)
  expect(seen).toContain(probe)
  for (const secret of [MASTER, TOKEN, PHONE, 'signature-input']) expect(seen.toLowerCase()).not.toContain(secret)
})
