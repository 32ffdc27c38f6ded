import { afterAll, beforeAll, expect, it } from 'vitest'
import { depositRequest, type Merchant, startMerchant } from './fixture.ts'

let merchant: Merchant
beforeAll(async () => {
  merchant = await startMerchant()
})
afterAll(() => merchant.close())

const payer = (over: Record<string, unknown>, details: Record<string, unknown> = {}) => ({
  type: 'MMO',
  accountDetails: { phoneNumber: '260763456789', provider: 'MTN_MOMO_ZMB', ...details },
  ...over,
})
const without = (name: string) => ({ [name]: undefined })
const entries = (n: number) => Array.from({ length: n }, (_, i) => ({ [`k${i}`]: 'v' }))

const MALFORMED: readonly (readonly [string, Record<string, unknown>])[] = [
  ['MISSING_PARAMETER', without('depositId')],
  ['MISSING_PARAMETER', without('amount')],
  ['MISSING_PARAMETER', without('currency')],
  ['MISSING_PARAMETER', without('payer')],
  ['MISSING_PARAMETER', { payer: payer(without('type')) }],
  ['MISSING_PARAMETER', { payer: payer(without('accountDetails')) }],
  ['MISSING_PARAMETER', { payer: payer({}, without('phoneNumber')) }],
  ['MISSING_PARAMETER', { payer: payer({}, without('provider')) }],
  ['MISSING_PARAMETER', { provider: 'ORANGE_BFA', phoneNumber: '22607345678', currency: 'XOF', amount: '100' }],
  ['INVALID_PARAMETER', { depositId: 'f4401bd2-1568-1140-bf2d-eb77d2b2b639' }],
  ['INVALID_PARAMETER', { depositId: 'f4401bd215684140bf2deb77d2b2b639' }],
  ['INVALID_PARAMETER', { payer: payer({ type: 'MSISDN' }) }],
  ['INVALID_PARAMETER', { customerMessage: 'abc' }],
  ['INVALID_PARAMETER', { customerMessage: 'Twenty three characters' }],
  ['INVALID_PARAMETER', { customerMessage: 'Café' }],
  ['INVALID_PARAMETER', { metadata: entries(11) }],
  ['INVALID_PARAMETER', { metadata: { a: 'b' } }],
  ['INVALID_PARAMETER', { metadata: [{ a: 'b', c: 'd' }] }],
  ['INVALID_PARAMETER', { metadata: [{ a: 1 }] }],
  ['DUPLICATE_METADATA_FIELD', { metadata: [{ a: 'b' }, { a: 'c' }] }],
  ['INVALID_INPUT', { amount: 15 }],
  ['INVALID_INPUT', { payer: [] }],
  ['UNSUPPORTED_PARAMETER', { colour: 'red' }],
  ['UNSUPPORTED_PARAMETER', { payer: payer({ name: 'x' }) }],
  ['UNSUPPORTED_PARAMETER', { payer: payer({}, { name: 'x' }) }],
  ['UNSUPPORTED_PARAMETER', { successfulUrl: 'https://shop.example/' }],
  ['UNSUPPORTED_PARAMETER', { preAuthorisationCode: '123456' }],
]

it.each(MALFORMED)('400 %s: %j', async (failureCode, over) => {
  const answer = await merchant.deposit(over)
  expect(answer).toMatchObject({ status: 400, body: { status: 'REJECTED', failureReason: { failureCode } } })
})

it.each([
  ['nothing', ''],
  ['a list', '[]'],
  ['null', 'null'],
  ['a string', '"x"'],
  ['half of JSON', '{'],
  ['bytes that are not UTF-8', Buffer.from('{"depositId":"\xff"}', 'latin1')],
  ['a byte order mark', `\ufeff${JSON.stringify(depositRequest())}`],
])('400 INVALID_INPUT for %s', async (_name, body) => {
  const answer = await merchant.call('/v2/deposits', { method: 'POST', body })
  const failureReason = {
    failureCode: 'INVALID_INPUT',
    failureMessage: 'We are unable to parse the body of the request.',
  }
  expect(answer).toMatchObject({ status: 400, body: { status: 'REJECTED', failureReason } })
})

