/**
 * The committed vault.wasm through its loader. The rules themselves are tested natively (rust-core/crates/*); here: the
 * boundary, and what must hold of the very bytes that are deployed.
 */
import { createHash, createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import binaryen from 'binaryen'
import { describe, expect, test } from 'vitest'
import type { DepositOrder, RawCallback } from '../../../src/contracts/vault.ts'
import type { GatewayRequest, GatewayResponse, PublicKey } from '../../../src/contracts/vault-core.ts'
import { CoreSealed, CoreTrap, createVaultCore } from '../../../src/core/vault-core.ts'
import type { GatewayReference, Msisdn, PaymentId } from '../../../src/domain/ids.ts'
import { deploymentFor, type TestVault } from '../../provisioned.ts'
import { loadBytes, loadModule } from './artefacts.ts'

const module = loadModule('vault.wasm')
const vectors = path.resolve(import.meta.dirname, '../../vectors/pawapay')
const vector = (name: string) => JSON.parse(readFileSync(path.join(vectors, name), 'utf8'))

const ours = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const gateway = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const gatewayKey: PublicKey = {
  id: 'HTTP_EC_P256_KEY:1',
  key: gateway.publicKey.export({ type: 'spki', format: 'pem' }) as string,
}

const nowMs = Date.UTC(2026, 10, 21, 8, 0, 0, 123)
const nowS = Math.floor(nowMs / 1000)

const config: TestVault = {
  environment: 'development',
  referenceKey: '6c'.repeat(32),
  attestation: { current: 'ab'.repeat(32) },
  callbackAuthorities: ['pay.example.com'],
  pawapay: {
    origin: 'https://api.sandbox.pawapay.io',
    token: 'secret-token',
    signingKey: ours.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    keyId: 'LANGO:1',
    signatureEncoding: 'der',
    callbackMode: 'signed',
  },
}

const bytes = loadBytes('vault.wasm')
const coreWith = (part: Partial<TestVault>) =>
  createVaultCore(module, deploymentFor({ ...config, ...part }, bytes), () => nowMs)
const core = coreWith({})
const coreWithPawapay = (part: Partial<TestVault['pawapay']>) => coreWith({ pawapay: { ...config.pawapay, ...part } })

/** Attempt 3 of a payment of key 07…, as `payments::reference` encodes it under 6c… (computed there). */
const paymentId = `pay_${'07'.repeat(13)}` as PaymentId
const reference = '2ef59e2c-8b8e-45f9-b113-648e234ea260' as GatewayReference

const order: DepositOrder = {
  v: 1,
  gateway: 'pawapay',
  paymentId,
  attempt: 3,
  reference,
  amountMinor: '1500',
  currency: 'ZMW',
  phoneNumber: '260763456789' as Msisdn,
  provider: 'MTN_MOMO_ZMB',
}

const response = (body: string, status = 200): GatewayResponse => ({
  kind: 'response',
  status,
  contentType: 'application/json',
  body,
  truncated: false,
})

const header = (request: GatewayRequest, name: string): string =>
  request.headers.find(([known]) => known === name)?.[1] ?? ''

/** RFC 9421 §2.5 written down a second time, so that the core is not checked against itself. */
const signatureBase = (components: Readonly<Record<string, string>>, params: string): string =>
  [...Object.entries(components).map(([name, value]) => `"${name}": ${value}`), `"@signature-params": ${params}`].join(
    '\n',
  )

const contentDigest = (body: Uint8Array | string): string =>
  `sha-512=:${createHash('sha512').update(body).digest('base64')}:`

const signedCallback = (
  json: object,
  over: { readonly createdS?: number; readonly path?: string } = {},
): RawCallback => {
  const body = new TextEncoder().encode(JSON.stringify(json))
  const url = new URL(`https://pay.example.com${over.path ?? '/webhooks/pawapay/deposits'}`)
  const created = over.createdS ?? nowS
  const covered = {
    '@method': 'POST',
    '@authority': url.host,
    '@path': url.pathname,
    'signature-date': '2026-11-21T08:00:00.000000001Z',
    'content-digest': contentDigest(body),
    'content-type': 'application/json',
  }
  const names = Object.keys(covered).map((name) => `"${name}"`)
  const params = `(${names.join(' ')});alg="ecdsa-p256-sha256";keyid="${gatewayKey.id}";created=${created};expires=${created + 60}`
  const signature = sign('sha256', Buffer.from(signatureBase(covered, params)), gateway.privateKey)
  return {
    v: 1,
    gateway: 'pawapay',
    operation: 'deposits',
    method: 'POST',
    url: url.href,
    headers: [
      ['content-type', covered['content-type']],
      ['content-digest', covered['content-digest']],
      ['signature-date', covered['signature-date']],
      ['signature-input', `sig-pp=${params}`],
      ['signature', `sig-pp=:${signature.toString('base64')}:`],
    ],
    body,
  }
}

const paid = { depositId: reference, status: 'COMPLETED', amount: '15.0000', currency: 'ZMW' }

describe('the artefact', () => {
  test('exports functions only and imports nothing: whoever holds the instance reads no key', () => {
    const instance = new WebAssembly.Instance(module, {})
    expect('memory' in instance.exports).toBe(false)
    expect(Object.keys(instance.exports).sort()).toEqual(['call', 'done', 'get', 'put4', 'reset'])
    for (const exported of Object.values(instance.exports)) expect(exported).toBeTypeOf('function')
  })

  test('says what it was built from', () => {
    const { version, buildId } = core.version()
    expect(version).toMatch(/^\d+\.\d+\.\d+$/)
    expect(buildId).toMatch(/^[0-9a-f]{16}$/)
  })

  test('no call with numbers of its own choosing gives anything away', () => {
    const { reset, put4, call, get } = new WebAssembly.Instance(module, {}).exports as Record<
      string,
      (...of: number[]) => number
    >
    expect(reset?.(0xffffffff)).toBe(-1)
    expect(reset?.(512 * 1024 + 1)).toBe(-1)
    for (const operation of [0, 1, 2, 10, 11, 12, 13, 15, 17, 18, -1]) {
      expect(reset?.(3)).toBe(0)
      put4?.(-1, -1, -1, -1)
      expect(call?.(operation)).toBeLessThanOrEqual(operation === 1 ? 64 : -1)
    }
    expect(reset?.(64)).toBe(0)
    expect(call?.(12), 'fewer bytes than announced').toBe(-1)
    for (const offset of [0, 4, 1 << 20, -1, -4]) expect(get?.(offset)).toBe(0)
  })
})

describe('deposits', () => {
  test.each(['der', 'raw'] as const)(
    'T59: a request is signed in %s, verifiable by another implementation',
    (encoding) => {
      const built = coreWithPawapay({ signatureEncoding: encoding }).buildDeposit(order, nowMs)
      if (!built.ok) throw new Error(built.code)
      const { request } = built
      expect(request.url).toBe('https://api.sandbox.pawapay.io/v2/deposits')
      expect(JSON.parse(request.body ?? '')).toEqual({
        depositId: reference,
        amount: '15',
        currency: 'ZMW',
        payer: { type: 'MMO', accountDetails: { phoneNumber: '260763456789', provider: 'MTN_MOMO_ZMB' } },
      })
      expect(header(request, 'Authorization')).toBe('Bearer secret-token')
      expect(header(request, 'Content-Digest')).toBe(contentDigest(request.body ?? ''))
      expect(header(request, 'Signature-Date')).toBe('2026-11-21T08:00:00.123Z')
      const params = header(request, 'Signature-Input').replace('sig-pp=', '')
      expect(params).toContain(`;created=${nowS};expires=${nowS + 60}`)
      const base = signatureBase(
        {
          '@method': 'POST',
          '@authority': 'api.sandbox.pawapay.io',
          '@path': '/v2/deposits',
          'signature-date': header(request, 'Signature-Date'),
          'content-digest': header(request, 'Content-Digest'),
          'content-type': header(request, 'Content-Type'),
        },
        params,
      )
      const signature = Buffer.from(header(request, 'Signature').slice('sig-pp=:'.length, -1), 'base64')
      const dsaEncoding = encoding === 'der' ? 'der' : 'ieee-p1363'
      expect(verify('sha256', Buffer.from(base), { key: ours.publicKey, dsaEncoding }, signature)).toBe(true)
    },
  )

  test('the layout is that of the worked example, header by header', () => {
    const example = vector('request-signature-worked-example.json').request
    const built = core.buildDeposit(order, nowMs)
    if (!built.ok) throw new Error(built.code)
    expect(built.request.headers.map(([name]) => name)).toEqual(Object.keys(example.headers))
    for (const name of ['Content-Type', 'Accept-Signature', 'Accept-Digest']) {
      expect(header(built.request, name)).toBe(example.headers[name])
    }
    const shape = (field: string): string => field.replace(/keyid="[^"]*"|=\d+/g, '')
    expect(shape(header(built.request, 'Signature-Input'))).toBe(shape(example.headers['Signature-Input']))
  })

  test.each([
    ['another attempt', { attempt: 2 }, 'E1301'],
    ['another payment', { paymentId: `pay_${'08'.repeat(13)}` as PaymentId }, 'E1301'],
    ['a foreign reference', { reference: 'f4401bd2-1568-4140-bf2d-eb77d2b2b639' as GatewayReference }, 'E1301'],
    ['nothing to pay', { amountMinor: '0' }, 'E1302'],
    ['a phone number with a plus', { phoneNumber: '+260763456789' as Msisdn }, 'E1303'],
    ['half a surrogate pair', { provider: 'MTN\ud800' }, 'E1304'],
  ])('%s is not signed', (_, change, code) => {
    expect(core.buildDeposit({ ...order, ...change }, nowMs)).toEqual({ ok: false, code })
  })

  test('the clock of a Worker outside a request is none', () => {
    expect(core.buildDeposit(order, 0)).toEqual({ ok: false, code: 'E1010' })
  })

  test('T18 T20: answers', () => {
    expect(core.readDeposit('pawapay', response('{"status":"ACCEPTED","nextStep":"FINAL_STATUS"}'))).toEqual({
      kind: 'accepted',
      nextAction: { type: 'approve_on_phone' },
    })
    expect(core.readDeposit('pawapay', response('{"status":"ACCEPTED","nextStep":"GET_AUTH_URL"}'))).toEqual({
      kind: 'accepted',
      nextAction: { type: 'redirect' },
    })
    expect(
      core.readDeposit(
        'pawapay',
        response('{"status":"REJECTED","failureReason":{"failureCode":"AMOUNT_OUT_OF_BOUNDS"}}'),
      ),
    ).toEqual({
      kind: 'rejected',
      code: 'AMOUNT_OUT_OF_BOUNDS',
    })
    expect(core.readDeposit('pawapay', response('{"status":"DUPLICATE_IGNORED"}'))).toEqual({
      kind: 'unknown',
      reason: 'duplicate',
    })
    expect(core.readDeposit('pawapay', response('<html>\ud800', 502))).toEqual({ kind: 'unknown', reason: 'http_502' })
    expect(core.readDeposit('pawapay', { kind: 'no_response', reason: 'network' })).toEqual({
      kind: 'unknown',
      reason: 'network',
    })
    expect(
      core.readDeposit('pawapay', response(`{"depositId":"${reference}","status":"ACCEPTED"}`), 'another'),
    ).toEqual({
      kind: 'unknown',
      reason: 'other_deposit',
    })
  })

  test('T29 T30: statuses', () => {
    const found = (data: object): GatewayResponse => response(JSON.stringify({ status: 'FOUND', data }))
    expect(
      core.readDepositStatus('pawapay', found({ ...paid, providerTransactionId: '123' }), 'ZMW', reference),
    ).toEqual({
      kind: 'found',
      outcome: 'succeeded',
      amountMinor: '1500',
      currency: 'ZMW',
      providerTransactionId: '123',
    })
    const sounds = { kind: 'found', outcome: 'unrecognised' }
    expect(core.readDepositStatus('pawapay', found({ status: 'SUCCES' }), 'ZMW')).toEqual(sounds)
    expect(core.readDepositStatus('pawapay', found({ status: 'PROCESSING' }), 'ZMW')).toEqual({
      kind: 'found',
      outcome: 'pending',
    })
    expect(core.readDepositStatus('pawapay', response('{"status":"NOT_FOUND"}'), 'ZMW')).toEqual({ kind: 'not_found' })
    expect(core.readDepositStatus('pawapay', found(paid), 'ZMW', 'another')).toEqual({
      kind: 'unknown',
      reason: 'other_deposit',
    })
  })
})

describe('callbacks', () => {
  test('a signed one becomes an attested verdict, which verifies and cannot be changed', () => {
    const answer = core.verifyCallback(signedCallback(paid), [gatewayKey], nowMs)
    if (answer.kind !== 'verified') throw new Error(JSON.stringify(answer))
    expect(answer.verdict).toEqual({
      v: 1,
      gateway: 'pawapay',
      operation: 'deposit',
      authentic: 'signed',
      reference,
      paymentId,
      attempt: 3,
      outcome: 'succeeded',
      failureCode: null,
      amountMinor: '1500',
      currency: 'ZMW',
      providerTransactionId: null,
      bodySha256: createHash('sha256').update(JSON.stringify(paid)).digest('hex'),
      receivedAtMs: nowMs,
    })
    const { attested } = answer
    expect(core.checkAttestation(attested)).toEqual(answer.verdict)
    for (let index = 0; index < attested.text.length; index++) {
      const flipped = String.fromCharCode(attested.text.charCodeAt(index) ^ 1)
      const text = attested.text.slice(0, index) + flipped + attested.text.slice(index + 1)
      expect(core.checkAttestation({ ...attested, text })).toBeNull()
    }
    expect(core.checkAttestation({ ...attested, mac: '' })).toBeNull()
    expect(core.checkAttestation({ ...attested, kid: '00000000' })).toBeNull()
    expect(core.checkSnapshot(paymentId, attested.text, attested), 'a verdict is not a snapshot').toBe(false)
  })

  test('T36: one changed byte of the body, and it is not authentic', () => {
    const callback = signedCallback(paid)
    for (let index = 0; index < callback.body.length; index++) {
      const body = callback.body.slice()
      body[index] = (body[index] as number) ^ 1
      expect(core.verifyCallback({ ...callback, body }, [gatewayKey], nowMs)).toEqual({
        kind: 'refused',
        reason: 'digest_mismatch',
      })
    }
  })

  test('T36: a body of bytes that are no text stays bytes', () => {
    const body = new Uint8Array([0xff, 0xfe, 0x00, 0xef, 0xbb, 0xbf])
    const callback = { ...signedCallback(paid), body }
    expect(core.verifyCallback(callback, [gatewayKey], nowMs)).toEqual({ kind: 'refused', reason: 'digest_mismatch' })
    const hints = coreWithPawapay({ callbackMode: 'hint' })
    expect(hints.verifyCallback({ ...callback, headers: [] }, [], nowMs)).toEqual({
      kind: 'refused',
      reason: 'body_malformed',
    })
  })

  test('keys are asked for', () => {
    const callback = signedCallback(paid)
    const keyId = gatewayKey.id
    expect(core.verifyCallback(callback, [], nowMs)).toEqual({ kind: 'need_key', keyId, reason: 'unknown_key' })
    const stranger = { id: keyId, key: ours.publicKey.export({ type: 'spki', format: 'pem' }) as string }
    expect(core.verifyCallback(callback, [stranger], nowMs)).toEqual({
      kind: 'need_key',
      keyId,
      reason: 'signature_invalid',
    })
    expect(core.verifyCallback(callback, [stranger, gatewayKey], nowMs).kind).toBe('verified')
  })

  test('T34: unsigned is refused, or a hint where the account has no signatures', () => {
    const unsigned = { ...signedCallback(paid), headers: [['content-type', 'application/json'] as const] }
    expect(core.verifyCallback(unsigned, [gatewayKey], nowMs)).toEqual({ kind: 'refused', reason: 'unsigned' })
    const hints = coreWithPawapay({ callbackMode: 'hint' })
    expect(hints.verifyCallback(unsigned, [], nowMs)).toMatchObject({
      kind: 'verified',
      verdict: { authentic: 'hint' },
    })
    const late = signedCallback(paid, { createdS: nowS - 300 })
    expect(core.verifyCallback(late, [gatewayKey], nowMs)).toMatchObject({ verdict: { authentic: 'hint', paymentId } })
  })

  describe('the one that the real sandbox sent', () => {
    const recorded = vector('callback-real-sandbox-signed-headers.json')
    const keys: readonly PublicKey[] = [recorded.public_key]
    const at = 1_790_171_715_000
    const real = coreWith({ callbackAuthorities: [recorded.authority] })
    const callback: RawCallback = {
      v: 1,
      gateway: 'pawapay',
      operation: 'deposits',
      method: recorded.method,
      url: `https://${recorded.authority}${recorded.path}`,
      headers: Object.entries(recorded.headers as Record<string, string>),
      body: new TextEncoder().encode('{"the body":"was never published"}'),
    }
    /** The digest is compared only once the signature has verified. */
    const signatureVerified = { kind: 'refused', reason: 'digest_mismatch' }
    const with_ = (name: string, value: string): RawCallback => ({
      ...callback,
      headers: callback.headers.map((pair) => (pair[0] === name ? [name, value] : pair)),
    })

    test('its signature verifies', () => {
      expect(real.verifyCallback(callback, keys, at)).toEqual(signatureVerified)
      const raw = with_('signature', `sig-pp=:${recorded.expected.signature_p1363_b64}:`)
      expect(real.verifyCallback(raw, keys, at)).toEqual(signatureVerified)
      expect(createPublicKey(recorded.public_key.key).asymmetricKeyDetails?.namedCurve).toBe('prime256v1')
    })

    test('T36: with any byte of a covered component or of the signature changed it does not', () => {
      const flips = (text: string): readonly string[] =>
        Array.from(text, (_, i) => text.slice(0, i) + String.fromCharCode(text.charCodeAt(i) ^ 1) + text.slice(i + 1))
      const bent: RawCallback[] = [
        ...flips(callback.method).map((method) => ({ ...callback, method })),
        ...flips(recorded.path).map((changed) => ({ ...callback, url: `https://${recorded.authority}${changed}` })),
        ...Object.keys(recorded.headers).flatMap((name) =>
          flips(recorded.headers[name]).map((value) => with_(name, value)),
        ),
      ]
      expect(bent.length).toBeGreaterThan(450)
      for (const forged of bent) {
        const answer = real.verifyCallback(forged, keys, at)
        expect(answer).not.toEqual(signatureVerified)
        expect(answer.kind).not.toBe('verified')
      }
      // An authority that we answer to, and that the signature does not name.
      for (const authority of flips(recorded.authority).filter((text) => /^[a-z0-9.-]+[a-z]$/.test(text))) {
        const elsewhere = coreWith({ callbackAuthorities: [authority] })
        if (!elsewhere.open().ok) continue
        const answer = elsewhere.verifyCallback({ ...callback, url: `https://${authority}${recorded.path}` }, keys, at)
        expect(answer).toEqual({ kind: 'need_key', keyId: 'HTTP_EC_P256_KEY:1', reason: 'signature_invalid' })
      }
    })

    test('every bit of the signature counts', () => {
      const der = Buffer.from(recorded.headers.signature.slice('sig-pp=:'.length, -1), 'base64')
      for (let bit = 0; bit < der.length * 8; bit++) {
        const changed = Buffer.from(der)
        changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7))
        const answer = real.verifyCallback(with_('signature', `sig-pp=:${changed.toString('base64')}:`), keys, at)
        expect(answer).toEqual({ kind: 'need_key', keyId: 'HTTP_EC_P256_KEY:1', reason: 'signature_invalid' })
      }
    })
  })
})

