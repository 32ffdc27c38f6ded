import { expect, it } from 'vitest'
import type { RoutedOutcome, RouteObservation, RoutePolicy, RouteRequest } from '../../../src/contracts/route.ts'
import { createRouteCore } from '../../../src/core/route.ts'
import { createRandom } from '../../simulation/random.ts'
import { loadModule } from './artefacts.ts'
import { recordOf } from './record-of.ts'

/**
 * What route.wasm decides of a made-up afternoon. `rust-core/crates/route/tests/corpus.rs` reads the same file: native and
 * WASM decide the same. A change of the decision rewrites it (`vitest run -u` on this file), and is then to be read.
 */
const RAILS = ['MTN_MOMO_ZMB', 'AIRTEL_ZMB'] as const
const NAMES = ['pawapay', 'mtn', 'wave', 'flutterwave'] as const

const policy: RoutePolicy = {
  version: 'corpus',
  gateways: NAMES.map((name, i) => ({
    name,
    capabilities: i % 2 === 0 ? ['refund'] : [],
    providers: RAILS.slice(0, name === 'mtn' ? 1 : 2).map((code) => ({
      code,
      country: 'ZMB',
      currencies: [{ code: 'ZMW', decimals: i % 2 === 0 ? 2 : 0, maxMinor: '400000' }],
    })),
    ...(name === 'wave' ? { merchants: ['mer_2'] } : {}),
  })),
  rules: [
    { id: 'no-wave', when: { providers: [RAILS[1]] }, effect: { kind: 'exclude', gateways: ['wave'] } },
    { id: 'fee', effect: { kind: 'cost', gateway: 'pawapay', feeBp: 150, fixedMinor: '5', paidBy: 'merchant' } },
    { id: 'fee-2', effect: { kind: 'cost', gateway: 'mtn', feeBp: 90, paidBy: 'customer' } },
    { id: 'two', when: { merchants: ['mer_2'] }, effect: { kind: 'priority', gateways: ['wave', 'mtn'] } },
    {
      id: 'half',
      when: { providers: [RAILS[1]] },
      effect: {
        kind: 'split',
        shares: [
          { gateway: 'pawapay', percent: 50 },
          { gateway: 'flutterwave', percent: 50 },
        ],
      },
    },
  ],
  settings: { lowValueMinor: { ZMW: '5000' }, exploreBp: 2_000 },
}

type Step = { readonly observe: RouteObservation } | { readonly decide: RouteRequest; readonly explained: string }

it('native and WASM decide the same', async () => {
  const core = createRouteCore(loadModule('route.wasm'))
  const router = core.createRouter(policy)
  const random = createRandom(7)
  const seen = (ill: boolean): RouteObservation['seen'] => {
    if (ill && random.chance(0.7))
      return random.pick<RouteObservation['seen']>([
        { kind: 'unknown' },
        { kind: 'slow' },
        { kind: 'failed', cause: 'gateway' },
        { kind: 'failed', cause: 'operator' },
      ])
    return random.pick<RouteObservation['seen']>([
      { kind: 'prompted', afterMs: random.between(1_000, 9_000) },
      { kind: 'succeeded' },
      { kind: 'failed', cause: 'customer' },
      { kind: 'answered' },
      { kind: 'feed', status: random.pick(['operational', 'operational', 'delayed', 'closed'] as const) },
    ])
  }
  const attempted = (): readonly RoutedOutcome[] =>
    random.pick([
      [],
      [],
      [],
      [{ outcome: 'refused', cause: 'gateway' }],
      [{ outcome: 'refused', cause: 'customer' }],
      [{ outcome: 'unknown', doubt: { why: 'not_found', forMs: 90_000 } }],
    ] as const)
  const steps: Step[] = []
  let nowMs = 1_790_000_000_000
  for (let i = 0; i < 420; i++) {
    nowMs += random.between(10, 900)
    if (i % 6 < 5) {
      const [gateway, rail] = [random.pick(NAMES), random.pick(RAILS)]
      const ill = (gateway === 'pawapay' && i > 80 && i < 200) || (rail === RAILS[0] && i > 260 && i < 360)
      const observe = { gateway, rail, probe: random.chance(0.3), nowMs, seen: seen(ill) }
      router.observe(observe)
      steps.push({ observe })
    } else {
      const attempts = attempted().map((outcome) => ({ gateway: random.pick(NAMES), ...outcome }))
      const decide: RouteRequest = {
        paymentId: `pay_${i}`,
        merchant: random.pick(['mer_1', 'mer_2']),
        country: 'ZMB',
        provider: random.pick(RAILS),
        currency: 'ZMW',
        amountMinor: String(random.pick([100, 150, 4_000, 90_000, 450_000])),
        needs: random.chance(0.1) ? ['refund'] : [],
        trigger: attempts.length > 0 && random.chance(0.5) ? 'failover' : 'request',
        attempts,
        nowMs,
      }
      steps.push({ decide, explained: core.explain(recordOf(router.route(decide))) })
    }
  }
  const becauses = new Set(steps.flatMap((step) => ('decide' in step ? [router.route(step.decide).because] : [])))
  expect(becauses.size).toBeGreaterThan(5)
  const lines = steps.map((step) => `    ${JSON.stringify(step)}`).join(',\n')
  const own = JSON.stringify(router.own(nowMs))
  await expect(
    `{\n  "policy": ${JSON.stringify(policy)},\n  "steps": [\n${lines}\n  ],\n  "nowMs": ${nowMs},\n  "own": ${own}\n}\n`,
  ).toMatchFileSnapshot('../../vectors/routing/corpus.json')
})
