import { createHmac } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { call, type Shop, startShop } from '../kit/shop.ts'
import { startWave, type Wave } from './server.ts'

const KEY = 'wave_sn_test_1'
const SECRET = 'wave_sn_WHS_1'

let shop: Shop
let wave: Wave
beforeEach(async () => {
  shop = await startShop()
  wave = await startWave({
    port: 0,
    apiKey: KEY,
    webhookSecret: SECRET,
    callbackUrl: `${shop.url}/wave`,
    clock: 'stopped',
  })
})
afterEach(async () => {
  await wave.close()
  await shop.close()
})

const SESSIONS = '/v1/checkout/sessions'
const ask = (path: string, body?: object, key = KEY) => call(wave.url + path, key, body)

const checkout = (over: object = {}) => ({
  amount: '1500',
  currency: 'XOF',
  success_url: 'https://pay.example.com/c/1',
  error_url: 'https://pay.example.com/c/1',
  client_reference: 'ref-1',
  restrict_payer_mobile: '+221771234567',
  ...over,
})

const begin = async (over: object = {}) => (await ask(SESSIONS, checkout(over))).body
const session = async (id: string) => (await ask(`${SESSIONS}/${id}`)).body
const search = async (reference = 'ref-1') =>
  (await ask(`${SESSIONS}/search?client_reference=${reference}`)).body.result

