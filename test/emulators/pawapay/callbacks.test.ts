import { createHash, webcrypto } from 'node:crypto'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { depositRequest, type Merchant, type ReceivedCallback, startMerchant } from './fixture.ts'

let merchant: Merchant
beforeEach(async () => {
  merchant = await startMerchant()
})
afterEach(() => merchant.close())

/** DER SEQUENCE of two INTEGERs → r‖s, for WebCrypto. Own code: the simulator's must not judge itself. */
const toRaw = (der: Buffer): Buffer => {
  expect(der[0]).toBe(0x30)
  const integer = (at: number): { value: Buffer; next: number } => {
    expect(der[at]).toBe(0x02)
    const end = at + 2 + (der[at + 1] as number)
    const value = der.subarray(at + 2, end)
    const digits = value.subarray(value.findIndex((byte) => byte !== 0))
    return { value: Buffer.concat([Buffer.alloc(32 - digits.length), digits]), next: end }
  }
  const r = integer(2)
  return Buffer.concat([r.value, integer(r.next).value])
}

const verifies = async (callback: ReceivedCallback, authority: string, encoding: 'der' | 'raw' = 'der') => {
  const [{ id, key }] = (await merchant.call('/v2/public-key/http')).body
  const { headers } = callback
  const input = (headers['signature-input'] as string).slice('sig-pp='.length)
  expect(input).toMatch(
    /^\("@method" "@authority" "@path" "signature-date" "content-digest" "content-type"\);alg="ecdsa-p256-sha256";keyid="[^"]+";created=\d+;expires=\d+$/,
  )
  expect(input).toContain(`keyid="${id}"`)
  const digest = createHash('sha512').update(callback.body).digest('base64')
  expect(headers['content-digest']).toBe(`sha-512=:${digest}:`)
  const base = [
    `"@method": ${callback.method}`,
    `"@authority": ${authority}`,
    `"@path": ${callback.target}`,
    `"signature-date": ${headers['signature-date']}`,
    `"content-digest": ${headers['content-digest']}`,
    `"content-type": ${headers['content-type']}`,
    `"@signature-params": ${input}`,
  ].join('\n')
  const spki = Buffer.from(key.replaceAll(/-----[^-]+-----|\s/g, ''), 'base64')
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
  const publicKey = await webcrypto.subtle.importKey('spki', spki, algorithm, false, ['verify'])
  const signature = Buffer.from((headers['signature'] as string).slice('sig-pp=:'.length, -1), 'base64')
  const raw = new Uint8Array(encoding === 'der' ? toRaw(signature) : signature)
  return webcrypto.subtle.verify(algorithm, publicKey, raw, Buffer.from(base))
}

const createdOf = (callback: ReceivedCallback | undefined): number =>
  Number(/created=(\d+)/.exec(callback?.headers['signature-input'] ?? '')?.[1])

const paid = async (over: Record<string, unknown> = {}): Promise<string> => {
  const request = depositRequest(over)
  expect((await merchant.post('/v2/deposits', request)).body.status).toBe('ACCEPTED')
  await merchant.pawapay.advance(400)
  return request['depositId'] as string
}

it('is signed like the real one, and WebCrypto agrees', async () => {
  for (let i = 0; i < 20; i++) await paid()
  expect(merchant.received).toHaveLength(20)
  for (const callback of merchant.received) {
    expect(callback).toMatchObject({ method: 'POST', target: '/webhooks/pawapay/deposits' })
    expect(callback.headers['content-type']).toBe('application/json')
    expect(callback.headers['signature-date']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/)
    expect(callback.headers['signature-input']).toContain('keyid="HTTP_EC_P256_KEY:1"')
    expect(callback.headers['signature-input']).toContain(`expires=${createdOf(callback) + 60}`)
    expect(await verifies(callback, merchant.authority)).toBe(true)
    expect(await verifies({ ...callback, target: '/webhooks/pawapay/payouts' }, merchant.authority)).toBe(false)
  }
})

it('raw signatures, and none at all, when so configured', async () => {
  await merchant.close()
  merchant = await startMerchant({ signatureEncoding: 'raw' })
  await paid()
  expect(await verifies(merchant.received[0] as ReceivedCallback, merchant.authority, 'raw')).toBe(true)
  await merchant.close()
  merchant = await startMerchant({ signCallbacks: false })
  await paid()
  expect(merchant.received[0]?.headers).not.toHaveProperty('signature')
  expect((await merchant.call('/v2/active-conf')).body.signatureConfiguration.signedCallbacks).toBe(false)
})

it('is sent until 200 on the virtual clock, signed anew each time', async () => {
  merchant.answerWith((n) => (n < 5 ? ([503, 401, 204, 302][n - 1] as number) : 200))
  const depositId = await paid()
  const tries = () => merchant.pawapay.callbacks()
  expect(tries().map((one) => one.status)).toEqual([503])
  await merchant.pawapay.advance(4_000)
  expect(tries()).toHaveLength(1)
  await merchant.pawapay.advance(20 * 60_000)
  expect(tries().map((one) => one.status)).toEqual([503, 401, 204, 302, 200])
  expect(tries().map((one) => one.attempt)).toEqual([1, 2, 3, 4, 5])
  const gaps = tries().map((one, i) => Math.round((one.atMs - (tries()[i - 1]?.atMs ?? one.atMs)) / 1_000))
  expect(gaps).toEqual([0, 5, 15, 30, 60])
  expect(new Set(merchant.received.map((callback) => callback.headers['signature'])).size).toBe(5)
  expect(new Set(merchant.received.map((callback) => callback.body)).size).toBe(1)
  expect(tries().every((one) => one.reference === depositId && one.signed)).toBe(true)
})

