/** A gateway that is a folder of data (test/gateways/toypay): no line of src knows it. And a policy that refuses. */
import { createHmac } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, describe, expect, it } from 'vitest'
import { readGateways } from '../../scripts/provision/gateways.ts'
import { gatewaySpecs, sealedProgram } from '../../scripts/provision/program.ts'
import { eventually, expectLedger, freshKey, order, useStack } from './fixture.ts'

interface Charge {
  readonly ref: string
  readonly sum: number
  readonly cur: string
  state: 'queued' | 'paid'
}

const PASSWORD = 'toypay-password'
const WEBHOOK_SECRET = 'toypay-webhook-secret'

/** Toypay's server: takes a charge, tells the shop when it is asked to, and answers questions. */
const charges = new Map<string, Charge>()
const requests: { readonly method: string; readonly url: string; readonly body: string }[] = []
const toypay = createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    const body = Buffer.concat(chunks).toString()
    const { method = '', url = '', headers } = request
    requests.push({ method, url, body })
    const answer = (status: number, json: object): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(json))
    }
    if (headers.authorization !== `Basic ${Buffer.from(`shop:${PASSWORD}`).toString('base64')}`)
      return answer(401, { error: { code: 'WHO_ARE_YOU' } })
    if (method === 'POST' && url === '/charges') {
      const charge: Charge = { ...JSON.parse(body), state: 'queued' }
      if (JSON.parse(body).wallet.network !== 'mtn') return answer(422, { error: { code: 'NETWORK_DOWN' } })
      charges.set(charge.ref, charge)
      return answer(202, { ref: charge.ref, state: 'queued' })
    }
    const charge = charges.get(url.slice('/charges/'.length))
    if (!charge) return answer(404, {})
    const { ref, sum, cur, state } = charge
    return answer(200, { ref, sum, cur, state, tx: 'T-1' })
  })
})
await new Promise<void>((resolve) => toypay.listen(0, '127.0.0.1', resolve))
afterAll(() => {
  toypay.closeAllConnections()
  toypay.close()
})

const lango = useStack({
  vars: {
    edge: { LANGO_GATEWAY: 'toypay' },
    vault: { TOYPAY_ORIGIN: `http://127.0.0.1:${(toypay.address() as AddressInfo).port}`, TOYPAY_USER: 'shop' },
  },
  gateways: {
    sealed: sealedProgram([...gatewaySpecs(['pawapay']), ...readGateways('test/gateways')], {
      default: { amountCapMinor: { ZMW: '20000' }, countries: ['ZMB'] },
    }),
    keys: { 'toypay.password': PASSWORD, 'toypay.webhookSecret': WEBHOOK_SECRET },
  },
})

const tell = (charge: object, secret = WEBHOOK_SECRET): Promise<Response> => {
  const body = JSON.stringify(charge)
  return fetch(`${lango.stack.edgeUrl}/webhooks/toypay/deposits`, {
    method: 'POST',
    headers: { 'toypay-mac': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}` },
    body,
  })
}

describe('a gateway as data', () => {
  it('takes a payment, from the shop to the ledger', async () => {
    const answer = await lango.pay(order({ invoice: 'TOY "1"' }))
    expect(answer).toMatchObject({ status: 201, body: { gateway: 'toypay', nextAction: { type: 'approve_on_phone' } } })
    const { reference } = answer.body.attempts[0]
    const sent = requests.filter(({ method }) => method === 'POST')
    expect(sent).toHaveLength(1)
    expect(sent[0]?.body).toBe(
      `{"ref":"${reference}","sum":1550,"cur":"ZMW","wallet":{"msisdn":"+260763456789","network":"mtn"},"memo":"TOY \\"1\\""}`,
    )

    const charge = charges.get(reference) as Charge
    const paid = { ref: reference, state: 'paid', sum: 1550, cur: 'ZMW', tx: 'T-1' }
    expect((await tell(paid, 'another secret')).status).toBe(401)
    charge.state = 'paid'
    expect((await tell(paid)).status).toBe(200)
    const payment = await lango.until(answer.body.id, (body) => body.fulfilment.status === 'fulfilled')
    expect(payment).toMatchObject({ status: 'succeeded', attempts: [{ n: 1, gateway: 'toypay', status: 'succeeded' }] })
    await expectLedger(lango, [reference])
  })

  it('without a callback the payment object asks', async () => {
    const answer = await lango.pay(order())
    const charge = charges.get(answer.body.attempts[0].reference) as Charge
    charge.state = 'paid'
    const payment = await lango.stack.payment(answer.body.id)
    await eventually(async () => {
      await payment.runDueAlarms(Date.now() + 60_000)
      return (await lango.get(answer.body.id)).body.status === 'succeeded'
    })
    await lango.until(answer.body.id, (body) => body.fulfilment.status === 'fulfilled')
  })

  it('its refusals are refusals', async () => {
    const answer = await lango.pay(order({ phoneNumber: '260973456789' }))
    expect(answer).toMatchObject({ status: 422, body: { code: 'payment_rejected', failureCode: 'NETWORK_DOWN' } })
  })

  it('a gateway that nobody knows is none', async () => {
    const response = await fetch(`${lango.stack.edgeUrl}/webhooks/otherpay/deposits`, { method: 'POST', body: '{}' })
    expect(response.status).toBe(404)
  })
})

describe('the policy in the program', () => {
  it('refuses before anything is sent, and says by which rule', async () => {
    const before = requests.length
    const body = order({ amount: '200.01' })
    const key = freshKey()
    const refused = await lango.pay(body, { 'idempotency-key': key })
    expect(refused).toMatchObject({
      status: 422,
      body: {
        type: 'urn:lango:problem:policy-refused',
        code: 'policy_refused',
        rule: 'amount_cap',
        detail: 'The amount is more than this shop may take in one payment. Nothing was sent.',
      },
    })
    const again = await lango.pay(body, { 'idempotency-key': key })
    expect(again).toMatchObject({ status: 422, body: { code: 'policy_refused', rule: 'amount_cap' } })
    expect(again.headers.get('idempotent-replayed')).toBe('true')
    const payment = await lango.get(refused.body.paymentId)
    expect(payment.body).toMatchObject({ status: 'failed', attempts: [{ n: 1, failureCode: 'policy_amount_cap' }] })
    expect(requests.length).toBe(before)
  })

  it('does not make another amount the same charge', async () => {
    const body = order({ amount: '300' })
    expect((await lango.pay(body)).body.rule).toBe('amount_cap')
    const answer = await lango.pay({ ...body, amount: '200' })
    expect(answer).toMatchObject({ status: 422, body: { code: 'invoice_conflict', field: 'amount' } })
  })

  it('refuses a provider of another country', async () => {
    const answer = await lango.pay(order({ phoneNumber: '250783456789', currency: 'RWF', amount: '1000' }))
    expect(answer).toMatchObject({ status: 422, body: { code: 'policy_refused', rule: 'country' } })
  })
})
