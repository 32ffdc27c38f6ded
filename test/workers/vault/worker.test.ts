import { env, exports } from 'cloudflare:workers'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { DepositOrder, RawCallback, VaultForConsumer, VaultForEdge } from '../../../src/contracts/vault.ts'
import { createDecideCore } from '../../../src/core/decide.ts'
import decideModule from '../../../src/core/decide-module.ts'
import type { GatewayReference, MerchantId, Msisdn } from '../../../src/domain/ids.ts'
import { buildVault } from '../../../src/vault/open-vault.ts'
import { ForConsumer, ForEdge } from '../../../src/vault/worker.ts'

const workers = exports as unknown as {
  readonly default: { fetch(request: Request): Promise<Response> }
  readonly ForConsumer: VaultForConsumer
  readonly ForEdge: VaultForEdge
}
const vars = env as unknown as Record<string, string>

const decide = createDecideCore(decideModule)
const orderFor = (invoice: string): DepositOrder => {
  const paymentId = decide.paymentId('mer_vault_tests' as MerchantId, 'test', { kind: 'invoice', value: invoice })
  return {
    v: 1,
    gateway: 'pawapay',
    paymentId,
    attempt: 1,
    reference: decide.gatewayReference(vars['LANGO_REFERENCE_KEY'] as string, paymentId, 1),
    amountMinor: '1550',
    currency: 'ZMW',
    phoneNumber: '260763456789' as Msisdn,
    provider: 'MTN_MOMO_ZMB',
  }
}
const CALLBACK: RawCallback = {
  v: 1,
  gateway: 'pawapay',
  operation: 'deposits',
  method: 'POST',
  url: 'http://127.0.0.1:8787/webhooks/pawapay/deposits',
  headers: [['content-type', 'application/json']],
  body: new TextEncoder().encode('{}'),
}

interface Seen {
  readonly method: string
  readonly path: string
  readonly headers: readonly string[]
  readonly body: string
}
const seen = async (): Promise<Seen[]> => (await fetch(`${vars['PAWAPAY_ORIGIN']}/_seen`)).json()

afterEach(() => vi.restoreAllMocks())

describe('the real core, over RPC', () => {
  it('opens with the configured environment', async () => {
    const open = { sealed: 'ok', callbackMode: 'signed', epoch: 1, programId: expect.stringMatching(/^[0-9a-f]{64}$/) }
    expect(await workers.ForEdge.health()).toMatchObject(open)
  })

  it('sends one signed deposit to the gateway', async () => {
    const order = orderFor('INV-1')
    expect(await workers.ForConsumer.send(order)).toMatchObject({ kind: 'accepted' })
    const [request, ...more] = (await seen()).filter(({ body }) => body.includes(order.reference))
    expect(more).toEqual([])
    expect(request).toMatchObject({ method: 'POST', path: '/v2/deposits' })
    expect(JSON.parse(request?.body ?? '')).toMatchObject({
      depositId: order.reference,
      amount: '15.5',
      currency: 'ZMW',
    })
    const names = (request?.headers ?? []).map((name) => name.toLowerCase())
    for (const name of ['signature', 'signature-input', 'content-digest', 'authorization'])
      expect(names).toContain(name)
  })

  it("refuses another payment's reference before anything leaves", async () => {
    const order = { ...orderFor('INV-2'), reference: orderFor('INV-3').reference }
    expect(await workers.ForConsumer.send(order)).toMatchObject({
      kind: 'not_sent',
      code: expect.stringMatching(/^E1/),
    })
    expect((await seen()).filter(({ body }) => body.includes(order.reference))).toEqual([])
  })

  it('asks for a status, and for a provider', async () => {
    const { reference } = orderFor('INV-1')
    const query = { v: 1, gateway: 'pawapay', operation: 'deposit', currency: 'ZMW' } as const
    expect(await workers.ForConsumer.status({ ...query, reference })).toMatchObject({
      kind: 'found',
      outcome: 'succeeded',
      amountMinor: '1550',
    })
    const other = '00000000-0000-4000-8000-000000000000' as GatewayReference
    expect(await workers.ForConsumer.status({ ...query, reference: other })).toEqual({ kind: 'not_found' })
    expect(await workers.ForEdge.predictProvider('260763456789')).toMatchObject({
      kind: 'found',
      provider: 'MTN_MOMO_ZMB',
    })
  })

  it('asks what a country’s providers take', async () => {
    const outcome = await workers.ForEdge.conditions('RWA')
    expect(
      outcome.kind === 'found' && outcome.conditions.find(({ provider }) => provider === 'MTN_MOMO_RWA'),
    ).toMatchObject({ currency: 'RWF', state: 'operational', minAmount: '5', instructions: { ussd: '*182*7*1#' } })
    expect(await workers.ForEdge.conditions('nowhere')).toEqual({ kind: 'unknown', reason: 'E1311' })
  })

  it('asks a gateway of the program which of its providers are up, and no other', async () => {
    expect(await workers.ForConsumer.conditions('pawapay', 'RWA')).toEqual(await workers.ForEdge.conditions('RWA'))
    expect(await workers.ForConsumer.conditions('wawe', 'RWA')).toMatchObject({ kind: 'unknown' })
  })

  it('what it seals, it recognises; anything else it does not', async () => {
    const { paymentId } = orderFor('INV-1')
    const seal = await workers.ForConsumer.sealSnapshot(paymentId, '{"status":"succeeded"}')
    const check: VaultForEdge['checkSnapshot'] = (...asked) => workers.ForEdge.checkSnapshot(...asked)
    expect(await check(paymentId, '{"status":"succeeded"}', seal)).toBe(true)
    expect(await check(paymentId, '{"status":"succeeded" }', seal)).toBe(false)
    expect(await check(orderFor('INV-2').paymentId, '{"status":"succeeded"}', seal)).toBe(false)
    expect(await check(paymentId, '{"status":"succeeded"}', { ...seal, mac: '00'.repeat(32) })).toBe(false)
    // A seal is no attestation: the two are MACs of different things.
    expect(await workers.ForConsumer.checkAttestation({ v: 1, text: '{"status":"succeeded"}', ...seal })).toBeNull()
  })

  it('refuses an unsigned callback and a made-up attestation', async () => {
    expect(await workers.ForEdge.verifyCallback(CALLBACK)).toMatchObject({ kind: 'refused' })
    expect(await workers.ForEdge.verifyCallback({ ...CALLBACK, gateway: 'mtn' })).toEqual({ kind: 'no_such_gateway' })
    const forged = { v: 1, text: '{}', mac: '00'.repeat(32), kid: '00000000' } as const
    expect(await workers.ForConsumer.checkAttestation(forged)).toBeNull()
  })

  it('can be asked this and nothing else; no question has bytes of the caller signed for a gateway', () => {
    const methods = (entrypoint: { readonly prototype: object }) =>
      Object.getOwnPropertyNames(entrypoint.prototype).filter((name) => name !== 'constructor')
    expect(methods(ForEdge)).toEqual(['verifyCallback', 'checkSnapshot', 'predictProvider', 'conditions', 'health'])
    expect(methods(ForConsumer)).toEqual([
      'send',
      'status',
      'cancel',
      'submitOtp',
      'checkAttestation',
      'sealSnapshot',
      'conditions',
      'phoneHashes',
    ])
  })

  it('has no public route', async () => {
    expect((await workers.default.fetch(new Request('http://vault/'))).status).toBe(404)
  })
})