describe('snapshots', () => {
  test('T63: a seal is good for one payment and one text', () => {
    const seal = core.sealSnapshot(paymentId, '{"status":"pending"}')
    expect(seal).toEqual({ mac: expect.stringMatching(/^[0-9a-f]{64}$/), kid: expect.stringMatching(/^[0-9a-f]{8}$/) })
    expect(core.checkSnapshot(paymentId, '{"status":"pending"}', seal)).toBe(true)
    expect(core.checkSnapshot(paymentId, '{"status":"succeeded"}', seal)).toBe(false)
    expect(core.checkSnapshot(`pay_${'08'.repeat(13)}` as PaymentId, '{"status":"pending"}', seal)).toBe(false)
    expect(core.checkAttestation({ v: 1, text: '{"status":"pending"}', ...seal })).toBeNull()
  })

  test('keys rotate: the previous one still verifies', () => {
    const seal = core.sealSnapshot(paymentId, 'text')
    const rotated = coreWith({ attestation: { current: 'cd'.repeat(32), previous: 'ab'.repeat(32) } })
    expect(rotated.checkSnapshot(paymentId, 'text', seal)).toBe(true)
    expect(rotated.sealSnapshot(paymentId, 'text').kid).not.toBe(seal.kid)
    expect(coreWith({ attestation: { current: 'cd'.repeat(32) } }).checkSnapshot(paymentId, 'text', seal)).toBe(false)
  })
})

