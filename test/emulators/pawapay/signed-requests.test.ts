import { generateKeyPairSync } from 'node:crypto'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { depositRequest, type Merchant, startMerchant } from './fixture.ts'
import { type SignatureEncoding, signMessage } from './http-signature.ts'

const ID = 'LANGO_TEST:1'
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })

let merchant: Merchant
beforeAll(async () => {
  merchant = await startMerchant({ enforceSignatures: true })
  merchant.pawapay.registerRequestKey(ID, publicKey.export({ type: 'spki', format: 'pem' }))
})
afterAll(() => merchant.close())
afterEach(() => merchant.pawapay.persona({ reset: true }))

interface Signing {
  readonly encoding?: SignatureEncoding
  readonly keyId?: string
  readonly key?: typeof privateKey
  readonly nowMs?: number
  readonly target?: string
  readonly components?: readonly string[]
}

const sign = (body: string, options: Signing = {}): Record<string, string> =>
  signMessage(
    {
      method: 'POST',
      authority: new URL(merchant.pawapay.url).host,
      target: options.target ?? '/v2/deposits',
      body: Buffer.from(body),
    },
    { id: options.keyId ?? ID, privateKey: options.key ?? privateKey },
    {
      nowMs: options.nowMs ?? Date.now(),
      encoding: options.encoding ?? 'der',
      contentType: 'application/json; charset=UTF-8',
      nanoseconds: 0,
      ...(options.components ? { components: options.components } : {}),
    },
  )

const send = async (options: Signing = {}, spoil: (body: string) => string = (body) => body) => {
  const body = JSON.stringify(depositRequest())
  const { 'Content-Type': type, ...headers } = sign(body, options)
  return merchant.post('/v2/deposits', spoil(body), { ...headers, 'content-type': type as string })
}

const REFUSED = { status: 401, body: { status: 'REJECTED', failureReason: { failureCode: 'HTTP_SIGNATURE_ERROR' } } }

it('takes DER and raw signatures, or only the one that the persona names', async () => {
  expect((await send()).body.status).toBe('ACCEPTED')
  expect((await send({ encoding: 'raw' })).body.status).toBe('ACCEPTED')
  expect(merchant.pawapay.requests().map((request) => request.signature)).toEqual(['valid', 'valid'])
  merchant.pawapay.persona({ acceptSignature: 'der' })
  expect((await send()).body.status).toBe('ACCEPTED')
  expect(await send({ encoding: 'raw' })).toMatchObject(REFUSED)
  merchant.pawapay.persona({ acceptSignature: 'raw' })
  expect(await send()).toMatchObject(REFUSED)
  expect((await send({ encoding: 'raw' })).body.status).toBe('ACCEPTED')
})

it('refuses what is unsigned, expired, of another key, for another path, or changed', async () => {
  merchant.pawapay.reset()
  expect(await merchant.deposit()).toMatchObject(REFUSED)
  expect(merchant.pawapay.requests().at(-1)?.signature).toBe('absent')
  expect(await send({ nowMs: Date.now() - 120_000 })).toMatchObject(REFUSED)
  expect(await send({ nowMs: Date.now() + 120_000 })).toMatchObject(REFUSED)
  expect(await send({ keyId: 'OTHER:1' })).toMatchObject(REFUSED)
  const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
  expect(await send({ key: other })).toMatchObject(REFUSED)
  expect(await send({ target: '/v2/payouts' })).toMatchObject(REFUSED)
  expect(await send({}, (body) => body.replace('15.5', '15.6'))).toMatchObject(REFUSED)
  const components = ['@method', '@path', 'signature-date', 'content-digest', 'content-type']
  expect(await send({ components })).toMatchObject(REFUSED)
  await merchant.pawapay.advance(1_000)
  expect(merchant.pawapay.captures()).toEqual([])
  merchant.pawapay.persona({ authErrorStatus: 403 })
  expect(await merchant.deposit()).toMatchObject({ ...REFUSED, status: 403 })
})

it('says so in active-conf, and asks no signature of questions', async () => {
  const { body } = await merchant.call('/v2/active-conf?country=ZMB')
  expect(body.signatureConfiguration).toEqual({ signedRequestsOnly: true, signedCallbacks: true })
  expect((await merchant.status(crypto.randomUUID())).status).toBe('NOT_FOUND')
})

it('a signature that is not asked for is judged and noted all the same', async () => {
  const lenient = await startMerchant()
  try {
    expect((await lenient.deposit()).body.status).toBe('ACCEPTED')
    const body = JSON.stringify(depositRequest())
    expect((await lenient.post('/v2/deposits', body, sign(body))).body.status).toBe('ACCEPTED')
    expect(lenient.pawapay.requests().map((request) => request.signature)).toEqual(['absent', 'keyid is unknown'])
  } finally {
    await lenient.close()
  }
})
