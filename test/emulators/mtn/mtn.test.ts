import { randomUUID } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Shop, startShop } from '../kit/shop.ts'
import { type Mtn, startMtn } from './server.ts'

const ACCOUNT = { apiUser: 'user-1', apiKey: 'key-1', subscriptionKey: 'sub-1' }
const BASIC = `Basic ${Buffer.from('user-1:key-1').toString('base64')}`

let shop: Shop
let mtn: Mtn
const start = async (targetEnvironment: string): Promise<Mtn> =>
  startMtn({ ...ACCOUNT, targetEnvironment, port: 0, callbackUrl: `${shop.url}/mtn`, clock: 'stopped' })

beforeEach(async () => {
  shop = await startShop()
  mtn = await start('mtnzambia')
})
afterEach(async () => {
  await mtn.close()
  await shop.close()
})

const ask = async (path: string, headers: Readonly<Record<string, string>>, body?: object) => {
  const response = await fetch(mtn.url + path, {
    method: body ? 'POST' : 'GET',
    headers: { 'ocp-apim-subscription-key': 'sub-1', ...headers },
    ...(body ? { body: JSON.stringify(body) } : {}),
  })
  const text = await response.text()
  return { status: response.status, body: text === '' ? null : JSON.parse(text) }
}

const tokenFrom = async (headers: Readonly<Record<string, string>> = {}) =>
  ask('/collection/token/', { authorization: BASIC, ...headers }, {})

const authorised = async (environment = 'mtnzambia') => ({
  authorization: `Bearer ${(await tokenFrom()).body.access_token}`,
  'x-target-environment': environment,
})

const payment = (over: object = {}) => ({
  amount: '15.5',
  currency: 'ZMW',
  externalId: 'order 1',
  payer: { partyIdType: 'MSISDN', partyId: '260763456789' },
  payerMessage: '',
  payeeNote: '',
  ...over,
})

const REQUEST = '/collection/v1_0/requesttopay'

/** Asks for a payment; a reference that is given is used again. */
const pay = async (over: object = {}, headers: Readonly<Record<string, string>> = {}) => {
  const reference = headers['x-reference-id'] ?? randomUUID()
  const answer = await ask(REQUEST, { ...(await authorised()), 'x-reference-id': reference, ...headers }, payment(over))
  return { reference, ...answer }
}

const statusOf = async (reference: string, environment?: string) =>
  ask(`${REQUEST}/${reference}`, await authorised(environment))

describe('tokens', () => {
  it('are given for user and key, for an hour', async () => {
    const { status, body } = await tokenFrom()
    expect([status, body]).toEqual([
      200,
      { access_token: expect.stringMatching(/^\S+$/), token_type: 'access_token', expires_in: 3600 },
    ])
    expect((await tokenFrom()).body.access_token).not.toBe(body.access_token)
  })

  it('are not given for another key, nor without a subscription', async () => {
    expect(await tokenFrom({ authorization: `Basic ${btoa('user-1:other')}` })).toEqual({
      status: 401,
      body: { error: 'invalid_client' },
    })
    expect(await tokenFrom({ 'ocp-apim-subscription-key': 'other' })).toMatchObject({
      status: 401,
      body: { statusCode: 401 },
    })
  })

  it('are worth nothing after an hour, and at once when they are made to expire; nothing happened then', async () => {
    const headers = await authorised()
    const reference = randomUUID()
    await mtn.advance(3_600_000 - 1)
    expect((await ask(`${REQUEST}/${reference}`, headers)).status).toBe(404)
    await mtn.advance(1)
    const late = await ask(REQUEST, { ...headers, 'x-reference-id': reference }, payment())
    expect(late).toMatchObject({ status: 401, body: { statusCode: 401 } })
    const fresh = await authorised()
    mtn.expireTokens()
    expect((await ask(`${REQUEST}/${reference}`, fresh)).status).toBe(401)
    await mtn.advance(1_000)
    expect(mtn.captures()).toEqual([])
    expect((await statusOf(reference)).status).toBe(404)
  })
})

