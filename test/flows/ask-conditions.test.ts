import { expect, it } from 'vitest'
import { countryRoutes } from '../../src/consumer/country-routes.ts'
import { readRoutePolicy } from '../../src/consumer/route-policy.ts'
import type { ProviderRoute } from '../../src/contracts/consumer.ts'
import type { ProviderConditions } from '../../src/contracts/vault.ts'
import { asHeld, askConditions } from '../../src/edge/ask-conditions.ts'

const CLOSED: ProviderConditions = {
  gateway: 'pawapay',
  provider: 'WAVE_SEN',
  currency: 'XOF',
  state: 'closed',
  minAmount: '100',
  maxAmount: '2000000',
  shownAs: 'pawaPay',
  instructions: { ussd: '*99#', steps: { en: ['Dial it'] } },
}
const BARS_NOBODY = { ...CLOSED, state: 'operational', minAmount: null, maxAmount: null }

const routesIn = (country: string, ...gateways: string[]): readonly ProviderRoute[] | null => {
  const policy = readRoutePolicy(JSON.stringify({ version: '1', gateways }))
  if (!policy.ok) throw new Error(policy.error)
  return countryRoutes(policy.value, country)
}

it.each([
  ['all payments go through who says so', null, 'pawapay', CLOSED],
  ['all payments go through another', null, 'wave', BARS_NOBODY],
  ['the policy has another that takes this provider', routesIn('SEN', 'pawapay', 'wave'), 'pawapay', BARS_NOBODY],
  ['the policy has others, of other networks', routesIn('SEN', 'pawapay', 'mtn', 'paystack'), 'pawapay', CLOSED],
  ['the policy has only another', routesIn('SEN', 'wave'), 'pawapay', BARS_NOBODY],
  [
    'another takes it in another currency',
    [{ gateway: 'wave', provider: 'WAVE_SEN', currency: 'EUR' }],
    'pawapay',
    CLOSED,
  ],
] as const)('a gateway’s word holds for payments through it: %s', (_, routes, own, held) => {
  expect(asHeld(CLOSED, routes, own)).toEqual(held)
})

it('a vault of before, that does not say whose word it is, is believed as before', () => {
  const { gateway: _, ...told } = CLOSED
  expect(asHeld(told, null, 'wave')).toEqual(told)
})

it('the policy’s routes are those of one country, by currency; without a policy there are none to tell', () => {
  expect(countryRoutes(null, 'SEN')).toBeNull()
  expect(routesIn('SEN', 'wave')).toEqual([{ gateway: 'wave', provider: 'WAVE_SEN', currency: 'XOF' }])
  expect(routesIn('COD', 'pawapay')).toContainEqual({
    gateway: 'pawapay',
    provider: 'VODACOM_MPESA_COD',
    currency: 'USD',
  })
  expect(routesIn('ZMB', 'wave')).toEqual([])
})

it('asks both about the country, and passes on that nothing is known', async () => {
  const asked: string[] = []
  const ask = (conditions: readonly ProviderConditions[] | null) =>
    askConditions(
      {
        gateway: 'pawapay',
        vault: {
          conditions: async (country) => {
            asked.push(country)
            return conditions ? { kind: 'found', conditions } : { kind: 'unknown', reason: 'timeout' }
          },
        },
        consumer: {
          routes: async (country) => {
            asked.push(country)
            return routesIn(country, 'pawapay', 'wave')
          },
        },
      },
      'SEN',
    )
  expect(await ask([CLOSED])).toEqual({ kind: 'found', conditions: [BARS_NOBODY] })
  expect(await ask(null)).toEqual({ kind: 'unknown', reason: 'timeout' })
  expect(asked).toEqual(['SEN', 'SEN', 'SEN', 'SEN'])
})
