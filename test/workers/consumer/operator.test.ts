import { SELF } from 'cloudflare:test'
import { expect, it } from 'vitest'

const KEY = 'op_test_of_the_consumers_own_tests'
const get = (authorization?: string) =>
  SELF.fetch('https://deliveries.example.com/operator', authorization ? { headers: { authorization } } : {})

it('answers the operator', async () => {
  const response = await get(`Bearer ${KEY}`)
  expect(response.status).toBe(200)
  expect(await response.json()).toEqual({ status: 'ok' })
})

it.each([undefined, 'Bearer', `Bearer ${KEY}x`, `Bearer ${KEY.slice(0, -1)}`, 'Bearer sk_test_lango_dev', KEY])(
  'answers nobody else: %s',
  async (authorization) => {
    const response = await get(authorization)
    expect(response.status).toBe(401)
    expect(await response.json()).toMatchObject({ code: 'unauthenticated' })
  },
)