const ken = { phoneNumber: '254703456789', provider: 'MPESA_KEN', currency: 'KES' }
const REJECTED: readonly (readonly [string, Record<string, unknown>])[] = [
  ['INVALID_PROVIDER', { provider: 'MTN_ZMB' }],
  ['INVALID_CURRENCY', { currency: 'USD' }],
  ['INVALID_CURRENCY', { currency: 'zmw' }],
  ['INVALID_PHONE_NUMBER', { phoneNumber: '+260763456789' }],
  ['INVALID_PHONE_NUMBER', { phoneNumber: '0763456789' }],
  ['INVALID_PHONE_NUMBER', { phoneNumber: '254703456789' }],
  ['INVALID_PHONE_NUMBER', { phoneNumber: '26076345678' }],
  ['INVALID_PHONE_NUMBER', { phoneNumber: '260 763456789' }],
  ['INVALID_AMOUNT', { amount: '15.50' }],
  ['INVALID_AMOUNT', { amount: '15.0' }],
  ['INVALID_AMOUNT', { amount: '015' }],
  ['INVALID_AMOUNT', { amount: '.5' }],
  ['INVALID_AMOUNT', { amount: '-5' }],
  ['INVALID_AMOUNT', { amount: '1e3' }],
  ['INVALID_AMOUNT', { amount: '1,000' }],
  ['INVALID_AMOUNT', { amount: '15.505' }],
  ['INVALID_AMOUNT', { ...ken, amount: '15.5' }],
  ['AMOUNT_OUT_OF_BOUNDS', { amount: '0' }],
  ['AMOUNT_OUT_OF_BOUNDS', { amount: '0.99' }],
  ['AMOUNT_OUT_OF_BOUNDS', { amount: '20000.01' }],
  ['AMOUNT_OUT_OF_BOUNDS', { ...ken, amount: '250001' }],
]

it.each(REJECTED)('T19: 200 REJECTED %s: %j, and nothing is taken', async (failureCode, over) => {
  const request = depositRequest(over)
  const answer = await merchant.post('/v2/deposits', request)
  const { depositId } = request
  expect(answer).toMatchObject({ status: 200, body: { depositId, status: 'REJECTED', failureReason: { failureCode } } })
  await merchant.pawapay.advance(1_000)
  expect(merchant.pawapay.captures()).toEqual([])
  expect(merchant.received).toEqual([])
  expect(await merchant.status(depositId as string)).toEqual({ status: 'NOT_FOUND' })
})

it('T19: a DELAYED or CLOSED provider rejects, the others go on', async () => {
  merchant.pawapay.persona({ availability: { MTN_MOMO_ZMB: 'DELAYED', ZAMTEL_ZMB: 'CLOSED' } })
  for (const over of [{}, { provider: 'ZAMTEL_ZMB', phoneNumber: '260953456700' }]) {
    const { status, body } = await merchant.deposit(over)
    expect(status).toBe(200)
    expect(body.failureReason.failureCode).toBe('PROVIDER_TEMPORARILY_UNAVAILABLE')
  }
  const airtel = await merchant.deposit({ provider: 'AIRTEL_OAPI_ZMB', phoneNumber: '260973456789' })
  expect(airtel.body.status).toBe('ACCEPTED')
  merchant.pawapay.persona({ availability: null })
})

it('T20: a repeat is ignored by its id alone, also when it would be rejected, and takes no money again', async () => {
  const request = depositRequest()
  const first = await merchant.post('/v2/deposits', request)
  const { depositId } = request
  const answers = await Promise.all([
    merchant.post('/v2/deposits', request),
    merchant.deposit({ depositId, amount: '99' }),
    merchant.deposit({ depositId, amount: '999999999' }),
    merchant.deposit({ depositId, phoneNumber: '12' }),
  ])
  for (const { status, body } of answers) {
    expect(status).toBe(200)
    expect(body).toEqual({ depositId, status: 'DUPLICATE_IGNORED', created: first.body.created })
  }
  await merchant.pawapay.advance(1_000)
  expect(merchant.pawapay.captures().filter((capture) => capture.reference === depositId)).toHaveLength(1)
})

it('bounds, two decimals, 18 digits of format and the longest message are inside', async () => {
  for (const over of [
    { amount: '1' },
    { amount: '20000' },
    { amount: '19999.99' },
    { customerMessage: 'Note of 4 to 22 chars' },
    { metadata: [...entries(9), { email: 'a@b.example', isPII: true }] },
    { phoneNumber: '22951345789', provider: 'MTN_MOMO_BEN', currency: 'XOF', amount: '100' },
    { phoneNumber: '2290151345789', provider: 'MTN_MOMO_BEN', currency: 'XOF', amount: '100' },
    {
      phoneNumber: '22607345678',
      provider: 'ORANGE_BFA',
      currency: 'XOF',
      amount: '100',
      preAuthorisationCode: '367025',
    },
  ]) {
    expect((await merchant.deposit(over)).body, JSON.stringify(over)).toMatchObject({ status: 'ACCEPTED' })
  }
})
