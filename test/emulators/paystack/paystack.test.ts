import { createHmac } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { call, type Shop, startShop } from '../kit/shop.ts'
import { type Paystack, startPaystack } from './server.ts'

const SECRET = 'sk_test_5d8e1f'

let shop: Shop
let paystack: Paystack
beforeEach(async () => {
  shop = await startShop()
  paystack = await startPaystack({ port: 0, secretKey: SECRET, callbackUrl: `${shop.url}/paystack`, clock: 'stopped' })
})
afterEach(async () => {
  await paystack.close()
  await shop.close()
})

const ask = (path: string, body?: object, key = SECRET) => call(paystack.url + path, key, body)

const charge = (over: object = {}) => ({
  email: 'customer@example.com',
  amount: 1550,
  currency: 'GHS',
  reference: 'ref-1',
  mobile_money: { phone: '0551234987', provider: 'mtn' },
  ...over,
})

const verify = async (reference = 'ref-1') => (await ask(`/transaction/verify/${reference}`)).body

describe('POST /charge', () => {
  it('asks the customer on the phone; the charge is ongoing, then a success', async () => {
    expect(await ask('/charge', charge())).toEqual({
      status: 200,
      body: {
        status: true,
        message: 'Charge attempted',
        data: {
          reference: 'ref-1',
          status: 'pay_offline',
          display_text: 'Please complete authorization process on your mobile phone',
        },
      },
    })
    expect((await verify()).data).toMatchObject({ status: 'ongoing', amount: 1550, currency: 'GHS' })
    await paystack.advance(300)
    expect((await verify()).data).toMatchObject({ status: 'success', gateway_response: 'Approved' })
    expect(paystack.captures()).toMatchObject([{ reference: 'ref-1', amountMinor: '1550', currency: 'GHS' }])
  })

  it.each([
    ['a wrong key', {}, 'sk_other', 401, 'Invalid key'],
    ['no email', { email: '' }, SECRET, 400, 'Email address is required to create charge'],
    ['a foreign currency', { currency: 'ZMW' }, SECRET, 400, 'Currency not supported by merchant'],
    ['a decimal amount', { amount: '15.50' }, SECRET, 400, 'Amount must be an integer'],
    ['a wallet of another country', { currency: 'KES' }, SECRET, 400, 'Invalid mobile money details'],
    ['a reference with blanks', { reference: 'a b' }, SECRET, 400, 'Invalid character in transaction reference'],
  ])('turns away %s', async (_, over, key, status, message) => {
    expect(await ask('/charge', charge(over), key)).toMatchObject({ status, body: { status: false, message } })
    await paystack.advance(1_000)
    expect(paystack.captures()).toEqual([])
  })

  it('counts hundredths in XOF too', async () => {
    const wallet = { phone: '+2250707070707', provider: 'orange' }
    expect((await ask('/charge', charge({ currency: 'XOF', amount: 100_050, mobile_money: wallet }))).status).toBe(400)
    await ask('/charge', charge({ currency: 'XOF', amount: 100_000, mobile_money: wallet }))
    await paystack.advance(300)
    expect(paystack.captures()).toMatchObject([{ amountMinor: '1000', currency: 'XOF' }])
    expect((await verify()).data.amount).toBe(100_000)
  })

  it('refuses a reference twice, however the first charge ended', async () => {
    await ask('/charge', charge())
    await paystack.advance(300)
    const again = await ask('/charge', charge())
    expect(again).toMatchObject({ status: 400, body: { message: 'Duplicate charge request for reference' } })
    expect(paystack.captures()).toHaveLength(1)
  })

  it('waits for the code, takes it once, and says when it is wrong', async () => {
    paystack.persona({ step: 'send_otp' })
    expect((await ask('/charge', charge())).body.data.status).toBe('send_otp')
    await paystack.advance(60_000)
    expect((await verify()).data.status).toBe('ongoing')
    expect(await ask('/charge/submit_otp', { otp: '000000', reference: 'ref-1' })).toMatchObject({
      status: 400,
      body: { message: 'Provided registration token is invalid' },
    })
    for (let n = 0; n < 2; n++)
      expect((await ask('/charge/submit_otp', { otp: '123456', reference: 'ref-1' })).body.data.status).toBe(
        'pay_offline',
      )
    await paystack.advance(300)
    expect(paystack.captures()).toHaveLength(1)
  })

  it('asks again for a code that is wrong when the persona says so, and fails when none comes in time', async () => {
    paystack.persona({ step: 'send_otp', wrongOtp: 'send_otp', otpWithinMs: 60_000 })
    await ask('/charge', charge())
    const wrong = await ask('/charge/submit_otp', { otp: '000000', reference: 'ref-1' })
    expect(wrong).toMatchObject({ status: 200, body: { data: { status: 'send_otp' } } })
    await paystack.advance(60_000)
    expect((await verify()).data.status).toBe('failed')
    const late = await ask('/charge/submit_otp', { otp: '123456', reference: 'ref-1' })
    expect(late.body.data.status).toBe('failed')
    await paystack.advance(60_000)
    expect(paystack.captures()).toEqual([])
  })

  it('loses the answer to a code, and nothing else', async () => {
    paystack.persona({ step: 'send_otp', faultsOn: ['otp'], dropAfterProcessing: true })
    expect((await ask('/charge', charge())).status).toBe(200)
    await expect(ask('/charge/submit_otp', { otp: '123456', reference: 'ref-1' })).rejects.toThrow()
    await paystack.advance(300)
    expect((await verify()).data.status).toBe('success')
  })

  it.each(['pending', 'success', 'failed', 'open_url'] as const)('answers %s', async (step) => {
    paystack.persona({ step })
    expect((await ask('/charge', charge())).body.data).toMatchObject({ reference: 'ref-1', status: step })
  })
})

