/** Signed intents in the committed vault.wasm, and what the SDK signs: test/vectors/intents. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { createLango, type LangoOptions, type PaymentIntent, signIntent } from '../../../packages/sdk/src/index.ts'
import { compileProgram } from '../../../scripts/provision/compile.ts'
import { gatewaySpecs, sealedProgram } from '../../../scripts/provision/program.ts'
import type { Policy, PolicyRules } from '../../../scripts/provision/spec.ts'
import type { DepositOrder } from '../../../src/contracts/vault.ts'
import { createVaultCore } from '../../../src/core/vault-core.ts'
import { deploymentFor } from '../../provisioned.ts'
import { loadBytes, loadModule } from './artefacts.ts'

interface Case {
  readonly name: string
  readonly expect: string
  readonly intent: string | null
  readonly nowMs?: number
  readonly order?: Readonly<Record<string, unknown>>
}
const vectors: {
  readonly keys: {
    readonly 'shop-1': { readonly seedHex: string; readonly public: string }
    readonly 'shop-2': { readonly jwk: Record<string, string>; readonly public: string }
  }
  readonly policy: Policy
  readonly referenceKey: string
  readonly nowMs: number
  readonly order: DepositOrder
  readonly payload: Omit<PaymentIntent, 'expiresAt'> & { readonly exp: number }
  readonly cases: readonly Case[]
} = JSON.parse(readFileSync('test/vectors/intents/intents.json', 'utf8'))
const recorded = JSON.parse(readFileSync('test/vectors/gateways/pawapay-requests.json', 'utf8'))

const core = createVaultCore(
  loadModule('vault.wasm'),
  deploymentFor(
    {
      environment: 'development',
      referenceKey: vectors.referenceKey,
      attestation: { current: 'ab'.repeat(32) },
      callbackAuthorities: ['pay.example.com'],
      pawapay: {
        ...recorded.settings,
        signingKey: recorded.signingKey,
        signatureEncoding: 'der',
        callbackMode: 'signed',
      },
      program: sealedProgram(gatewaySpecs(['pawapay']), vectors.policy),
    },
    loadBytes('vault.wasm'),
  ),
  () => vectors.nowMs,
)

const verdict = ({ intent, order = {}, nowMs = vectors.nowMs }: Omit<Case, 'name' | 'expect'>): string => {
  const built = core.buildDeposit(
    { ...vectors.order, ...order, ...(intent === null ? {} : { intent }) } as DepositOrder,
    nowMs,
  )
  if (built.ok) return 'ok'
  expect(built.code).toBe('E1330')
  return built.intent ?? ''
}

const ed25519 = (): Promise<CryptoKey> => {
  const head = Buffer.from('302e020100300506032b657004220420', 'hex')
  const pkcs8 = Buffer.concat([head, Buffer.from(vectors.keys['shop-1'].seedHex, 'hex')])
  return crypto.subtle.importKey('pkcs8', pkcs8, 'Ed25519', false, ['sign'])
}
const { exp, ...claims } = vectors.payload
const MEANT: PaymentIntent = { ...claims, expiresAt: new Date(exp * 1000) }

describe('an intent', () => {
  it.each(vectors.cases.map((each) => [each.name, each.expect, each] as const))('%s: %s', (_, expected, each) => {
    expect(verdict(each)).toBe(expected)
  })

  it('its vectors have every reason', () => {
    expect([...new Set(vectors.cases.map((each) => each.expect))].toSorted()).toEqual(
      [
        ...['amount', 'currency', 'expired', 'idempotency_key', 'invoice', 'malformed', 'merchant', 'missing', 'mode'],
        ...['ok', 'payer', 'signature', 'unknown_key'],
      ].toSorted(),
    )
  })
})

describe('what the SDK signs', () => {
  it('is the vector, byte for byte', async () => {
    const intent = await signIntent({ id: 'shop-1', privateKey: await ed25519() }, MEANT)
    expect(intent).toBe(vectors.cases[0]?.intent)
    expect(
      await signIntent({ id: 'shop-1', privateKey: await ed25519() }, { ...MEANT, phoneNumber: '+260 763-456 789' }),
    ).toBe(intent)
  })

  it('names an invoice as Lango writes it, however the shop spells the same text', async () => {
    const [composed, spelt] = ['Caf\u00e9-7', 'Cafe\u0301-7']
    const key = { id: 'shop-1', privateKey: await ed25519() }
    const [one, other] = await Promise.all([composed, spelt].map((invoice) => signIntent(key, { ...MEANT, invoice })))
    expect(other).toBe(one)
  })

  it('is taken under P-256 too', async () => {
    const { jwk } = vectors.keys['shop-2']
    const p256 = { name: 'ECDSA', namedCurve: 'P-256' }
    const privateKey = await crypto.subtle.importKey('jwk', jwk, p256, false, ['sign'])
    expect(verdict({ intent: await signIntent({ id: 'shop-2', privateKey }, MEANT) })).toBe('ok')
    const wrong = await signIntent({ id: 'shop-2', privateKey }, { ...MEANT, amount: '25.51' })
    expect(verdict({ intent: wrong })).toBe('amount')
  })

  it('is nothing that could only be refused', async () => {
    const key = { id: 'shop-1', privateKey: await ed25519() }
    const { invoice: _, ...unnamed } = MEANT
    await expect(signIntent(key, unnamed)).rejects.toThrow('by invoice, or by idempotencyKey')
    await expect(signIntent(key, { ...MEANT, phoneNumber: '0763456789' })).rejects.toThrow('country code')
    await expect(signIntent(key, { ...MEANT, expiresAt: new Date('never') })).rejects.toThrow('expiresAt')
    const rsa = { name: 'RSA-PSS', modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: 'SHA-256' }
    const { privateKey } = await crypto.subtle.generateKey(rsa, false, ['sign', 'verify'])
    await expect(signIntent({ id: 'shop-1', privateKey }, MEANT)).rejects.toThrow('Ed25519')
  })
})

describe('docs/signed-intents.md', () => {
  const page = readFileSync('docs/signed-intents.md', 'utf8')

  it('has an example that runs, and sends an intent for its request', async () => {
    const [, example = ''] = /```ts\n([\s\S]*?)```/.exec(page) ?? []
    const sent: RequestInit[] = []
    const fetch = async (_: unknown, init?: RequestInit): Promise<Response> => {
      sent.push(init ?? {})
      return Response.json({ id: 'pay_1', attempts: [] }, { status: 201 })
    }
    const connected = (options: LangoOptions) =>
      createLango({ ...options, apiKey: 'sk_test_1', fetch: fetch as typeof globalThis.fetch })
    const lines = example.split('\n').map((line) => line.trim().replace(/^import .*/, ''))
    const run = new Function(
      'createLango',
      'signIntent',
      'privateKey',
      `return (async () => { ${lines.join('\n')} })()`,
    )
    await run(connected, signIntent, await ed25519())
    const intent = new Headers(sent[0]?.headers).get('lango-intent') ?? ''
    const request = JSON.parse(String(sent[0]?.body))
    const payload = JSON.parse(Buffer.from(intent.split('.')[1] ?? '', 'base64url').toString())
    const { invoice, amount, currency } = request
    expect(payload).toMatchObject({
      merchant: 'mer_kiosk',
      mode: 'live',
      invoice,
      amount,
      currency,
      phoneNumber: '260763456789',
    })
    // Right but for the merchant, so the core read and verified all of it.
    expect(verdict({ intent, nowMs: Date.now() })).toBe('merchant')
  })

  it('lists every reason', () => {
    const listed = page.slice(page.indexOf('| `because` |'), page.indexOf('## Good to know'))
    for (const { expect: reason } of vectors.cases) if (reason !== 'ok') expect(listed).toContain(`\`${reason}\``)
  })
})

describe('who may sign, in the policy', () => {
  const key = vectors.keys['shop-1'].public
  it.each([
    [{ required: true }, 'default.intents: are required, and there is no key'],
    [{ keys: { 'shop 1': key } }, 'default.intents.keys: "shop 1" is no key id'],
    [{ keys: { 'shop-1': `${key}=` } }, 'default.intents.keys.shop-1: is no public key'],
    [{ keys: { 'shop-1': key.slice(1) } }, 'default.intents.keys.shop-1: is no public key'],
    [
      { keys: { 'shop-1': Buffer.alloc(65, 4).toString('base64url') } },
      'default.intents.keys.shop-1: is no public key',
    ],
    [
      { keys: Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`shop-${i}`, key])) },
      'default.intents.keys: are more than 16',
    ],
  ] satisfies [PolicyRules['intents'], string][])('%o: %s', (intents, problem) => {
    expect(() => compileProgram(gatewaySpecs(['pawapay']), { default: { intents } as PolicyRules })).toThrow(problem)
  })
})
