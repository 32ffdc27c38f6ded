import { createHash, createPublicKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { contentDigest, type SignedMessage, signatureBase, signMessage, verifyMessage } from './http-signature.ts'
import { newSigningKey } from './signing-key.ts'
import { parseDictionary } from './structured-fields.ts'

const vector = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../vectors/pawapay/${name}`, import.meta.url), 'utf8'))

const real = vector('callback-real-sandbox-signed-headers.json')
const realMessage: SignedMessage = {
  method: real.method,
  authority: real.authority,
  target: real.path,
  headers: real.headers,
  body: Buffer.alloc(0),
}
const realKeys = new Map([[real.public_key.id, createPublicKey(real.public_key.key)]])
const createdMs = 1_790_171_710_000
const asReal = { nowMs: createdMs + 673, accept: ['der', 'raw'], checkDigest: false } as const

describe('the real callback', () => {
  it('verifies at its time, and its signature is DER', () => {
    expect(verifyMessage(realMessage, realKeys, asReal)).toEqual({
      ok: true,
      keyId: 'HTTP_EC_P256_KEY:1',
      encoding: 'der',
    })
  })

  it('has the signature base that was recorded', () => {
    const input = parseDictionary(real.headers['signature-input']).get('sig-pp')
    const base = signatureBase(realMessage, input?.value as never, input?.text ?? '')
    expect(base).toBe(real.signature_base)
    expect(
      createHash('sha256')
        .update(base ?? '')
        .digest('hex'),
    ).toBe(real.expected.signature_base_sha256_hex)
  })

  it('verifies in the raw form too, unless only DER is accepted', () => {
    const headers = { ...real.headers, signature: `sig-pp=:${real.expected.signature_p1363_b64}:` }
    const message = { ...realMessage, headers }
    expect(verifyMessage(message, realKeys, asReal)).toMatchObject({ ok: true, encoding: 'raw' })
    expect(verifyMessage(message, realKeys, { ...asReal, accept: ['der'] })).toMatchObject({ ok: false })
    expect(verifyMessage(realMessage, realKeys, { ...asReal, accept: ['raw'] })).toMatchObject({ ok: false })
  })

  it.each([
    ['another method', { method: 'PUT' }],
    ['another host', { authority: 'pay-api.example.com' }],
    ['another path', { target: '/api/v1/webhooks/pawapay/' }],
    ['another date', { headers: { ...real.headers, 'signature-date': '2026-09-23T13:55:10.673817315Z' } }],
    ['another type', { headers: { ...real.headers, 'content-type': 'application/json; charset=UTF-8' } }],
    [
      'a longer life',
      {
        headers: { ...real.headers, 'signature-input': real.headers['signature-input'].replace('770', '999') },
      },
    ],
    ['garbage', { headers: { ...real.headers, signature: 'sig-pp=:AAAA:' } }],
    ['no signature', { headers: { ...real.headers, signature: '' } }],
  ])('with %s does not', (_name, over) => {
    expect(verifyMessage({ ...realMessage, ...over }, realKeys, asReal)).toMatchObject({ ok: false })
  })

  it('is refused when it has expired, or comes from the future, or its body is not there', () => {
    expect(verifyMessage(realMessage, realKeys, { ...asReal, nowMs: createdMs + 61_000 })).toEqual({
      ok: false,
      reason: 'the signature has expired',
    })
    expect(verifyMessage(realMessage, realKeys, { ...asReal, nowMs: createdMs - 61_000 })).toEqual({
      ok: false,
      reason: 'created is in the future',
    })
    expect(verifyMessage(realMessage, realKeys, { ...asReal, checkDigest: true })).toEqual({
      ok: false,
      reason: 'Content-Digest does not match',
    })
  })
})

describe('the worked example of a request', () => {
  const example = vector('request-signature-worked-example.json')
  const url = new URL(example.request.url)
  const headers = Object.fromEntries(
    Object.entries<string>(example.request.headers).map(([name, value]) => [name.toLowerCase(), value]),
  )
  const message = {
    method: 'POST',
    authority: url.host,
    target: url.pathname,
    headers,
    body: Buffer.from(example.request.body_utf8),
  }
  const keys = new Map([['MY_TEST_KEY:1', createPublicKey(example.public_key_spki_pem)]])
  const options = { nowMs: 1_767_225_600_000, accept: ['der'] } as const

  it('verifies with its digest', () => {
    expect(contentDigest(message.body)).toBe(headers['content-digest'])
    expect(verifyMessage(message, keys, options)).toMatchObject({ ok: true, encoding: 'der' })
  })

  it('does not with one byte of the body changed', () => {
    const body = Buffer.from(message.body)
    body[20] = (body[20] as number) ^ 1
    expect(verifyMessage({ ...message, body }, keys, options)).toMatchObject({ ok: false })
  })
})

it('what is left uncovered is refused, a superset is fine', () => {
  const key = newSigningKey()
  const keys = new Map([[key.id, createPublicKey(key.publicPem)]])
  const plain = { method: 'POST', authority: '127.0.0.1:8787', target: '/a?b=c', body: Buffer.from('{}') }
  const nowMs = Date.now()
  const judge = (components: readonly string[]) => {
    const signed = signMessage(plain, key, {
      nowMs,
      components,
      encoding: 'der',
      contentType: 'application/json',
      nanoseconds: 0,
    })
    const headers = Object.fromEntries(Object.entries(signed).map(([name, value]) => [name.toLowerCase(), value]))
    return verifyMessage({ ...plain, headers }, keys, { nowMs, accept: ['der'] })
  }
  const all = ['@method', '@authority', '@path', 'signature-date', 'content-digest', 'content-type']
  expect(judge(all)).toMatchObject({ ok: true })
  expect(judge([...all, '@query'])).toMatchObject({ ok: true })
  for (const left of all) {
    expect(judge(all.filter((name) => name !== left))).toEqual({ ok: false, reason: `${left} is not covered` })
  }
})