describe('I12: a closed core', () => {
  const secret = 'the-value-of-a-secret-not-a-key'
  const tag = (value: string) => ({ id: '', tag: value, timestamp: '' })

  it.each([
    ['LANGO_MASTER_KEY', secret, 'E1002', 'LANGO_MASTER_KEY'],
    ['LANGO_MASTER_KEY', undefined, 'E1001', 'LANGO_MASTER_KEY'],
    ['LANGO_MASTER_KEY', 'ab'.repeat(32), 'E1005', 'core_closed'],
    ['PAWAPAY_ORIGIN', 'https://gateway.example', 'E1004', 'var PAWAPAY_ORIGIN'],
    ['PAWAPAY_ORIGIN', undefined, 'E1004', 'var PAWAPAY_ORIGIN'],
    ['PAWAPAY_CALLBACK_MODE', 'hint', 'E1004', 'var PAWAPAY_CALLBACK_MODE'],
    ['LANGO_ENVIRONMENT', 'production', 'E1004', 'environment'],
    ['LANGO_WORKER_NAME', 'lango-vault-production', 'E1004', 'worker'],
    ['CF_VERSION_METADATA', tag('another'), 'E1004', 'versionTag'],
    ['CF_VERSION_METADATA', undefined, 'E1004', 'binding CF_VERSION_METADATA'],
    ['DAY_COUNTERS', undefined, 'E1004', 'binding DAY_COUNTERS'],
  ])('%s is %o: nothing is sent, signed or verified; the log says %s %s', async (name, value, sealed, logs) => {
    const logged: string[] = []
    vi.spyOn(console, 'log').mockImplementation((line) => void logged.push(String(line)))
    const before = (await seen()).length
    const { vault } = await buildVault({ ...vars, [name]: value })
    const order = orderFor('INV-closed')
    expect(await vault.send(order, () => {})).toEqual({ kind: 'not_sent', code: sealed })
    expect(await vault.health()).toMatchObject({ sealed })
    expect(await vault.verifyCallback(CALLBACK, () => {})).toMatchObject({ kind: 'unavailable' })
    await expect(vault.sealSnapshot(order.paymentId, '{}')).rejects.toThrow('closed')
    expect(await seen()).toHaveLength(before)
    expect(logged.join()).toContain(`"code":"${sealed}"`)
    expect(logged.join()).toContain(logs)
    expect(logged.join()).not.toContain(secret)
  })
})
