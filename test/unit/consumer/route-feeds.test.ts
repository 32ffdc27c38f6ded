import { beforeEach, describe, expect, it } from 'vitest'
import { createRouteFeeds, FEED_EVERY_MS } from '../../../src/consumer/route-feeds.ts'
import { readRoutePolicy } from '../../../src/consumer/route-policy.ts'
import type { ConditionsOutcome, ProviderConditions } from '../../../src/contracts/vault.ts'
import { createRouteCore } from '../../../src/core/route.ts'
import { loadModule } from '../core/artefacts.ts'
import { recordOf } from '../core/record-of.ts'

const core = createRouteCore(loadModule('route.wasm'))
let nowMs = 1_790_000_000_000
let asked: string[] = []
let failures: unknown[] = []
beforeEach(() => {
  asked = []
  failures = []
})

const policyOf = (...gateways: string[]) => {
  const policy = readRoutePolicy(JSON.stringify({ version: '1', gateways }))
  if (!policy.ok) throw new Error(policy.error)
  return policy.value
}
const said = (provider: string, state: ProviderConditions['state'], currency = 'ZMW'): ProviderConditions => ({
  provider,
  currency,
  state,
  minAmount: null,
  maxAmount: null,
  shownAs: null,
  instructions: null,
})
const deployment = (gateways: string[], answer: () => Promise<ConditionsOutcome>) => {
  const policy = policyOf(...gateways)
  const router = core.createRouter(policy)
  const feeds = createRouteFeeds({
    router,
    gateways: policy.gateways,
    conditions: (gateway, country) => {
      asked.push(`${gateway} ${country}`)
      return answer()
    },
    nowMs: () => nowMs,
    onFailure: (_, error) => failures.push(error),
  })
  const route = (provider: string, country = 'ZMB', currency = 'ZMW') =>
    router.route({
      paymentId: 'pay_1',
      merchant: 'mer_1',
      country,
      provider,
      currency,
      amountMinor: '2000',
      trigger: 'request',
      nowMs,
    })
  return { feeds, route, router }
}
const found =
  (...conditions: ProviderConditions[]) =>
  async (): Promise<ConditionsOutcome> => ({ kind: 'found', conditions })

describe('what gateways say of operators', () => {
  it('closed keeps payments from that gateway, and from the rail when nobody else reaches it: T27', async () => {
    const { feeds, route } = deployment(
      ['pawapay', 'mtn'],
      found(said('MTN_MOMO_ZMB', 'closed'), said('ZAMTEL_ZMB', 'closed'), said('AIRTEL_OAPI_ZMB', 'operational')),
    )
    expect(route('MTN_MOMO_ZMB').gateway).toBe('pawapay')
    await feeds('ZMB')
    expect(asked).toEqual(['pawapay ZMB'])
    expect(recordOf(route('MTN_MOMO_ZMB'))).toMatchObject({ gateway: 'mtn', railPosition: 'closed' })
    expect(route('ZAMTEL_ZMB')).toMatchObject({ gateway: null, because: 'rail_down' })
    expect(route('AIRTEL_OAPI_ZMB')).toMatchObject({ gateway: 'pawapay' })
  })

  it('holds for two minutes, and is asked for once a minute and country', async () => {
    const { feeds, route } = deployment(['pawapay', 'mtn'], found(said('MTN_MOMO_ZMB', 'closed')))
    await feeds('ZMB')
    expect(feeds('ZMB')).toBeNull()
    nowMs += FEED_EVERY_MS
    expect(feeds('ZMB')).not.toBeNull()
    await feeds('RWA')
    expect(asked).toEqual(['pawapay ZMB', 'pawapay ZMB', 'pawapay RWA'])
    nowMs += 120_000
    expect(route('MTN_MOMO_ZMB').gateway).toBe('pawapay')
  })

  it('delayed refuses deposits, and so keeps payments away as closed does', async () => {
    const { feeds, route } = deployment(
      ['pawapay', 'mtn'],
      found(said('MTN_MOMO_ZMB', 'delayed'), said('ZAMTEL_ZMB', 'delayed')),
    )
    await feeds('ZMB')
    expect(recordOf(route('MTN_MOMO_ZMB'))).toMatchObject({ gateway: 'mtn', railPosition: 'closed' })
    expect(route('ZAMTEL_ZMB')).toMatchObject({ gateway: null, because: 'rail_down' })
  })

  it('a rail is as well as its best currency', async () => {
    const { feeds, router, route } = deployment(
      ['pawapay'],
      found(
        said('AIRTEL_COD', 'closed', 'CDF'),
        said('AIRTEL_COD', 'operational', 'USD'),
        said('VODACOM_MPESA_COD', 'operational', 'CDF'),
        said('VODACOM_MPESA_COD', 'delayed', 'USD'),
        said('NOT_OURS', 'closed'),
      ),
    )
    await feeds('COD')
    expect(route('AIRTEL_COD', 'COD', 'USD').gateway).toBe('pawapay')
    expect(route('VODACOM_MPESA_COD', 'COD', 'CDF').gateway).toBe('pawapay')
    expect(router.standing(nowMs).rails.map(({ rail }) => rail)).toEqual(['AIRTEL_COD', 'VODACOM_MPESA_COD'])
  })

  it.each<[string, () => Promise<ConditionsOutcome>]>([
    ['an answer that is none', async () => ({ kind: 'unknown', reason: 'http_500' })],
    ['a vault that breaks', () => Promise.reject(new Error('broken'))],
  ])('%s is no opinion', async (_, answer) => {
    const { feeds, route } = deployment(['pawapay', 'mtn'], answer)
    await feeds('ZMB')
    expect(failures).toHaveLength(1)
    expect(route('MTN_MOMO_ZMB').gateway).toBe('pawapay')
  })

  it('a gateway without a feed, or without the country, is asked nothing', () => {
    const { feeds } = deployment(['mtn', 'wave'], found())
    expect(feeds('ZMB')).toBeNull()
    expect(deployment(['pawapay'], found()).feeds('FRA')).toBeNull()
    expect(asked).toEqual([])
  })
})