describe('POST requesttopay', () => {
  it('is taken with 202 and no word; then pending, then successful', async () => {
    const { reference, status, body } = await pay()
    expect([status, body]).toEqual([202, null])
    const pending = {
      externalId: reference,
      amount: '15.5',
      currency: 'ZMW',
      payer: { partyIdType: 'MSISDN', partyId: '260763456789' },
      status: 'PENDING',
    }
    expect(await statusOf(reference)).toEqual({ status: 200, body: pending })
    await mtn.advance(300)
    expect(await statusOf(reference)).toEqual({
      status: 200,
      body: { ...pending, status: 'SUCCESSFUL', financialTransactionId: expect.stringMatching(/^[0-9]+$/) },
    })
    expect(mtn.captures()).toMatchObject([{ reference, amountMinor: '1550', currency: 'ZMW', msisdn: '260763456789' }])
  })

  it.each([
    ['a reference that is no UUID', {}, { 'x-reference-id': 'order-1' }, 400, 'BAD_REQUEST'],
    ['an amount that is a number', { amount: 15.5 }, {}, 400, 'BAD_REQUEST'],
    ['an amount with three decimals', { amount: '15.505' }, {}, 400, 'BAD_REQUEST'],
    ['a number with a plus', { payer: { partyIdType: 'MSISDN', partyId: '+260763456789' } }, {}, 400, 'BAD_REQUEST'],
    ['another country’s currency', { currency: 'XOF', amount: '100' }, {}, 400, 'INVALID_CURRENCY'],
    ['another environment', {}, { 'x-target-environment': 'sandbox' }, 400, 'NOT_ALLOWED_TARGET_ENVIRONMENT'],
  ])('turns away %s', async (_, over, headers, status, code) => {
    expect(await pay(over, headers)).toMatchObject({ status, body: { code } })
    await mtn.advance(1_000)
    expect(mtn.captures()).toEqual([])
  })

  it('says 409 to a reference that there is, and takes the money once', async () => {
    const { reference } = await pay()
    expect(await pay({}, { 'x-reference-id': reference })).toMatchObject({
      status: 409,
      body: { code: 'RESOURCE_ALREADY_EXIST' },
    })
    await mtn.advance(300)
    expect(mtn.captures()).toHaveLength(1)
  })
})

describe('the sandbox', () => {
  const inTheSandbox = async (partyId: string) => {
    await mtn.close()
    mtn = await start('sandbox')
    const { reference } = await pay(
      { currency: 'EUR', payer: { partyIdType: 'MSISDN', partyId } },
      { 'x-target-environment': 'sandbox' },
    )
    await mtn.advance(300)
    return (await statusOf(reference, 'sandbox')).body
  }

  it.each([
    ['46733123450', 'FAILED', 'INTERNAL_PROCESSING_ERROR'],
    ['46733123451', 'FAILED', 'APPROVAL_REJECTED'],
    ['46733123452', 'FAILED', 'EXPIRED'],
    ['46733123453', 'PENDING', undefined],
    ['46733123454', 'PENDING', undefined],
    ['46733123455', 'FAILED', 'PAYER_NOT_FOUND'],
    ['46733123499', 'SUCCESSFUL', undefined],
  ])('%s ends as %s, %s', async (partyId, status, reason) => {
    const body = await inTheSandbox(partyId)
    expect([body.status, body.reason]).toEqual([status, reason])
    expect(mtn.captures()).toHaveLength(status === 'SUCCESSFUL' ? 1 : 0)
  })

  it('takes euros alone', async () => {
    await mtn.close()
    mtn = await start('sandbox')
    expect(await pay({}, { 'x-target-environment': 'sandbox' })).toMatchObject({ body: { code: 'INVALID_CURRENCY' } })
  })
})

describe('personas', () => {
  it('fail with a word or with an object, and succeed after all', async () => {
    mtn.persona({ outcome: 'failed', failure: 'EXPIRED', lateSuccess: { afterMs: 60_000 } })
    const { reference } = await pay()
    await mtn.advance(300)
    expect((await statusOf(reference)).body).toMatchObject({ status: 'FAILED', reason: 'EXPIRED' })
    mtn.persona({ reasonAs: 'object' })
    expect((await statusOf(reference)).body.reason).toMatchObject({ code: 'EXPIRED' })
    await mtn.advance(60_000)
    expect((await statusOf(reference)).body.status).toBe('SUCCESSFUL')
  })

  it('turn a request away, and find one late', async () => {
    mtn.persona({ refuse: { status: 400, code: 'PAYER_NOT_FOUND' }, next: 1 })
    expect(await pay()).toMatchObject({ status: 400, body: { code: 'PAYER_NOT_FOUND' } })
    mtn.persona({ statusNotFoundForMs: 60_000 })
    const { reference } = await pay()
    expect(await statusOf(reference)).toMatchObject({ status: 404, body: { code: 'RESOURCE_NOT_FOUND' } })
    await mtn.advance(60_000)
    expect((await statusOf(reference)).status).toBe(200)
  })
})

it('calls back once, with the whole request and without a signature, whatever it is answered', async () => {
  shop.answerWith(500)
  const { reference } = await pay()
  await mtn.advance(300)
  await mtn.advance(86_400_000)
  expect(shop.received).toHaveLength(1)
  const [callback] = shop.received
  expect(JSON.parse(callback?.body ?? '')).toEqual((await statusOf(reference)).body)
  expect(Object.keys(callback?.headers ?? {}).filter((name) => /sign|token|auth/.test(name))).toEqual([])
})
