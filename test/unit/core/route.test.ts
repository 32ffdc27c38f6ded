import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { RouteObservation, RoutePolicy, RouteRequest } from '../../../src/contracts/route.ts'
import { createRouteCore } from '../../../src/core/route.ts'
import { loadModule } from './artefacts.ts'
import { recordOf } from './record-of.ts'

const core = createRouteCore(loadModule('route.wasm'))
const NOW_MS = 1_790_000_000_000
const RAIL = 'MTN_MOMO_ZMB'

const gateway = (name: string) => ({
  name,
  providers: [{ code: RAIL, country: 'ZMB', currencies: [{ code: 'ZMW', decimals: 2 }] }],
})
const policy: RoutePolicy = {
  version: '1',
  gateways: [gateway('pawapay'), gateway('mtn')],
  settings: { lowValueMinor: { ZMW: '5000' }, exploreBp: 0 },
}
const request: RouteRequest = {
  paymentId: 'pay_1',
  merchant: 'mer_1',
  country: 'ZMB',
  provider: RAIL,
  currency: 'ZMW',
  amountMinor: '2000',
  trigger: 'request',
  nowMs: NOW_MS,
}
const lost = (gateway: string): RouteObservation => ({ gateway, rail: RAIL, nowMs: NOW_MS, seen: { kind: 'unknown' } })

describe('route.wasm', () => {
  it('decides, says why, and explains it', () => {
    const routed = core.createRouter(policy).route(request)
    expect(routed).toEqual({ gateway: 'pawapay', because: 'score', probe: false, record: expect.any(String) })
    const decision = recordOf(routed)
    expect(JSON.stringify(decision), 'as JavaScript would store it').toBe(routed.record)
    expect(decision).toMatchObject({ v: 1, gateway: 'pawapay', because: 'score', probe: false, policyVersion: '1' })
    expect(decision.candidates.map(({ gateway, whyNot }) => [gateway, whyNot])).toEqual([
      ['pawapay', null],
      ['mtn', null],
    ])
    expect(core.explain(decision)).toMatch(/^pay_1: pawapay, the best score \(policy 1, /)
  })

  it('T26: never lets go of an attempt that may still be captured, and opens around it', () => {
    const router = core.createRouter(policy)
    for (let i = 0; i < 8; i++) router.observe(lost('pawapay'))
    expect(router.route(request)).toMatchObject({ gateway: 'mtn' })
    const attempts = [{ gateway: 'pawapay', outcome: 'unknown', doubt: { why: 'timed_out' } }] as const
    expect(core.mayFailOver(attempts)).toEqual({ allowed: false, why: 'may_still_be_captured' })
    for (const trigger of ['request', 'failover'] as const)
      expect(router.route({ ...request, trigger, attempts })).toMatchObject({
        gateway: null,
        because: 'may_still_be_captured',
      })
    const refused = [{ gateway: 'pawapay', outcome: 'refused', cause: 'gateway' }] as const
    expect(recordOf(router.route({ ...request, trigger: 'failover', attempts: refused }))).toMatchObject({
      gateway: 'mtn',
      failover: { allowed: true, why: 'refused_for_good' },
    })
  })

  it('learns of others, keeps its own when they are gone, and each policy has its own memory', () => {
    const [one, other] = [core.createRouter(policy), core.createRouter(policy)]
    for (let i = 0; i < 8; i++) one.observe(lost('pawapay'))
    expect(other.route(request).gateway).toBe('pawapay')
    expect(other.hear([one.own(NOW_MS)], NOW_MS)).toBe(1)
    expect(other.route(request).gateway).toBe('mtn')
    expect(other.hear(['{"rails":7}', one.own(NOW_MS), '{}],[{}', 'no JSON'], NOW_MS)).toBe(1)
    expect(other.route(request).gateway).toBe('mtn')
    expect(other.hear([], NOW_MS)).toBe(0)
    expect(other.route(request).gateway).toBe('pawapay')
    expect(one.hear([], NOW_MS)).toBe(0)
    expect(one.route(request).gateway).toBe('mtn')
    expect(one.probesDue(NOW_MS + 10_000)).toEqual([{ gateway: 'pawapay', rail: RAIL }])
  })

  it('takes the policy of docs/routing.md', () => {
    const [, example = ''] = /```json\n(\{\n[\s\S]*?)```/.exec(readFileSync('docs/routing.md', 'utf8')) ?? []
    const router = core.createRouter(JSON.parse(example))
    expect(recordOf(router.route({ ...request, amountMinor: '150000', merchant: 'mer_kafue' }))).toMatchObject({
      gateway: 'mtn',
      rule: 'large-direct',
    })
  })

  it('refuses a policy line by line, and what only a bug could ask', () => {
    const rules = [{ id: 'a', effect: { kind: 'priority' as const, gateways: ['nobody', 'nothing'] } }]
    expect(() => core.createRouter({ ...policy, rules })).toThrow(
      new RangeError('rules.0.effect: there is no gateway `nobody`\nrules.0.effect: there is no gateway `nothing`'),
    )
    expect(() => core.createRouter(policy).route({ ...request, amountMinor: '1.5' })).toThrow(/^malformed_request: /)
  })
})