describe('GET /transaction/verify/{reference}', () => {
  it('does not know what was never charged', async () => {
    expect(await ask('/transaction/verify/nothing')).toMatchObject({
      status: 400,
      body: { status: false, code: 'transaction_not_found' },
    })
  })

  it('says failed, and success after all', async () => {
    paystack.persona({ outcome: 'failed', failure: 'LOW_BALANCE', lateSuccess: { afterMs: 60_000 } })
    await ask('/charge', charge())
    await paystack.advance(300)
    expect((await verify()).data).toMatchObject({ status: 'failed', gateway_response: 'LOW_BALANCE' })
    expect(shop.received).toEqual([])
    await paystack.advance(60_000)
    expect((await verify()).data.status).toBe('success')
    expect(shop.received).toHaveLength(1)
  })
})

describe('callbacks', () => {
  it('are signed with the key over the raw body; a failure has none', async () => {
    await ask('/charge', charge())
    await paystack.advance(300)
    const [received] = shop.received
    expect(JSON.parse(received?.body ?? '')).toMatchObject({ event: 'charge.success', data: { reference: 'ref-1' } })
    expect(received?.headers['x-paystack-signature']).toBe(
      createHmac('sha512', SECRET)
        .update(received?.body ?? '')
        .digest('hex'),
    )
    paystack.persona({ outcome: 'failed' })
    await ask('/charge', charge({ reference: 'ref-2' }))
    await paystack.advance(300)
    expect((await verify('ref-2')).data.status).toBe('failed')
    expect(shop.received).toHaveLength(1)
  })

  it('come again after three minutes until they are answered', async () => {
    shop.answerWith(500)
    await ask('/charge', charge())
    await paystack.advance(300)
    await paystack.advance(180_000)
    expect(paystack.callbacks().map(({ attempt, status }) => [attempt, status])).toEqual([
      [1, 500],
      [2, 500],
    ])
    shop.answerWith(200)
    await paystack.advance(180_000)
    await paystack.advance(3_600_000)
    expect(paystack.callbacks()).toHaveLength(3)
  })

  it('are withheld, doubled, forged or unsigned when the persona says so', async () => {
    paystack.persona({ withholdCallbacks: true, next: 1 })
    await ask('/charge', charge({ reference: 'withheld' }))
    paystack.persona({ duplicateCallbacks: 2, next: 1 })
    await ask('/charge', charge({ reference: 'doubled' }))
    paystack.persona({ callbackAuthentication: 'forged', next: 1 })
    await ask('/charge', charge({ reference: 'forged' }))
    paystack.persona({ callbackAuthentication: 'unsigned', next: 1 })
    await ask('/charge', charge({ reference: 'unsigned' }))
    await paystack.advance(300)
    const seen = shop.received.map(({ body, headers }) => {
      const right = createHmac('sha512', SECRET).update(body).digest('hex')
      const signature = headers['x-paystack-signature']
      return `${JSON.parse(body).data.reference} ${signature === undefined ? 'unsigned' : signature === right}`
    })
    expect(seen.toSorted()).toEqual(['doubled true', 'doubled true', 'forged false', 'unsigned unsigned'])
  })
})
