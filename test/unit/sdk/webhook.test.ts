import { randomBytes } from 'node:crypto'
import { Webhook } from 'standardwebhooks'
import { describe, expect, it } from 'vitest'
import { verifyWebhook } from '../../../packages/sdk/src/index.ts'

const NOW_MS = 1_800_000_000_000
const newSecret = () => `whsec_${randomBytes(32).toString('base64')}`
const SECRET = newSecret()
const BODY = JSON.stringify({
  type: 'payment.succeeded',
  timestamp: '2026-11-21T00:00:00Z',
  data: { id: 'pay_1', é: '→' },
})

/** Signed by the published library of the standard. */
const signed = (over: { secret?: string; body?: string; id?: string; atMs?: number } = {}) => {
  const { secret = SECRET, body = BODY, id = 'evt_1', atMs = NOW_MS } = over
  return {
    'webhook-id': id,
    'webhook-timestamp': String(atMs / 1000),
    'webhook-signature': new Webhook(secret).sign(id, new Date(atMs), body),
  }
}
const verify = (headers: Record<string, string>, body: string | Uint8Array = BODY, more: object = {}) =>
  verifyWebhook({ headers, body, secret: SECRET, nowMs: NOW_MS, ...more })

describe('a delivery is taken', () => {
  it('as text, as bytes, with a Headers or an object', async () => {
    const event = {
      id: 'evt_1',
      type: 'payment.succeeded',
      timestamp: '2026-11-21T00:00:00Z',
      data: { id: 'pay_1', é: '→' },
    }
    expect(await verify(signed())).toEqual({ ok: true, value: event })
    expect(await verify(signed(), new TextEncoder().encode(BODY))).toEqual({ ok: true, value: event })
    expect(await verifyWebhook({ headers: new Headers(signed()), body: BODY, secret: SECRET, nowMs: NOW_MS })).toEqual({
      ok: true,
      value: event,
    })
  })

  it('when one of several signatures is of one of several secrets', async () => {
    const old = newSecret()
    const headers = signed()
    const both = `${signed({ secret: old })['webhook-signature']} v1a,abcd ${headers['webhook-signature']}`
    expect(await verify({ ...headers, 'webhook-signature': both })).toMatchObject({ ok: true })
    expect(await verify(signed({ secret: old }), BODY, { secret: [SECRET, old] })).toMatchObject({ ok: true })
  })

  it('up to the tolerance, and by the clock of this machine', async () => {
    expect(await verify(signed({ atMs: NOW_MS - 300_000 }))).toMatchObject({ ok: true })
    expect(await verify(signed({ atMs: NOW_MS + 300_000 }))).toMatchObject({ ok: true })
    expect(await verify(signed({ atMs: NOW_MS - 900_000 }), BODY, { toleranceSeconds: 900 })).toMatchObject({
      ok: true,
    })
    const now = Math.floor(Date.now() / 1000) * 1000
    expect(await verifyWebhook({ headers: signed({ atMs: now }), body: BODY, secret: SECRET })).toMatchObject({
      ok: true,
    })
  })
})

describe('a delivery is refused', () => {
  const good = signed()
  const { 'webhook-signature': signature } = good
  const otherBit = `v1,${Buffer.from(Buffer.from(signature.slice(3), 'base64').map((byte, i) => (i === 31 ? byte ^ 1 : byte))).toString('base64')}`
  const cases: readonly (readonly [string, Record<string, string>, string, string])[] = [
    ['without id', { ...good, 'webhook-id': '' }, BODY, 'missing_header'],
    ['without headers', {}, BODY, 'missing_header'],
    ['under another id', { ...good, 'webhook-id': 'evt_2' }, BODY, 'wrong_signature'],
    ['with a changed body', good, BODY.replace('pay_1', 'pay_2'), 'wrong_signature'],
    ['with another time', { ...good, 'webhook-timestamp': String(NOW_MS / 1000 + 1) }, BODY, 'wrong_signature'],
    ['with one bit changed', { ...good, 'webhook-signature': otherBit }, BODY, 'wrong_signature'],
    ['with half a signature', { ...good, 'webhook-signature': signature.slice(0, 24) }, BODY, 'wrong_signature'],
    ['with an empty signature', { ...good, 'webhook-signature': 'v1,' }, BODY, 'wrong_signature'],
    ['with one that is not base64', { ...good, 'webhook-signature': 'v1,????' }, BODY, 'wrong_signature'],
    ['signed by somebody else', signed({ secret: newSecret() }), BODY, 'wrong_signature'],
    ['of another version', { ...good, 'webhook-signature': signature.replace('v1,', 'v2,') }, BODY, 'wrong_signature'],
    [
      'whose signature is the ninth',
      { ...good, 'webhook-signature': `${`${otherBit} `.repeat(8)}${signature}` },
      BODY,
      'wrong_signature',
    ],
    ['too old', signed({ atMs: NOW_MS - 301_000 }), BODY, 'too_old'],
    ['from the future', signed({ atMs: NOW_MS + 301_000 }), BODY, 'too_new'],
    ['with a time in words', { ...good, 'webhook-timestamp': 'today' }, BODY, 'malformed_timestamp'],
    ['with a time in hex', { ...good, 'webhook-timestamp': '0x6b49d200' }, BODY, 'malformed_timestamp'],
    ['that is not JSON', signed({ body: 'no' }), 'no', 'malformed_body'],
    ['that is no event', signed({ body: '{"type":1}' }), '{"type":1}', 'malformed_body'],
  ]
  it.each(cases)('%s', async (_, headers, body, reason) => {
    expect(await verify(headers, body)).toMatchObject({ ok: false, error: { reason } })
  })

  it.each(['', 'whsec_', 'whsec_!', 'whsec_c2hvcnQ=', []])('when the secret is %j', async (secret) => {
    expect(await verify(good, BODY, { secret })).toMatchObject({ error: { reason: 'malformed_secret' } })
  })

  it('when the secret is not there: a variable that nobody has set', async () => {
    expect(await verify(good, BODY, { secret: undefined as unknown as string })).toMatchObject({
      error: { reason: 'malformed_secret', message: expect.stringContaining('Is its variable set?') },
    })
  })
})
