import { afterAll, beforeAll, expect, it } from 'vitest'
import { startMerchant } from './fixture.ts'

let merchant: Awaited<ReturnType<typeof startMerchant>>
beforeAll(async () => {
  merchant = await startMerchant()
})
afterAll(() => merchant.close())

const URLS = { successfulUrl: 'https://pay.example/c/1', failedUrl: 'https://pay.example/c/1' }
const wave = (over: object = {}) => ({
  depositId: crypto.randomUUID(),
  provider: 'WAVE_SEN',
  phoneNumber: '221773456789',
  currency: 'XOF',
  amount: '500',
  ...over,
})

it('a provider with a page of its own needs to know where to send its customers back to', async () => {
  expect((await merchant.deposit(wave())).body.failureReason.failureCode).toBe('MISSING_PARAMETER')
  expect((await merchant.deposit({ ...URLS })).body.failureReason.failureCode).toBe('UNSUPPORTED_PARAMETER')
})

it('the page is told by the status, and nothing is taken before the customer was there', async () => {
  const order = wave(URLS)
  expect((await merchant.deposit(order)).body).toMatchObject({ status: 'ACCEPTED', nextStep: 'GET_AUTH_URL' })
  await merchant.pawapay.advance(60_000)
  expect((await merchant.status(order.depositId)).data).toMatchObject({
    status: 'PROCESSING',
    nextStep: 'REDIRECT_TO_AUTH_URL',
    authorizationUrl: `https://wave.example/authorise/${order.depositId}`,
    ...URLS,
  })
  expect(merchant.pawapay.captures()).toEqual([])
  await merchant.pawapay.advance(1_800_000)
  expect((await merchant.status(order.depositId)).data).toMatchObject({
    status: 'FAILED',
    failureReason: { failureCode: 'PAYMENT_NOT_APPROVED' },
  })
})

it.each([
  ['367025', 'COMPLETED'],
  ['000000', 'FAILED'],
  ['ABC123', 'FAILED'],
])('the code %s of a provider that asks first: %s', async (preAuthorisationCode, status) => {
  const depositId = crypto.randomUUID()
  const order = { provider: 'ORANGE_BFA', phoneNumber: '22607345678', currency: 'XOF', amount: '500' }
  await merchant.deposit({ depositId, ...order, preAuthorisationCode })
  await merchant.pawapay.advance(1_000)
  expect((await merchant.status(depositId)).data.status).toBe(status)
})
