/** CinetPay, from the shop to the ledger: a page of the gateway's own, for a wallet that other gateways prompt. */
import { afterAll, expect, it } from 'vitest'
import { gatewaySpecs, sealedProgram } from '../../scripts/provision/program.ts'
import { startCinetPay } from '../emulators/cinetpay/server.ts'
import { eventually, expectLedger, order, useStack } from './fixture.ts'

const account = { apiKey: '447088687629111c58c3573.70152188', siteId: '911501', secretKey: 'of-the-back-office' }
// Nothing listens there: a status query finds the money.
const cinetpay = await startCinetPay({ ...account, port: 0, callbackUrl: 'http://127.0.0.1:9/nowhere' })
afterAll(() => cinetpay.close())

const lango = useStack({
  vars: {
    edge: { LANGO_GATEWAY: 'cinetpay' },
    vault: {
      CINETPAY_ORIGIN: cinetpay.url,
      CINETPAY_SITE_ID: account.siteId,
      CINETPAY_NOTIFY_URL: 'https://pay.example.com/webhooks/cinetpay/deposits',
    },
  },
  gateways: {
    sealed: sealedProgram(gatewaySpecs(['cinetpay', 'pawapay'])),
    keys: { 'cinetpay.apiKey': account.apiKey },
  },
})

const wallet = { amount: '1500', currency: 'XOF', phoneNumber: '2250701234567', provider: 'ORANGE_CIV' }

it('sends the customer to its page and back to the shop’s, or to ours; the money is asked about', async () => {
  const answer = await lango.pay(order({ ...wallet, returnUrl: 'https://shop.example/thanks' }))
  expect(answer).toMatchObject({ status: 201, body: { gateway: 'cinetpay', nextAction: { type: 'redirect' } } })
  expect((await lango.pay(order(wallet))).status).toBe(201)
  const leads = cinetpay
    .requests()
    .filter(({ target }) => target === '/v2/payment')
    .map(({ body }) => JSON.parse(body.toString()).return_url)
  expect(leads).toEqual(['https://shop.example/thanks', lango.stack.edgeUrl])

  const { reference } = answer.body.attempts[0]
  await eventually(() => cinetpay.captures().some((capture) => capture.reference === reference))
  const payment = await lango.stack.payment(answer.body.id)
  await eventually(async () => {
    await payment.runDueAlarms(Date.now() + 60_000)
    return (await lango.get(answer.body.id)).body.status === 'succeeded'
  })
  await eventually(async () => (await lango.get(answer.body.id)).body.fulfilment.status === 'fulfilled')
  await expectLedger(lango, [reference])
})