/** Its answer has no body when it is done. */
const expire = async (id: string, key = KEY) => {
  const response = await fetch(`${wave.url}${SESSIONS}/${id}/expire`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}` },
  })
  return { status: response.status, body: await response.text() }
}

describe('a checkout session', () => {
  it('opens with a page to pay at, and is complete when it is paid', async () => {
    const opened = await ask(SESSIONS, checkout())
    expect(opened).toMatchObject({
      status: 200,
      body: {
        id: expect.stringMatching(/^cos-/),
        amount: '1500',
        currency: 'XOF',
        checkout_status: 'open',
        payment_status: 'processing',
        client_reference: 'ref-1',
        wave_launch_url: expect.stringMatching(/^https:\/\/pay\.wave\.com\/c\/cos-/),
        transaction_id: null,
        when_completed: null,
      },
    })
    const { when_created, when_expires, id } = opened.body
    expect(Date.parse(when_expires) - Date.parse(when_created)).toBe(30 * 60_000)
    await wave.advance(300)
    expect(await session(id)).toMatchObject({
      checkout_status: 'complete',
      payment_status: 'succeeded',
      transaction_id: expect.stringMatching(/^T_/),
    })
    expect(wave.captures()).toMatchObject([{ reference: 'ref-1', amountMinor: '1500', currency: 'XOF' }])
  })

  it.each([
    ['a wrong key', {}, 'wave_other', 401, 'no-matching-api-key'],
    ['decimals', { amount: '15.5' }, KEY, 400, 'request-validation-error'],
    ['an amount that is a number', { amount: 1500 }, KEY, 400, 'request-validation-error'],
    ['nothing to pay', { amount: '0' }, KEY, 400, 'request-validation-error'],
    ['another currency', { currency: 'GHS' }, KEY, 400, 'request-validation-error'],
    ['a number without its plus', { restrict_payer_mobile: '221771234567' }, KEY, 400, 'request-validation-error'],
    ['nowhere to come back to', { success_url: '' }, KEY, 400, 'request-validation-error'],
  ])('is not opened for %s', async (_, over, key, status, code) => {
    expect(await ask(SESSIONS, checkout(over), key)).toMatchObject({ status, body: { code } })
    await wave.advance(1_000)
    expect(wave.captures()).toEqual([])
  })

  it('is found by our reference, the latest first; none is an empty list', async () => {
    expect(await search()).toEqual([])
    const first = await begin()
    const second = await begin()
    expect(second.id).not.toBe(first.id)
    expect((await search()).map(({ id }: { id: string }) => id)).toEqual([second.id, first.id])
    expect(await search('ref-2')).toEqual([])
    expect((await ask(`${SESSIONS}/cos-0`)).status).toBe(404)
  })

  it('expires with the word for why', async () => {
    wave.persona({ outcome: 'failed', failure: 'insufficient-funds' })
    const { id } = await begin()
    await wave.advance(300)
    expect(await session(id)).toMatchObject({
      checkout_status: 'expired',
      payment_status: 'cancelled',
      last_payment_error: { code: 'insufficient-funds' },
    })
    expect([wave.captures(), shop.received]).toEqual([[], []])
  })
})

describe('POST …/expire', () => {
  it('is 200 without a body, and nobody can pay any more; told again it is so', async () => {
    const { id } = await begin()
    expect([await expire(id), await expire(id)]).toEqual(Array(2).fill({ status: 200, body: '' }))
    await wave.advance(60_000)
    expect(await session(id)).toMatchObject({ checkout_status: 'expired', last_payment_error: { code: 'expired' } })
    expect(wave.captures()).toEqual([])
  })

  it('is 409 when it is paid, and the money stays', async () => {
    const { id } = await begin()
    await wave.advance(300)
    const { status, body } = await expire(id)
    expect([status, JSON.parse(body).code]).toEqual([409, 'checkout-session-complete'])
    expect((await session(id)).payment_status).toBe('succeeded')
    expect(wave.captures()).toHaveLength(1)
  })

  it('leaves all as it is when the key is wrong, when nobody is there, and for a session that there is not', async () => {
    const { id } = await begin()
    expect((await expire(id, 'wave_other')).status).toBe(401)
    wave.persona({ expire: 'unavailable' })
    expect((await expire(id)).status).toBe(503)
    expect((await expire('cos-0')).status).toBe(404)
    expect((await session(id)).checkout_status).toBe('open')
  })
})

it('is expired though the answer does not say so, when the persona has it so', async () => {
  wave.persona({ expire: 'done, and unavailable' })
  const { id } = await begin()
  expect((await expire(id)).status).toBe(503)
  await wave.advance(60_000)
  expect((await session(id)).checkout_status).toBe('expired')
  expect(wave.captures()).toEqual([])
})

describe('callbacks', () => {
  const partsOf = (header = '') => header.split(',').map((part) => part.split('=') as [string, string])
  const macOf = (t: string, body: string) => createHmac('sha256', SECRET).update(`${t}${body}`).digest('hex')

  it('are signed over the time and the body', async () => {
    await begin()
    await wave.advance(300)
    const [{ body = '', headers = {} } = {}] = shop.received
    expect(JSON.parse(body)).toMatchObject({
      id: expect.stringMatching(/^EV_/),
      type: 'checkout.session.completed',
      data: { client_reference: 'ref-1', checkout_status: 'complete', payment_status: 'succeeded', amount: '1500' },
    })
    const [time, mac, ...others] = partsOf((headers as Record<string, string>)['wave-signature'])
    expect([time?.[0], mac, others]).toEqual(['t', ['v1', macOf(time?.[1] ?? '', body)], []])
  })

  it('carry a MAC under an old secret first, while it is rotated', async () => {
    wave.persona({ rotatedSecret: true })
    await begin()
    await wave.advance(300)
    const [{ body = '', headers = {} } = {}] = shop.received
    const [time, old, current] = partsOf((headers as Record<string, string>)['wave-signature'])
    const right = ['v1', macOf(time?.[1] ?? '', body)]
    expect([old, current]).toEqual([['v1', expect.not.stringMatching(right[1] as string)], right])
  })

  it('come again until they are answered; forged or unsigned when the persona says so', async () => {
    shop.answerWith(500)
    await begin()
    await wave.advance(300)
    shop.answerWith(200)
    await wave.advance(60_000)
    await wave.advance(3_600_000)
    expect(wave.callbacks().map(({ attempt, status }) => [attempt, status])).toEqual([
      [1, 500],
      [2, 200],
    ])
    wave.persona({ callbackAuthentication: 'forged', next: 1 })
    await begin({ client_reference: 'forged' })
    wave.persona({ callbackAuthentication: 'unsigned', next: 1 })
    await begin({ client_reference: 'unsigned' })
    await wave.advance(300)
    const seen = shop.received.slice(2).map(({ body, headers }) => {
      const [time, mac] = partsOf(headers['wave-signature'])
      return `${JSON.parse(body).data.client_reference} ${mac ? mac[1] === macOf(time?.[1] ?? '', body) : 'unsigned'}`
    })
    expect(seen.toSorted()).toEqual(['forged false', 'unsigned unsigned'])
  })
})
