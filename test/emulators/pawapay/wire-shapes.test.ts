import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { depositRequest, type Merchant, startMerchant } from './fixture.ts'

const vector = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../vectors/pawapay/${name}`, import.meta.url), 'utf8'))
const shapes = vector('v2-shapes.json')

let merchant: Merchant
beforeAll(async () => {
  merchant = await startMerchant()
})
afterAll(() => merchant.close())

/** The same names in the same nesting with the same types of values. Extra names are listed, so that none slips in. */
const shapeOf = (value: unknown): unknown =>
  typeof value !== 'object' || value === null
    ? typeof value
    : Array.isArray(value)
      ? value.map(shapeOf)
      : Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, shapeOf(inner)]))

it('takes the documented request as it is and answers, reports and calls back in the documented shapes', async () => {
  const request = shapes.deposit_request
  const accepted = await merchant.post('/v2/deposits', request)
  expect(accepted.status).toBe(200)
  expect(shapeOf(accepted.body)).toEqual(shapeOf(shapes.initiation_200_accepted))
  expect(accepted.body).toMatchObject({ depositId: request.depositId, status: 'ACCEPTED', nextStep: 'FINAL_STATUS' })
  expect(accepted.body.created).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)

  const again = await merchant.post('/v2/deposits', { ...request, amount: '16' })
  expect(again.status).toBe(200)
  expect(shapeOf(again.body)).toEqual(shapeOf(shapes.initiation_200_duplicate))
  expect(again.body).toEqual({
    depositId: request.depositId,
    status: 'DUPLICATE_IGNORED',
    created: accepted.body.created,
  })

  await merchant.pawapay.advance(400)
  const found = await merchant.status(request.depositId)
  expect(shapeOf(found)).toEqual(shapeOf(shapes.deposit_status_found))
  expect(found.data).toMatchObject({
    status: 'COMPLETED',
    amount: '15.00',
    country: 'ZMB',
    clientReferenceId: 'INV-123456',
    metadata: { orderId: 'ORD-123456789', customerId: 'customer@email.com' },
  })

  const [callback] = merchant.received
  expect(Object.keys(callback?.json)).toEqual(Object.keys(shapes.deposit_callback_completed))
  const { clientReferenceId: _, ...data } = found.data
  expect(callback?.json).toEqual(data)
  expect(merchant.pawapay.captures()).toEqual([
    {
      reference: request.depositId,
      amount: '15.00',
      currency: 'ZMW',
      msisdn: '260763456789',
      provider: 'MTN_MOMO_ZMB',
      requestedAtMs: expect.any(Number),
      capturedAtMs: expect.any(Number),
      takenAtMs: expect.any(Number),
    },
  ])
})

it('a failed deposit', async () => {
  const request = depositRequest({ phoneNumber: '260763456039' })
  await merchant.post('/v2/deposits', request)
  await merchant.pawapay.advance(400)
  const found = await merchant.status(request['depositId'] as string)
  expect(found.data).toMatchObject(shapes.deposit_status_failed_data_part)
  expect(found.data).not.toHaveProperty('providerTransactionId')
})

it('an unknown id, a rejection, a wrong token, an unreadable body', async () => {
  merchant.pawapay.reset()
  expect(await merchant.status(crypto.randomUUID())).toEqual(shapes.status_not_found)

  const short = await merchant.deposit({ depositId: shapes.initiation_200_rejected.depositId, phoneNumber: '2607634' })
  expect(short).toMatchObject({ status: 200, body: shapes.initiation_200_rejected })
  expect(Object.keys(short.body)).toEqual(Object.keys(shapes.initiation_200_rejected))

  const bounds = await merchant.deposit({
    depositId: shapes.initiation_200_rejected_bounds.depositId,
    amount: '20000.01',
  })
  expect(bounds).toMatchObject({ status: 200, body: shapes.initiation_200_rejected_bounds })

  const wrong = await merchant.deposit({}, { authorization: 'Bearer wrong' })
  expect(wrong).toMatchObject({ status: 401, body: shapes.initiation_401 })

  const unreadable = await merchant.post('/v2/deposits', '{"depositId":')
  expect(unreadable.status).toBe(400)
  expect(unreadable.body.failureReason).toEqual(shapes.initiation_400.failureReason)
})

it('predict-provider', async () => {
  const { request, response, failure } = shapes.predict_provider
  expect(await merchant.post('/v2/predict-provider', request)).toMatchObject({ status: 200, body: response })
  expect((await merchant.post('/v2/predict-provider', { phoneNumber: '12' })).body).toEqual(failure)
})

it('public keys, availability in both shapes', async () => {
  const keys = (await fetch(`${merchant.pawapay.url}/v2/public-key/http`)).json()
  expect(shapeOf(await keys)).toEqual(shapeOf(shapes.public_keys))

  const documented = await merchant.call('/v2/availability?country=GHA&operationType=DEPOSIT')
  expect(documented.body[0].providers).toContainEqual({
    provider: 'VODAFONE_GHA',
    operationTypes: [{ operationType: 'DEPOSIT', status: 'OPERATIONAL' }],
  })
  merchant.pawapay.persona({ availabilityShape: 'map', availability: { VODAFONE_GHA: 'DELAYED' } })
  const recorded = await merchant.call('/v2/availability?country=GHA')
  expect(recorded.body[0].providers).toContainEqual({
    provider: 'VODAFONE_GHA',
    operationTypes: { DEPOSIT: 'DELAYED', PAYOUT: 'DELAYED', REFUND: 'DELAYED' },
  })
  merchant.pawapay.persona({ reset: true })
})

it('active-conf has the recorded shape and limits', async () => {
  const recorded = vector('active-conf-excerpt-RWA.json')
  const { body } = await merchant.call('/v2/active-conf?country=RWA')
  const [country] = body.countries
  const provider = country.providers.find((entry: { provider: string }) => entry.provider === 'MTN_MOMO_RWA')
  const { _note, ...excerpt } = recorded
  expect(shapeOf({ ...body, countries: [{ ...country, providers: [provider] }] })).toEqual(shapeOf(excerpt))
  const ours = provider.currencies[0].operationTypes
  const theirs = recorded.countries[0].providers[0].currencies[0].operationTypes
  for (const operation of ['DEPOSIT', 'PAYOUT', 'REFUND']) {
    expect({ ...ours[operation], callbackUrl: '' }).toEqual({ ...theirs[operation], callbackUrl: '' })
  }
})

it('an unknown path is 404, and a call without a token 401', async () => {
  for (const path of ['/', '/deposits', '/v2/deposit', '/v2/payouts', '/v3/deposits']) {
    expect((await merchant.post(path, {})).status).toBe(404)
  }
  for (const path of ['/v2/active-conf', '/v2/availability', `/v2/deposits/${crypto.randomUUID()}`]) {
    const answer = await fetch(merchant.pawapay.url + path)
    expect(answer.status).toBe(401)
    expect(await answer.json()).toMatchObject({ failureReason: { failureCode: 'NO_AUTHENTICATION' } })
  }
})
