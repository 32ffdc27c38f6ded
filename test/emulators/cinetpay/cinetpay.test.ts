import { createHmac } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { call, type Shop, startShop } from '../kit/shop.ts'
import { type CinetPay, startCinetPay } from './server.ts'

const ACCOUNT = { apiKey: 'key-1', siteId: '911501' }
const SECRET = 'secret-1'

let shop: Shop
let cinetpay: CinetPay
beforeEach(async () => {
  shop = await startShop()
  cinetpay = await startCinetPay({
    ...ACCOUNT,
    secretKey: SECRET,
    port: 0,
    callbackUrl: `${shop.url}/cinetpay`,
    clock: 'stopped',
  })
})
afterEach(async () => {
  await cinetpay.close()
  await shop.close()
})

const credentials = { apikey: ACCOUNT.apiKey, site_id: ACCOUNT.siteId }

const pay = (over: object = {}) =>
  call(`${cinetpay.url}/v2/payment`, '', {
    ...credentials,
    transaction_id: 'ref-1',
    amount: 1500,
    currency: 'XOF',
    description: 'Payment',
    notify_url: 'https://shop.example/notified',
    return_url: 'https://shop.example/back',
    channels: 'MOBILE_MONEY',
    customer_phone_number: '+2250701234567',
    lock_phone_number: true,
    ...over,
  })

const check = (over: object = {}) =>
  call(`${cinetpay.url}/v2/payment/check`, '', { ...credentials, transaction_id: 'ref-1', ...over })

describe('POST /v2/payment', () => {
  it('is 201 with a page to pay at; the transaction waits, and is a SUCCES', async () => {
    expect(await pay()).toMatchObject({
      status: 201,
      body: {
        code: '201',
        message: 'CREATED',
        data: { payment_url: expect.stringMatching(/^https:\/\/checkout\.cinetpay\.com\/payment\//) },
      },
    })
    expect((await check()).body).toMatchObject({
      code: '662',
      message: 'WAITING_CUSTOMER_PAYMENT',
      data: { amount: '1500', currency: 'XOF', status: 'WAITING_FOR_CUSTOMER' },
    })
    await cinetpay.advance(300)
    expect((await check()).body).toMatchObject({ code: '00', message: 'SUCCES', data: { status: 'ACCEPTED' } })
    expect(cinetpay.captures()).toMatchObject([{ reference: 'ref-1', amountMinor: '1500', currency: 'XOF' }])
  })

  it.each([
    ['a wrong key', { apikey: 'other' }, '609'],
    ['another site', { site_id: '1' }, '613'],
    ['no multiple of five', { amount: 1501 }, '608'],
    ['an amount that is a text', { amount: '1500' }, '608'],
    ['a currency that it has not', { currency: 'ZMW' }, '608'],
    ['a reference with a slash', { transaction_id: 'a/b' }, '608'],
    ['nowhere to come back to', { return_url: '' }, '608'],
    ['a locked number that is none', { customer_phone_number: '0701234567' }, '624'],
  ])('turns away %s', async (_, over, code) => {
    expect(await pay(over)).toMatchObject({ status: 400, body: { code } })
    await cinetpay.advance(1_000)
    expect(cinetpay.captures()).toEqual([])
  })

  it('takes dollars and whole Congolese francs as they are', async () => {
    expect((await pay({ currency: 'USD', amount: 3 })).status).toBe(201)
    expect((await pay({ currency: 'CDF', amount: 400, transaction_id: 'ref-2' })).status).toBe(201)
    await cinetpay.advance(300)
    expect(cinetpay.captures().map(({ amountMinor }) => amountMinor)).toEqual(['300', '40000'])
    expect((await check({ transaction_id: 'ref-2' })).body.data.amount).toBe('400')
  })

  it('takes a transaction_id once', async () => {
    await pay()
    expect((await pay()).body.code).toBe('608')
    await cinetpay.advance(300)
    expect(cinetpay.captures()).toHaveLength(1)
  })
})

it('a check does not know what was never asked for, and has a code for each failure', async () => {
  expect(await check()).toMatchObject({ status: 404, body: { message: 'TRANSACTION_NOT_FOUND' } })
  for (const [failure, code] of [
    [null, '600'],
    ['INSUFFICIENT_BALANCE', '602'],
    ['TRANSACTION_CANCEL', '627'],
  ] as const) {
    cinetpay.persona({ outcome: 'failed', failure })
    const reference = `failed ${code}`.replace(' ', '-')
    await pay({ transaction_id: reference })
    await cinetpay.advance(300)
    expect((await check({ transaction_id: reference })).body).toMatchObject({ code, data: { status: 'REFUSED' } })
  }
})

describe('the notification', () => {
  it('is a form with the MAC of its values, and comes for a failure, too', async () => {
    await pay()
    cinetpay.persona({ outcome: 'failed', next: 1 })
    await pay({ transaction_id: 'ref-2' })
    await cinetpay.advance(300)
    const seen = shop.received.map(({ body, headers }) => {
      const fields = new URLSearchParams(body)
      const mac = createHmac('sha256', SECRET)
        .update([...fields.values()].join(''))
        .digest('hex')
      return [headers['content-type'], headers['x-token'] === mac, fields.get('cpm_trans_id'), fields.get('cpm_amount')]
    })
    const form = 'application/x-www-form-urlencoded'
    expect(seen.toSorted((a, b) => String(a[2]).localeCompare(String(b[2])))).toEqual([
      [form, true, 'ref-1', '1500'],
      [form, true, 'ref-2', '1500'],
    ])
  })

  it('is forged or unsigned when the persona says so', async () => {
    cinetpay.persona({ callbackAuthentication: 'forged', next: 1 })
    await pay()
    cinetpay.persona({ callbackAuthentication: 'unsigned', next: 1 })
    await pay({ transaction_id: 'ref-2' })
    await cinetpay.advance(300)
    const tokens = new Map(
      shop.received.map(({ body, headers }) => [new URLSearchParams(body).get('cpm_trans_id'), headers['x-token']]),
    )
    expect(tokens.get('ref-1')).toMatch(/^[0-9a-f]{64}$/)
    expect(tokens.get('ref-2')).toBeUndefined()
  })
})
