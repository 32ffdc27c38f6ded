import { Webhook } from 'standardwebhooks'
import { beforeAll, describe, expect, it } from 'vitest'
import { createLango, fulfilOnce, memoryOnceStore, verifyWebhook } from '../../../packages/sdk/src/index.ts'
import { invoice, KEY, ORIGIN, send } from './kit.ts'

const SECRET = `whsec_${btoa('0123456789abcdef0123456789abcdef')}`
const request = { sessionId: 's', invoice: 'INV-1', amount: '10.00', currency: 'ZMW', phoneNumber: '260763456789' }

// The first question loads the Worker, with all its modules.
beforeAll(() => send('/health'), 60_000)

/** A shop may run on Workers: what the SDK asks of its platform is asked of workerd here. */
describe('the SDK in a Worker', () => {
  it('calls the edge: what is right is a payment, what is wrong an error of the union', async () => {
    const calls: string[] = []
    const lango = createLango({
      apiKey: KEY,
      baseUrl: ORIGIN,
      fetch: (input, init) => {
        calls.push(`${init?.method} ${input}`)
        return send(new URL(String(input)).pathname, init)
      },
    })
    const invoiceOfThis = invoice()
    const created = await lango.payments.create({ ...request, invoice: invoiceOfThis })
    expect(created).toMatchObject({ ok: true, value: { invoice: invoiceOfThis, amount: '10.00' } })
    expect(await lango.payments.create({ ...request, invoice: invoice(), amount: '-1' })).toMatchObject({
      ok: false,
      error: { reason: 'invalid_request', errors: [{ field: 'amount' }] },
    })
    expect(calls).toEqual(Array(2).fill(`POST ${ORIGIN}/v1/payments`))
  })

  it('times a try out', async () => {
    const lango = createLango({
      apiKey: 'sk_test_1',
      baseUrl: 'https://pay.example.com',
      retries: 0,
      timeoutMs: 20,
      fetch: (_, init) =>
        new Promise((_, reject) => init?.signal?.addEventListener('abort', () => reject(new Error('aborted')))),
    })
    expect(await lango.payments.get('pay_1')).toMatchObject({ error: { reason: 'no_answer' } })
  })

  it('verifies by its Web Crypto, and fulfils once', async () => {
    const now = new Date()
    const body = JSON.stringify({
      type: 'payment.succeeded',
      timestamp: now.toISOString(),
      data: { id: 'pay_1', status: 'succeeded', invoice: 'INV-1' },
    })
    const headers = new Headers({
      'webhook-id': 'evt_1',
      'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
      'webhook-signature': new Webhook(SECRET).sign('evt_1', now, body),
    })
    const delivery = await verifyWebhook({ headers, body, secret: SECRET })
    expect(delivery).toMatchObject({ ok: true, value: { id: 'evt_1' } })
    expect(await verifyWebhook({ headers, body: `${body} `, secret: SECRET })).toMatchObject({
      error: { reason: 'wrong_signature' },
    })
    if (!delivery.ok) throw new Error(delivery.error.message)
    const store = memoryOnceStore()
    const outcomes = await Promise.all([1, 2].map(() => fulfilOnce(store, delivery.value, () => {})))
    expect(outcomes.toSorted()).toEqual(['already_fulfilled', 'fulfilled'])
  })
})