describe('what is sealed, and is no configuration', () => {
  const { pawapay } = config
  const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey
  test.each([
    ['no environment', { environment: '' }, 'E1001', 'LANGO_ENVIRONMENT'],
    ['a short reference key', { referenceKey: '6c'.repeat(31) }, 'E1002', 'LANGO_REFERENCE_KEY'],
    ['no attestation key', { attestation: { current: '' } }, 'E1002', 'attestation'],
    ['a short attestation key', { attestation: { current: 'ab'.repeat(31) } }, 'E1002', 'attestation'],
    [
      'the same key twice',
      { attestation: { current: 'ab'.repeat(32), previous: 'AB'.repeat(32) } },
      'E1002',
      'attestation',
    ],
    ['no authority', { callbackAuthorities: [] }, 'E1001', 'callbackAuthorities'],
    [
      'an origin in plain http',
      { environment: 'staging', pawapay: { ...pawapay, origin: 'http://127.0.0.1:8090' } },
      'E1002',
      'pawapay.origin',
    ],
    ['no token', { pawapay: { ...pawapay, token: '' } }, 'E1001', 'pawapay.token'],
    [
      'a key of another curve',
      { pawapay: { ...pawapay, signingKey: p384.export({ type: 'pkcs8', format: 'pem' }) as string } },
      'E1002',
      'pawapay.signingKey',
    ],
  ])('%s: refused whole, and nothing is signed', (_, part, code, field) => {
    const sealed = coreWith(part)
    expect(sealed.open()).toEqual({ ok: false, code, fields: [field] })
    expect(sealed.buildDeposit(order, nowMs)).toEqual({ ok: false, code })
    expect(sealed.buildDepositStatus('pawapay', reference)).toEqual({ ok: false, code })
    expect(() => sealed.sealSnapshot(paymentId, 'text')).toThrow(CoreSealed)
    expect(() => sealed.verifyCallback(signedCallback(paid), [gatewayKey], nowMs)).toThrow(code)
  })

  test('no refusal repeats a secret', () => {
    const sealed = coreWith({ pawapay: { ...pawapay, token: 'hunter2 hunter2' } })
    expect(JSON.stringify(sealed.open())).not.toContain('hunter2')
    expect(() => sealed.sealSnapshot(paymentId, 'x')).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('hunter2') }),
    )
  })
})

