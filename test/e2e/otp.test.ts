/** Paystack's Telecel wallets: a code that the customer is asked for after the charge, from the shop or the page to the ledger. */
import { afterAll, expect, it } from 'vitest'
import { createLango } from '../../packages/sdk/src/index.ts'
import { gatewaySpecs, sealedProgram } from '../../scripts/provision/program.ts'
import { startPaystack } from '../emulators/paystack/server.ts'
import { formsOf, place, search } from '../scan/forms.ts'
import { placesOf } from '../scan/stack.ts'
import { eventually, expectLedger, json, order, useStack } from './fixture.ts'

const SECRET_KEY = 'sk_test_0f2b9d4c7a1e4c58'
// Nothing listens there: a status query finds the money.
const paystack = await startPaystack({ port: 0, secretKey: SECRET_KEY, callbackUrl: 'http://127.0.0.1:9/nowhere' })
afterAll(() => paystack.close())

const lango = useStack({
  vars: {
    edge: { LANGO_GATEWAY: 'paystack' },
    vault: { PAYSTACK_ORIGIN: paystack.url, PAYSTACK_EMAIL: 'payments@shop.example' },
  },
  gateways: {
    sealed: sealedProgram(gatewaySpecs(['pawapay', 'paystack'])),
    keys: { 'paystack.secretKey': SECRET_KEY },
  },
})

const RIGHT = 'K7QX2M9B'
const WRONG = 'W3ZJ8T5V'
const wallet = { amount: '15.50', currency: 'GHS', phoneNumber: '233201234567', provider: 'VODAFONE_GHA' }

