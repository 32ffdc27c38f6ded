/** What a deployment that takes real money makes of test keys: gateways know no mode. */
import { expect, it } from 'vitest'
import { loadSecrets } from '../../scripts/stack/secrets.ts'
import { sha256Hex } from '../../src/adapters/sha256.ts'
import { linkKeyOf, signLink } from '../../src/flows/checkout-link.ts'
import { freshKey, json, order, useStack } from './fixture.ts'

const lango = useStack({ vars: { consumer: { LANGO_ENVIRONMENT: 'production' } } })

const makeKey = async (wish: object) =>
  json(
    await fetch(`${lango.stack.consumerUrl}/operator/merchants/mer_dev/keys`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${loadSecrets(lango.stack.stateDir).operatorKey}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify(wish),
    }),
  )
const openedWith = async (secretKey: string): Promise<number> => {
  const payload = { invoice: freshKey(), amount: '10.50', currency: 'ZMW', expiresAt: '2099-01-01T00:00:00Z' }
  const link = await signLink((await sha256Hex(secretKey)).slice(0, 16), await linkKeyOf(secretKey), payload)
  const page = await fetch(`${lango.stack.edgeUrl}/c/${link}`)
  await page.body?.cancel()
  return page.status
}
const asked = () => lango.stack.pawapay.requests().filter(({ path }) => path === '/v2/deposits').length

it('makes none, and says which to make', async () => {
  const { status, body } = await makeKey({ mode: 'test', scope: 'secret' })
  expect({ status, body }).toMatchObject({ status: 400, body: { errors: [{ field: 'mode' }] } })
  expect(body.errors[0].message).toContain('Make a live one')
})

it('takes none, of a copied database say: nothing is sent, and no link opens', async () => {
  expect(await lango.pay(order())).toMatchObject({ status: 401, body: { code: 'unauthenticated' } })
  expect(await openedWith(lango.stack.secretKey)).not.toBe(200)
  expect(asked()).toBe(0)
})

it('takes live ones', async () => {
  const { status, body } = await makeKey({ mode: 'live', scope: 'secret' })
  expect(status).toBe(201)
  const authorization = `Bearer ${body.key}`
  expect(await lango.pay(order(), { authorization, 'idempotency-key': freshKey() })).toMatchObject({ status: 201 })
  expect(asked()).toBe(1)
  expect(await openedWith(body.key)).toBe(200)
})
