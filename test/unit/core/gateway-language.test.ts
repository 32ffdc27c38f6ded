/** What a spec can say, each by a gateway made for it: compiled, sealed, and run by the committed vault.wasm. */
import { createHmac, generateKeyPairSync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { compileProgram } from '../../../scripts/provision/compile.ts'
import { specProblems } from '../../../scripts/provision/gateways.ts'
import { sealedProgram } from '../../../scripts/provision/program.ts'
import type { CaseSpec, GatewaySpec, Policy } from '../../../scripts/provision/spec.ts'
import type { DepositOrder, RawCallback } from '../../../src/contracts/vault.ts'
import type { Built, GatewayResponse } from '../../../src/contracts/vault-core.ts'
import { createVaultCore } from '../../../src/core/vault-core.ts'
import type { GatewayReference, Msisdn, PaymentId } from '../../../src/domain/ids.ts'
import { deploymentFor } from '../../provisioned.ts'
import { loadBytes, loadModule } from './artefacts.ts'

const module = loadModule('vault.wasm')
const bytes = loadBytes('vault.wasm')
const NOW_MS = Date.UTC(2026, 10, 21, 8)
const NOW_S = NOW_MS / 1000
const REFERENCE = '2ef59e2c-8b8e-45f9-b113-648e234ea260' as GatewayReference
const OTHER = '00000000-0000-4000-8000-000000000000'
const SECRET = 'toypay-webhook-secret'

const toypay: GatewaySpec = JSON.parse(readFileSync('test/gateways/toypay/gateway.json', 'utf8'))

/** Parts of specs, each for what it is about. */
const parts: {
  readonly token: Partial<GatewaySpec>
  readonly list: Pick<GatewaySpec, 'status'>
  readonly empty: readonly CaseSpec[]
  readonly cancel: Partial<GatewaySpec>
} = JSON.parse(readFileSync('test/vectors/gateways/language.json', 'utf8'))

const signingKey = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({
  type: 'pkcs8',
  format: 'pem',
}) as string

/** Toypay with parts of its spec replaced. */
const coreOf = (over: Partial<GatewaySpec> = {}, policy?: Policy) => {
  const spec: GatewaySpec = { ...toypay, ...over }
  expect(specProblems(spec)).toEqual([])
  const vault = {
    environment: 'staging',
    referenceKey: '6c'.repeat(32),
    attestation: { current: 'ab'.repeat(32) },
    callbackAuthorities: ['pay.example.com'],
    pawapay: {
      origin: 'https://api.sandbox.pawapay.io',
      token: 'secret-token',
      signingKey,
      keyId: 'LANGO:1',
      signatureEncoding: 'der',
      callbackMode: 'signed',
    },
    program: sealedProgram([spec], policy),
    further: {
      vars: { TOYPAY_ORIGIN: 'https://sandbox.toypay.example', TOYPAY_USER: 'shop' },
      keys: { 'toypay.password': 'a-password', 'toypay.webhookSecret': SECRET },
    },
  }
  return createVaultCore(module, deploymentFor(vault, bytes), () => NOW_MS)
}

const ORDER: DepositOrder = {
  v: 1,
  gateway: 'toypay',
  paymentId: `pay_${'07'.repeat(13)}` as PaymentId,
  attempt: 3,
  reference: REFERENCE,
  amountMinor: '1500',
  currency: 'ZMW',
  phoneNumber: '260763456789' as Msisdn,
  provider: 'MTN_MOMO_ZMB',
}

const requestOf = (built: Built) => {
  if (!built.ok) throw new Error(built.code)
  return built.request
}
const answer = (status: number, body: unknown): GatewayResponse => ({
  kind: 'response',
  status,
  contentType: 'application/json',
  body: typeof body === 'string' ? body : JSON.stringify(body),
  truncated: false,
})

describe('a token that is fetched first', () => {
  const { token: TOKEN } = parts

  it('is asked for with the credentials, and is in every other request', () => {
    const core = coreOf(TOKEN)
    expect(requestOf(core.buildToken('toypay'))).toEqual({
      method: 'POST',
      url: 'https://sandbox.toypay.example/token',
      headers: [['Authorization', `Basic ${btoa('shop:a-password')}`]],
      body: 'grant_type=client_credentials',
    })
    const bearer = ['Authorization', 'Bearer a.b.c']
    expect(requestOf(core.buildDeposit(ORDER, NOW_MS, 'a.b.c')).headers).toContainEqual(bearer)
    expect(requestOf(core.buildDepositStatus('toypay', REFERENCE, 'a.b.c')).headers).toEqual([bearer])
  })

  it('without one nothing is built but what would be refused anyway', () => {
    const core = coreOf(TOKEN, { default: { amountCapMinor: { ZMW: '2000' } } })
    expect(core.buildDeposit(ORDER, NOW_MS)).toEqual({ ok: false, code: 'E1313' })
    expect(core.buildDepositStatus('toypay', REFERENCE)).toEqual({ ok: false, code: 'E1313' })
    const dear = { ...ORDER, amountMinor: '2001' }
    expect(core.buildDeposit(dear, NOW_MS)).toEqual({ ok: false, code: 'E1320', rule: 'amount_cap' })
  })

  it.each([
    [200, { access_token: 'a.b.c', expires_in: 3600 }, { token: 'a.b.c', expiresInS: 3600 }],
    [200, { access_token: 'a.b.c', expires_in: '3600' }, { token: 'a.b.c', expiresInS: 3600 }],
    [200, { access_token: 'a b', expires_in: 3600 }, null],
    [200, { access_token: 'a.b.c' }, null],
    [200, { access_token: 'a.b.c', expires_in: -1 }, null],
    [401, { access_token: 'a.b.c', expires_in: 3600 }, null],
    [500, { access_token: 'a.b.c', expires_in: 3600 }, null],
    [200, '<html>', null],
    [200, '', null],
  ])('%i %j brings %j', (status, body, expected) => {
    expect(coreOf(TOKEN).readToken('toypay', answer(status, body))).toEqual(expected)
  })

  it('a gateway without one has no such question, and no such placeholder', () => {
    expect(coreOf().buildToken('toypay')).toEqual({ ok: false, code: 'E1312' })
    const { token: _, ...rest } = { ...toypay, ...TOKEN }
    expect(() => compileProgram([rest as GatewaySpec], { default: {} })).toThrow('there is no token here')
    const circular = { ...toypay, ...TOKEN, token: { ...TOKEN.token, authentication: TOKEN.authentication } }
    expect(() => compileProgram([circular as GatewaySpec], { default: {} })).toThrow('there is no token here')
  })
})

describe('how a callback is known', () => {
  const BODY = JSON.stringify({ ref: REFERENCE, state: 'paid', sum: 1500, cur: 'ZMW', tx: 'T-1' })
  const mac = (algorithm: string, text: string, secret = SECRET) =>
    createHmac(algorithm, secret).update(text).digest('hex')
  const callback = (headers: RawCallback['headers'], over: Partial<RawCallback> = {}): RawCallback => ({
    v: 1,
    gateway: 'toypay',
    operation: 'deposits',
    method: 'POST',
    url: 'https://pay.example.com/webhooks/toypay/deposits',
    headers,
    body: new TextEncoder().encode(BODY),
    ...over,
  })
  const judged = (webhook: GatewaySpec['webhook'], given: RawCallback) => {
    const verdict = coreOf({ webhook }).verifyCallback(given, [], NOW_MS)
    return verdict.kind === 'verified' ? verdict.verdict.authentic : verdict.kind === 'refused' ? verdict.reason : ''
  }

  it.each([
    ['right', mac('sha512', BODY), 'signed'],
    ['in capitals', mac('sha512', BODY).toUpperCase(), 'signed'],
    ['of another body', mac('sha512', `${BODY} `), 'signature_invalid'],
    ['under another secret', mac('sha512', BODY, 'other'), 'signature_invalid'],
    ['cut short', mac('sha512', BODY).slice(0, 64), 'signature_invalid'],
    ['HMAC-SHA256', mac('sha256', BODY), 'signature_invalid'],
    ['no hex', 'zz', 'signature_malformed'],
  ])('HMAC-SHA512, %s', (_, header, expected) => {
    const webhook = { scheme: 'hmac-sha512', header: 'X-Toypay', secret: 'webhookSecret' } as const
    expect(judged(webhook, callback([['x-toypay', header]]))).toBe(expected)
    expect(judged(webhook, callback([]))).toBe('unsigned')
  })

  const timed = (t: number | string, ...macs: string[]) => [`t=${t}`, ...macs.map((each) => `v1=${each}`)].join(',')
  const at = (t: number | string, secret?: string) => mac('sha256', `${t}${BODY}`, secret)
  it.each([
    ['now', timed(NOW_S, at(NOW_S)), 'signed'],
    ['five minutes ago', timed(NOW_S - 300, at(NOW_S - 300)), 'signed'],
    ['in five minutes', timed(NOW_S + 300, at(NOW_S + 300)), 'signed'],
    ['longer ago: perhaps a replay', timed(NOW_S - 301, at(NOW_S - 301)), 'hint'],
    ['without a time', `v1=${mac('sha256', BODY)}`, 'hint'],
    ['a time that is none', timed('now', at('now')), 'hint'],
    ['with an old secret’s too', timed(NOW_S, at(NOW_S, 'old'), at(NOW_S)), 'signed'],
    ['with blanks', `t=${NOW_S}, v1=${at(NOW_S)}`, 'signed'],
    ['five of them, the fifth right', timed(NOW_S, ...Array(4).fill(at(NOW_S, 'x')), at(NOW_S)), 'signature_invalid'],
    ['another time than was signed', timed(NOW_S, at(NOW_S - 1)), 'signature_invalid'],
    ['the body alone', timed(NOW_S, mac('sha256', BODY)), 'signature_invalid'],
    ['another scheme', `t=${NOW_S},v0=${at(NOW_S)}`, 'signature_malformed'],
    ['nothing', '', 'signature_malformed'],
  ])('timed: %s', (_, header, expected) => {
    const webhook = { scheme: 'hmac-sha256', header: 'Toy-Signature', secret: 'webhookSecret', windowS: 300 } as const
    expect(judged(webhook, callback([['Toy-Signature', header]]))).toBe(expected)
  })

  it.each([
    ['the secret', SECRET, 'hint'],
    ['longer', `${SECRET}x`, 'signature_invalid'],
    ['shorter', SECRET.slice(1), 'signature_invalid'],
    ['empty', '', 'signature_invalid'],
  ])('a header that is the secret is a reason to ask at most: %s', (_, header, expected) => {
    const webhook = { scheme: 'equals', header: 'Toy-Hash', secret: 'webhookSecret' } as const
    expect(judged(webhook, callback([['toy-hash', header]]))).toBe(expected)
    expect(judged(webhook, callback([]))).toBe('unsigned')
  })

  it('an unsigned one is a reason to ask, with POST and with PUT', () => {
    for (const method of ['POST', 'PUT']) expect(judged({ scheme: 'none' }, callback([], { method }))).toBe('hint')
    expect(judged({ scheme: 'none' }, callback([], { method: 'GET' }))).toBe('method_not_post')
  })
})

describe('a list of items, of which ours is to be found', () => {
  const core = coreOf(parts.list)
  const item = (ref: string, id: string, sum: unknown = 15) => ({ id, meta: { ref }, state: 'open', sum, cur: 'ZMW' })
  const read = (result: unknown) =>
    core.readDepositStatus('toypay', answer(200, result === undefined ? {} : { result }), 'ZMW', REFERENCE)
  const found = (gatewayId: string, amountMinor = '1500') => ({
    kind: 'found',
    outcome: 'pending',
    gatewayId,
    amountMinor,
    currency: 'ZMW',
  })
  const unreadable = { kind: 'unknown', reason: 'unreadable' }

  it('asks with the reference in the query', () => {
    expect(requestOf(core.buildDepositStatus('toypay', REFERENCE)).url).toBe(
      `https://sandbox.toypay.example/search?reference=${REFERENCE}`,
    )
  })

  it.each([
    ['the first', [item(REFERENCE, 'a')], found('a')],
    ['the third', [item(OTHER, 'a'), {}, item(REFERENCE, 'c')], found('c')],
    ['the first of two', [item(REFERENCE, 'a'), item(REFERENCE, 'b')], found('a')],
    ['beyond as many as are looked at', [{}, {}, {}, item(REFERENCE, 'd')], unreadable],
    ['another one', [item(OTHER, 'a')], unreadable],
    ['an empty list', [], { kind: 'not_found' }],
    ['no list', undefined, unreadable],
    ['an object', {}, unreadable],
    ['a text', 'x', unreadable],
    ['a number', 5, unreadable],
    ['nothing', null, unreadable],
    ['with a fraction', [item(REFERENCE, 'a', 15.5)], found('a', '1550')],
  ])('%s', (_, result, expected) => {
    expect(read(result)).toEqual(expected)
  })

  it('an amount that the currency does not have is none', () => {
    for (const sum of [15.505, -1, '15', null, 1e300])
      expect(read([item(REFERENCE, 'a', sum)])).toEqual({
        kind: 'found',
        outcome: 'pending',
        gatewayId: 'a',
        currency: 'ZMW',
      })
  })
})

describe('an answer without a body', () => {
  const { answer: full } = toypay.deposit
  const deposit = { ...toypay.deposit, answer: { ...full, empty: parts.empty } }
  it.each([
    [202, '', { kind: 'accepted' }],
    [200, '', { kind: 'unknown', reason: 'unreadable' }],
    [500, '', { kind: 'unknown', reason: 'http_500' }],
    [202, ' ', { kind: 'unknown', reason: 'unreadable' }],
    [202, '{}', { kind: 'unknown', reason: 'http_202' }],
  ])('%i %j', (status, body, expected) => {
    expect(coreOf({ deposit }).readDeposit('toypay', answer(status, body), REFERENCE)).toEqual(expected)
  })

  it('says nothing where the spec says nothing of it', () => {
    expect(coreOf().readDeposit('toypay', answer(202, ''), REFERENCE)).toEqual({
      kind: 'unknown',
      reason: 'unreadable',
    })
  })
})

describe('what goes with the provider', () => {
  const provider = toypay.providers['MTN_MOMO_ZMB'] as GatewaySpec['providers'][string]
  const deposit: GatewaySpec['deposit'] = {
    ...toypay.deposit,
    request: {
      method: 'POST',
      path: '/charges?type={provider.type}',
      json: { ref: '{reference}', 'hint?': '{provider.hint}' },
    },
  }
  const providers = { ...toypay.providers, MTN_MOMO_ZMB: { ...provider, also: { type: 'momo zambia' } } }

  it('stands in the path, and a member without it is left out', () => {
    const AIRTEL_OAPI_ZMB = { ...provider, code: 'airtel', also: { type: 'airtel', hint: 'a "hint"' } }
    const core = coreOf({ deposit, providers: { ...providers, AIRTEL_OAPI_ZMB } })
    expect(requestOf(core.buildDeposit(ORDER, NOW_MS))).toMatchObject({
      url: 'https://sandbox.toypay.example/charges?type=momo%20zambia',
      body: `{"ref":"${REFERENCE}"}`,
    })
    expect(requestOf(core.buildDeposit({ ...ORDER, provider: 'AIRTEL_OAPI_ZMB' }, NOW_MS)).body).toBe(
      `{"ref":"${REFERENCE}","hint":"a \\"hint\\""}`,
    )
  })

  it('that nothing says does not compile', () => {
    expect(() => compileProgram([{ ...toypay, deposit }], { default: {} })).toThrow('{provider.type} is not known here')
  })
})

describe('calling a deposit off', () => {
  const { cancel } = parts

  it('names it as the gateway does', () => {
    const core = coreOf(cancel)
    expect(requestOf(core.buildCancel('toypay', REFERENCE, 'cos 1'))).toMatchObject({
      method: 'POST',
      url: 'https://sandbox.toypay.example/charges/cos%201/void',
      body: null,
    })
    expect(core.buildCancel('toypay', REFERENCE)).toEqual({ ok: false, code: 'E1312' })
    expect(core.buildCancel('toypay', 'x', 'cos 1')).toEqual({ ok: false, code: 'E1301' })
    expect(coreOf().buildCancel('toypay', REFERENCE, 'cos 1')).toEqual({ ok: false, code: 'E1312' })
  })

  it.each([
    [200, '', { kind: 'found', outcome: 'failed', failureCode: 'VOID' }],
    [409, { state: 'paid' }, { kind: 'found', outcome: 'succeeded' }],
    [409, { state: 'open' }, { kind: 'unknown', reason: 'http_409' }],
    [500, '', { kind: 'unknown', reason: 'http_500' }],
  ])('%i %j', (status, body, expected) => {
    expect(coreOf(cancel).readCancel('toypay', answer(status, body), 'ZMW', REFERENCE)).toEqual(expected)
  })
})

describe('a currency whose minor units are written with zeros behind', () => {
  const amount = { spelling: 'minor', zeros: { RWF: 2 } } as const
  const providers = { MTN_MOMO_RWA: { country: 'RWA', currencies: { RWF: { decimals: 0 } } }, ...toypay.providers }
  const { answer: reader } = toypay.status
  const status: GatewaySpec['status'] = {
    ...toypay.status,
    answer: { ...reader, fields: { ...reader.fields, sum: { at: 'sum', minor: true, amountIn: 'cur' } } },
  }
  const core = coreOf({ amount, providers, status })
  const order = { ...ORDER, provider: 'MTN_MOMO_RWA', currency: 'RWF' }

  it('is written so, and no other', () => {
    expect(requestOf(core.buildDeposit(order, NOW_MS)).body).toContain('"sum":150000,"cur":"RWF"')
    expect(requestOf(core.buildDeposit(ORDER, NOW_MS)).body).toContain('"sum":1500,"cur":"ZMW"')
  })

  it.each([
    [150_000, 'RWF', '1500'],
    ['150000', 'RWF', '1500'],
    [150_050, 'RWF', undefined],
    [0, 'RWF', '0'],
    [150_050, 'ZMW', '150050'],
  ])('%j %s is read as %s', (sum, cur, amountMinor) => {
    const read = core.readDepositStatus(
      'toypay',
      answer(200, { ref: REFERENCE, state: 'paid', sum, cur }),
      cur,
      REFERENCE,
    )
    expect(read).toMatchObject({ kind: 'found', outcome: 'succeeded', ...(amountMinor ? { amountMinor } : {}) })
    if (amountMinor === undefined) expect(read).not.toHaveProperty('amountMinor')
  })
})
