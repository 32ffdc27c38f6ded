import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { call, type Shop, startShop } from '../kit/shop.ts'
import { type Flutterwave, startFlutterwave } from './server.ts'

const SECRET = 'FLWSECK_TEST-5d8e1f-X'
const HASH = 'the-shops-own-word'

let shop: Shop
let flutterwave: Flutterwave
beforeEach(async () => {
  shop = await startShop()
  flutterwave = await startFlutterwave({
    port: 0,
    secretKey: SECRET,
    secretHash: HASH,
    callbackUrl: `${shop.url}/flutterwave`,
    clock: 'stopped',
  })
})
afterEach(async () => {
  await flutterwave.close()
  await shop.close()
})

const ask = (path: string, body?: object, key = SECRET) => call(flutterwave.url + path, key, body)

const pay = (over: object = {}, type = 'mobile_money_uganda', key = SECRET) =>
  ask(
    `/v3/charges?type=${type}`,
    {
      tx_ref: 'ref-1',
      amount: '1500',
      currency: 'UGX',
      email: 'customer@example.com',
      phone_number: '256763456789',
      network: 'MTN',
      ...over,
    },
    key,
  )

const verify = (reference = 'ref-1') => ask(`/v3/transactions/verify_by_reference?tx_ref=${reference}`)

describe('POST /v3/charges', () => {
  it('answers with a page, and nothing of the charge', async () => {
    expect(await pay()).toEqual({
      status: 200,
      body: {
        status: 'success',
        message: 'Charge initiated',
        meta: {
          authorization: { redirect: expect.stringMatching(/^https:\/\//), mode: 'redirect' },
        },
      },
    })
    expect((await verify()).body.data).toMatchObject({ tx_ref: 'ref-1', status: 'pending', amount: 1500 })
    await flutterwave.advance(300)
    expect((await verify()).body.data).toMatchObject({ status: 'successful', currency: 'UGX', charged_amount: 1500 })
    expect(flutterwave.captures()).toMatchObject([{ reference: 'ref-1', amountMinor: '1500' }])
  })

  it('asks francophone customers on the phone, and writes decimals as JSON does', async () => {
    const franco = await pay({ currency: 'XOF', country: 'CI' }, 'mobile_money_franco')
    expect(franco.body).toMatchObject({ data: { tx_ref: 'ref-1', status: 'pending' } })
    const ghana = { tx_ref: 'ref-2', currency: 'GHS', amount: '15.5' }
    expect((await pay(ghana, 'mobile_money_ghana')).status).toBe(200)
    expect((await verify('ref-2')).body.data.amount).toBe(15.5)
  })

  it.each([
    ['a wrong key', {}, 'mobile_money_uganda', 'other', 401, 'Invalid authorization key'],
    ['no email', { email: '' }, 'mobile_money_uganda', SECRET, 400, 'email is required'],
    [
      'a currency of another type',
      {},
      'mobile_money_ghana',
      SECRET,
      400,
      'UGX is not supported for mobile_money_ghana',
    ],
    ['decimals that UGX has not', { amount: '1.5' }, 'mobile_money_uganda', SECRET, 400, 'amount is invalid'],
    ['a network that there is not', { network: 'ORANGE' }, 'mobile_money_uganda', SECRET, 400, 'network is invalid'],
    ['no country', { currency: 'XAF' }, 'mobile_money_franco', SECRET, 400, 'country is invalid'],
  ])('turns away %s', async (_, over, type, key, status, message) => {
    expect(await pay(over, type, key)).toEqual({ status, body: { status: 'error', message, data: null } })
    await flutterwave.advance(1_000)
    expect(flutterwave.captures()).toEqual([])
  })

  it('charges a reference twice, or refuses it: nothing is promised', async () => {
    await pay()
    await pay()
    await flutterwave.advance(300)
    expect(flutterwave.captures()).toHaveLength(2)
    flutterwave.persona({ duplicateTxRef: 'refused' })
    expect((await pay()).status).toBe(400)
  })

  it('says that it failed, and takes the money', async () => {
    flutterwave.persona({ errorThoughCharged: true })
    expect((await pay()).body).toEqual({ status: 'error', message: 'Transaction Failed', data: null })
    await flutterwave.advance(300)
    expect(flutterwave.captures()).toHaveLength(1)
  })
})

describe('verify_by_reference', () => {
  it('does not know what was never charged', async () => {
    expect(await verify('nothing')).toEqual({
      status: 400,
      body: { status: 'error', message: 'No transaction was found for this id', data: null },
    })
  })

  it('says failed, and successful after all', async () => {
    flutterwave.persona({ outcome: 'failed', lateSuccess: { afterMs: 600_000 } })
    await pay()
    await flutterwave.advance(300)
    expect((await verify()).body.data.status).toBe('failed')
    await flutterwave.advance(600_000)
    expect((await verify()).body.data.status).toBe('successful')
  })
})

describe('callbacks', () => {
  it("carry the shop's own word as it is, for success and failure", async () => {
    await pay()
    flutterwave.persona({ outcome: 'failed' })
    await pay({ tx_ref: 'ref-2' })
    await flutterwave.advance(300)
    const seen = shop.received.map(({ body, headers }) => {
      const { event, data } = JSON.parse(body)
      return [event, data.tx_ref, data.status, headers['verif-hash']]
    })
    expect(seen.toSorted()).toEqual([
      ['charge.completed', 'ref-1', 'failed', HASH],
      ['charge.completed', 'ref-2', 'failed', HASH],
    ])
  })

  it('are withheld, doubled, forged or unsigned when the persona says so', async () => {
    flutterwave.persona({ withholdCallbacks: true, next: 1 })
    await pay({ tx_ref: 'withheld' })
    flutterwave.persona({ duplicateCallbacks: 2, next: 1 })
    await pay({ tx_ref: 'doubled' })
    flutterwave.persona({ callbackAuthentication: 'forged', next: 1 })
    await pay({ tx_ref: 'forged' })
    flutterwave.persona({ callbackAuthentication: 'unsigned', next: 1 })
    await pay({ tx_ref: 'unsigned' })
    await flutterwave.advance(300)
    const seen = shop.received.map(({ body, headers }) => {
      const word = headers['verif-hash']
      return `${JSON.parse(body).data.tx_ref} ${word === undefined ? 'unsigned' : word === HASH}`
    })
    expect(seen.toSorted()).toEqual(['doubled true', 'doubled true', 'forged false', 'unsigned unsigned'])
  })

  it('stop after three more tries', async () => {
    shop.answerWith(503)
    await pay()
    await flutterwave.advance(300)
    for (let n = 0; n < 6; n++) await flutterwave.advance(30 * 60_000)
    expect(flutterwave.callbacks()).toHaveLength(4)
  })
})