it('is given up after 15 virtual minutes; resend-callback sends it again', async () => {
  merchant.answerWith(() => 503)
  const depositId = await paid()
  await merchant.pawapay.advance(3_600_000)
  const tries = merchant.pawapay.callbacks()
  const first = tries[0]?.atMs ?? 0
  expect(tries).toHaveLength(18)
  expect((tries.at(-1)?.atMs ?? 0) - first).toBeLessThanOrEqual(15 * 60_000)
  merchant.answerWith(() => 200)
  const resend = await merchant.post(`/v2/deposits/resend-callback/${depositId}`, {})
  expect(resend.body).toEqual({ depositId, status: 'ACCEPTED' })
  await merchant.pawapay.advance(0)
  expect(merchant.pawapay.callbacks().at(-1)).toMatchObject({ attempt: 1, status: 200 })
  const unknown = await merchant.post(`/v2/deposits/resend-callback/${crypto.randomUUID()}`, {})
  expect(unknown.body).toMatchObject({ status: 'REJECTED', failureReason: { failureCode: 'NOT_FOUND' } })
})

it('keeps the first signature when retries are not signed anew', async () => {
  merchant.pawapay.persona({ resignRetries: false })
  merchant.answerWith((n) => (n < 4 ? 503 : 200))
  await paid()
  await merchant.pawapay.advance(120_000)
  expect(merchant.received).toHaveLength(4)
  expect(new Set(merchant.received.map((callback) => callback.headers['signature'])).size).toBe(1)
})

it('nobody listening is a try with status 0, and is tried again', async () => {
  merchant.pawapay.setCallbackBase('http://127.0.0.1:1/webhooks/pawapay')
  await paid()
  expect(merchant.pawapay.callbacks()).toMatchObject([{ status: 0, error: expect.stringContaining('ECONNREFUSED') }])
  merchant.pawapay.setCallbackBase(`http://${merchant.authority}/webhooks/pawapay/`)
  await merchant.pawapay.advance(6_000)
  expect(merchant.pawapay.callbacks().map((one) => one.status)).toEqual([0, 200])
  expect(await verifies(merchant.received[0] as ReceivedCallback, merchant.authority)).toBe(true)
})

it('a rotated key has the same id, and the old one no longer verifies', async () => {
  await paid()
  const before = (await merchant.call('/v2/public-key/http')).body
  expect((await merchant.post('/_sim/rotate-key', {})).status).toBe(200)
  const after = (await merchant.call('/v2/public-key/http')).body
  expect(after[0].id).toBe(before[0].id)
  expect(after[0].key).not.toBe(before[0].key)
  await paid()
  const [old, fresh] = merchant.received as [ReceivedCallback, ReceivedCallback]
  expect(await verifies(old, merchant.authority)).toBe(false)
  expect(await verifies(fresh, merchant.authority)).toBe(true)
})

it('T36: hand-made callbacks are spoilt in the way that was asked for', async () => {
  const depositId = await paid({ phoneNumber: '260763456129' })
  const send = async (tamper: string, over: Record<string, unknown> = {}) => {
    const answer = await merchant.post('/_sim/callback', { depositId, status: 'COMPLETED', tamper, ...over })
    expect(answer.body).toMatchObject({ reference: depositId, status: 200 })
    return merchant.received.at(-1) as ReceivedCallback
  }
  const good = await send('none')
  expect(good.json).toMatchObject({ depositId, status: 'COMPLETED', amount: '15.50' })
  expect(await verifies(good, merchant.authority)).toBe(true)
  expect(createdOf(await send('expired'))).toBeLessThan(Date.now() / 1_000 - 300)
  expect((await send('none', { amount: '1.00' })).json.amount).toBe('1.00')
  expect((await send('none', { body: 'not JSON' })).body).toBe('not JSON')

  const digestOf = (callback: ReceivedCallback) =>
    `sha-512=:${createHash('sha512').update(callback.body).digest('base64')}:`
  const body = await send('body')
  expect(body.json.amount).toBe('05.50')
  expect(body.headers['content-digest']).not.toBe(digestOf(body))
  for (const tamper of ['digest', 'signature', 'other-key', 'other-path']) {
    expect(await verifies(await send(tamper), merchant.authority), tamper).toBe(false)
  }
  expect((await send('unsigned')).headers).not.toHaveProperty('signature-input')
  expect((await send('unknown-key')).headers['signature-input']).toContain('keyid="HTTP_EC_P256_KEY:999"')
  const uncovered = await send('uncovered')
  expect(uncovered.headers['signature-input']).not.toContain('content-digest')
  expect(uncovered.headers['content-digest']).toBe(digestOf(uncovered))
  expect((await merchant.post('/_sim/callback', { depositId, tamper: 'magic' })).status).toBe(400)
  expect((await merchant.status(depositId)).data.status).toBe('PROCESSING')
})