/** A vault that answers `{"ok":true}` once it is open, and dies of the question for its version. */
const MORTAL = `(module
  (global $open (mut i32) (i32.const 0))
  (func (export "reset") (param i32) (result i32) (i32.const 0))
  (func (export "put4") (param i32 i32 i32 i32))
  (func (export "done"))
  (func (export "call") (param $operation i32) (result i32)
    (if (i32.eq (local.get $operation) (i32.const 14)) (then (unreachable)))
    (if (i32.eq (local.get $operation) (i32.const 1)) (then (global.set $open (i32.const 1))))
    (select (i32.const 11) (i32.const -2) (global.get $open)))
  (func (export "get") (param $offset i32) (result i32)
    (if (result i32) (i32.eqz (local.get $offset)) (then (i32.const 0x6b6f227b))
      (else (select (i32.const 0x72743a22) (i32.const 0x007d6575) (i32.eq (local.get $offset) (i32.const 4)))))))`

describe('traps', () => {
  /** (module (func (export "reset") (param i32) (result i32) unreachable)) */
  const trapping = new WebAssembly.Module(
    // biome-ignore format: one section a line
    Uint8Array.from([
      0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0,
      1, 6, 1, 0x60, 1, 0x7f, 1, 0x7f,
      3, 2, 1, 0,
      7, 9, 1, 5, 0x72, 0x65, 0x73, 0x65, 0x74, 0, 0,
      10, 5, 1, 3, 0, 0x00, 0x0b,
    ]),
  )

  /** How often the keys were asked for is how often an instance was opened. */
  const counted = (of: WebAssembly.Module) => {
    let count = 0
    const deployment = deploymentFor(config, bytes)
    const keys = () => {
      count += 1
      return deployment.keys()
    }
    return { opened: () => count, core: createVaultCore(of, { ...deployment, keys }, () => nowMs) }
  }

  test('T59: a trap is an error of its own', () => {
    const broken = createVaultCore(trapping, deploymentFor(config, bytes), () => nowMs)
    expect(() => broken.version()).toThrow(CoreTrap)
  })

  test('T59: after a trap the next call has a new instance, opened anew', () => {
    const mortal = binaryen.parseText(MORTAL).emitBinary()
    const { opened, core } = counted(new WebAssembly.Module(mortal))
    expect(core.sealSnapshot(paymentId, 'text')).toEqual({ ok: true })
    expect(core.sealSnapshot(paymentId, 'text')).toEqual({ ok: true })
    expect(opened()).toBe(1)
    expect(() => core.version()).toThrow(CoreTrap)
    expect(core.sealSnapshot(paymentId, 'text')).toEqual({ ok: true })
    expect(opened()).toBe(2)
  })

  test('an error of the caller is no trap', () => {
    const { opened, core: spared } = counted(module)
    expect(spared.buildDeposit(order, nowMs).ok).toBe(true)
    expect(() => spared.buildDeposit({ ...order, attempt: 'one' as unknown as number }, nowMs)).toThrow(TypeError)
    expect(() => spared.sealSnapshot(paymentId, 'x'.repeat(600_000))).toThrow(TypeError)
    expect(spared.buildDeposit(order, nowMs).ok).toBe(true)
    expect(opened()).toBe(1)
  })
})
