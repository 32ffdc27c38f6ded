import { expect, it } from 'vitest'
import { freshKey, json, order, useStack } from './fixture.ts'

const lango = useStack()

const redisKeys = async (): Promise<unknown[]> =>
  (await (await fetch(`${lango.stack.redis.url}/_sim/keys`)).json()) as unknown[]

/** A refusal leaves no trace: nothing at the gateway, nothing in Redis (T13). */
const expectNothing = async (): Promise<void> => {
  expect(lango.stack.pawapay.requests().filter((request) => request.method === 'POST')).toEqual([])
  expect(await redisKeys()).toEqual([])
}

const REFUSED: readonly (readonly [name: string, body: Record<string, unknown>, code: string, field: string | null])[] =
  [
    ['an unknown field', order({ colour: 'red' }), 'invalid_request', 'colour'],
    ['too many decimals', order({ amount: '10.005' }), 'invalid_request', 'amount'],
    ['a JSON number as amount', order({ amount: 10.5 }), 'invalid_request', 'amount'],
    ['a negative amount', order({ amount: '-5' }), 'invalid_request', 'amount'],
    ['zero', order({ amount: '0' }), 'invalid_request', 'amount'],
    ['an exponent', order({ amount: '1e3' }), 'invalid_request', 'amount'],
    [
      'decimals in a currency without',
      order({ amount: '100.50', currency: 'RWF', phoneNumber: '250783456789' }),
      'invalid_request',
      'amount',
    ],
    ['a bad number', order({ phoneNumber: '12' }), 'invalid_request', 'phoneNumber'],
    ['letters as number', order({ phoneNumber: 'call me' }), 'invalid_request', 'phoneNumber'],
    ['an unknown currency', order({ currency: 'ZZZ' }), 'invalid_request', 'currency'],
    ['a missing invoice', order({ invoice: undefined }), 'invalid_request', 'invoice'],
    [
      'a host that no gateway is told',
      order({ returnUrl: 'https://my_shop.example/' }),
      'invalid_request',
      'returnUrl',
    ],
    ['a bad customer message', order({ customerMessage: 'é!' }), 'invalid_request', 'customerMessage'],
    [
      'nine metadata entries',
      order({ metadata: Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`k${i}`, 'v'])) }),
      'invalid_request',
      'metadata',
    ],
  ]

it.each(REFUSED)('%s is 400 and names the field', async (_name, body, code, field) => {
  const answer = await lango.pay(body)
  expect(answer.status).toBe(400)
  expect(answer.headers.get('content-type')).toContain('application/problem+json')
  expect(answer.body.code).toBe(code)
  expect(JSON.stringify(answer.body.errors)).toContain(field)
  await expectNothing()
})

it('T01: a missing key is 400 missing_idempotency_key', async () => {
  const answer = await json(
    await fetch(`${lango.stack.edgeUrl}/v1/payments`, {
      method: 'POST',
      headers: { authorization: `Bearer ${lango.stack.secretKey}`, 'content-type': 'application/json' },
      body: JSON.stringify(order()),
    }),
  )
  expect(answer).toMatchObject({ status: 400, body: { code: 'missing_idempotency_key' } })
  expect(answer.headers.get('content-type')).toContain('application/problem+json')
  await expectNothing()
})

it.each([
  ['a wrong API key', 'Bearer sk_test_wrong'],
  ['no API key', ''],
  ['another scheme', 'Basic Zm9vOmJhcg=='],
])('%s is 401', async (_name, authorization) => {
  const answer = await lango.pay(order(), { authorization })
  expect(answer).toMatchObject({ status: 401 })
  expect(answer.headers.get('content-type')).toContain('application/problem+json')
  await expectNothing()
})

it('65 KiB are 413', async () => {
  const answer = await lango.pay(order({ metadata: { big: 'x'.repeat(65 * 1024) } }))
  expect(answer.status).toBe(413)
  expect(answer.headers.get('content-type')).toContain('application/problem+json')
  await expectNothing()
})

it('broken JSON, a list and an empty body are 400', async () => {
  for (const body of ['{"amount":', '[]', '', 'null']) {
    const answer = await json(
      await fetch(`${lango.stack.edgeUrl}/v1/payments`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${lango.stack.secretKey}`,
          'content-type': 'application/json',
          'idempotency-key': freshKey(),
        },
        body,
      }),
    )
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_request' } })
  }
  await expectNothing()
})

it('an unknown payment is 404, also when its id is not one', async () => {
  expect((await lango.get(`pay_${'0'.repeat(26)}`)).status).toBe(404)
  expect((await lango.get('pay_nothing')).status).toBe(404)
})

it('T13: after a refusal the same key is not poisoned', async () => {
  const key = freshKey()
  const body = order()
  expect((await lango.pay({ ...body, amount: 'ten' }, { 'idempotency-key': key })).status).toBe(400)
  expect((await lango.pay(body, { 'idempotency-key': key, authorization: 'Bearer sk_test_wrong' })).status).toBe(401)
  expect((await lango.pay(body, { 'idempotency-key': key })).status).toBe(201)
})

it.each([
  ['https://shop.example/#/orders/1'],
  ['https://Shop.Example/ok'],
  ['https://münchen.example/'],
  ['https://shop.example/ok?nom=Zoé'],
  [`https://shop.example/${'é'.repeat(1000)}`],
])('%s is an address like any other, and the shop gets it back as it wrote it', async (returnUrl) => {
  const body = order({ returnUrl })
  const key = freshKey()
  const answer = await lango.pay(body, { 'idempotency-key': key })
  expect(answer).toMatchObject({ status: 201, body: { returnUrl } })
  expect((await lango.pay(body, { 'idempotency-key': key })).body.id).toBe(answer.body.id)
})