/** A payment that waits for its code. */
const coded = async (persona: Parameters<typeof paystack.persona>[0] = {}) => {
  paystack.persona({ reset: true, step: 'send_otp', otp: RIGHT, ...persona })
  const { status, body } = await lango.pay(order(wallet))
  expect([status, body.status]).toEqual([201, 'needs_action'])
  return { id: body.id as string, reference: body.attempts[0].reference as string }
}
const submit = async (id: string, otp: unknown, headers: Record<string, string> = {}) =>
  json(
    await fetch(`${lango.stack.edgeUrl}/v1/payments/${id}/otp`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${lango.stack.secretKey}`,
        'content-type': 'application/json',
        prefer: 'wait=20',
        ...headers,
      },
      body: JSON.stringify({ otp }),
    }),
  )
/** The codes that reached the gateway for a charge, in order. */
const handedOn = (reference: string): readonly string[] =>
  paystack
    .requests()
    .filter(({ target }) => target === '/charge/submit_otp')
    .map(({ body }) => JSON.parse(body.toString()))
    .filter((sent) => sent.reference === reference)
    .map(({ otp }) => otp)
const capturesOf = (reference: string) =>
  paystack.captures().filter((capture) => capture.reference === reference).length
const untilStatus = async (id: string, status: string) => {
  const payment = await lango.stack.payment(id)
  let aheadMs = 0
  return eventually(async () => {
    aheadMs += 60_000
    await payment.runDueAlarms(Date.now() + aheadMs)
    const { body } = await lango.get(id)
    return body.status === status && body
  })
}

it('T31: a code after the charge: asked for, refused when wrong, handed on once when right', async () => {
  const { id, reference } = await coded()
  expect((await lango.get(id)).body).toMatchObject({
    provider: 'VODAFONE_GHA',
    nextAction: { type: 'otp', message: 'Please dial *110# to generate a voucher code, and enter it here' },
  })
  expect((await submit(id, '12 34')).body).toMatchObject({ code: 'invalid_request', errors: [{ field: 'otp' }] })
  for (let n = 0; n < 2; n++)
    expect(await submit(id, WRONG)).toMatchObject({ status: 422, body: { code: 'otp_refused', because: 'rejected' } })
  const answers = await Promise.all([submit(id, RIGHT), submit(id, RIGHT), submit(id, RIGHT)])
  for (const { status, body } of answers)
    expect([status, body]).toMatchObject([200, { status: 'pending', nextAction: { type: 'approve_on_phone' } }])
  await untilStatus(id, 'succeeded')
  expect((await submit(id, RIGHT)).status).toBe(200)
  expect((await submit(id, '999999')).body).toMatchObject({ code: 'otp_refused', because: 'not_wanted' })
  expect(handedOn(reference)).toEqual([WRONG, RIGHT])
  expect(capturesOf(reference)).toBe(1)
  await lango.until(id, (body) => body.fulfilment.status === 'fulfilled')
  await expectLedger(lango, [reference])
})

it('T31: the answer to a code is lost: unknown, asked about, and taken once', async () => {
  const { id, reference } = await coded({ faultsOn: ['otp'], dropAfterProcessing: true })
  expect((await submit(id, RIGHT)).status).toBe(202)
  expect((await submit(id, RIGHT)).status).toBe(202)
  await untilStatus(id, 'succeeded')
  expect([handedOn(reference), capturesOf(reference)]).toEqual([[RIGHT], 1])
})

it('T31: a code after its time: the gateway says that the charge is over, and the invoice may be paid again', async () => {
  const invoice = order()['invoice'] as string
  paystack.persona({ reset: true, step: 'send_otp', otp: RIGHT, otpWithinMs: 200 })
  const first = (await lango.pay(order({ ...wallet, invoice }))).body
  await eventually(() =>
    paystack
      .charges()
      .some(({ state, request }) => state === 'failed' && request.reference === first.attempts[0].reference),
  )
  expect((await submit(first.id, RIGHT)).status).toBe(202)
  await untilStatus(first.id, 'failed')
  paystack.persona({ otpWithinMs: null })
  const second = (await lango.pay(order({ ...wallet, invoice }))).body
  expect([second.id, second.attempts.length]).toEqual([first.id, 2])
  expect((await submit(second.id, RIGHT)).status).toBe(200)
  await untilStatus(second.id, 'succeeded')
  expect(second.attempts.map(({ reference }: { reference: string }) => capturesOf(reference))).toEqual([0, 1])
})

it('T31: on the page of a checkout: how to get the code, a wrong one, and the right one once', async () => {
  paystack.persona({ reset: true, step: 'send_otp', otp: RIGHT })
  const { invoice } = order()
  const checkout = await json(
    await fetch(`${lango.stack.edgeUrl}/v1/checkouts`, {
      method: 'POST',
      headers: { authorization: `Bearer ${lango.stack.secretKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ invoice, amount: '15.50', currency: 'GHS' }),
    }),
  )
  const { url } = checkout.body
  const post = async (address: string, form: Record<string, string>, headers: Record<string, string> = {}) => {
    const answer = await fetch(address, {
      method: 'POST',
      body: new URLSearchParams(form),
      redirect: 'manual',
      headers,
    })
    return { status: answer.status, text: await answer.text() }
  }
  const page = async () => (await fetch(`${url}?lang=en`)).text()
  expect((await post(url, { attempt: '1', phoneNumber: '233201234567', provider: 'VODAFONE_GHA' })).status).toBe(303)
  const asked = await page()
  expect(asked).toContain('name="otp"')
  expect(asked).toContain('dial *110# to generate a voucher code')
  // It does not ask for itself again: what is being typed would be gone.
  expect(asked).not.toMatch(/<main data-live|http-equiv="refresh"/)
  const otp = (code: string, headers?: Record<string, string>) => post(`${url}/otp?lang=en`, { otp: code }, headers)
  expect(await otp('?')).toMatchObject({ status: 400, text: expect.stringContaining('write the payment code') })
  expect(await otp(WRONG)).toMatchObject({
    status: 400,
    text: expect.stringContaining('did not take the payment code'),
  })
  expect((await otp(RIGHT, { 'sec-fetch-site': 'cross-site' })).status).toBe(403)
  expect((await Promise.all([otp('K7QX 2M9B'), otp(RIGHT)])).map(({ status }) => status)).toEqual([303, 303])
  const { body } = await json(
    await fetch(`${lango.stack.edgeUrl}/v1/payments?invoice=${invoice}`, {
      headers: { authorization: `Bearer ${lango.stack.secretKey}` },
    }),
  )
  const [{ id, attempts }] = body.payments
  await untilStatus(id, 'succeeded')
  expect(await page()).toContain('Thank you')
  expect((await otp(RIGHT)).status).toBe(303)
  expect([handedOn(attempts[0].reference), capturesOf(attempts[0].reference)]).toEqual([[WRONG, RIGHT], 1])
})

it('the SDK hands it on, and says why not', async () => {
  const { id } = await coded()
  const shop = createLango({ apiKey: lango.stack.secretKey, baseUrl: lango.stack.edgeUrl })
  expect(await shop.payments.submitOtp(id, WRONG, { waitSeconds: 20 })).toMatchObject({
    ok: false,
    error: { reason: 'otp_refused', because: 'rejected', paymentId: id },
  })
  expect(await shop.payments.submitOtp(id, RIGHT, { waitSeconds: 20 })).toMatchObject({
    ok: true,
    value: { status: 'pending', nextAction: { type: 'approve_on_phone' } },
  })
  await untilStatus(id, 'succeeded')
})

it('too many codes at once are refused before anything is asked', async () => {
  const { id, reference } = await coded()
  for (let n = 0; n < 10; n++) expect((await submit(id, WRONG)).status).toBe(422)
  expect(await submit(id, RIGHT)).toMatchObject({ status: 429, body: { code: 'rate_limited', limit: 'otp' } })
  expect(handedOn(reference)).toEqual([WRONG])
})

it('I11: no code is in a log, in Redis, in a queue or in a database', async () => {
  const places = [...lango.logs.map((line) => place('log', line)), ...(await placesOf(lango.stack))]
  expect(
    search(
      places,
      [RIGHT, WRONG].flatMap((code) => formsOf('a code', code)),
    ),
  ).toEqual([])
})
