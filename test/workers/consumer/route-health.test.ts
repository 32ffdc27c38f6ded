import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { healthLines } from '../../../scripts/lango/route-health.ts'
import { routingRoutes } from '../../../src/consumer/routes/routing.ts'
import type { BeginInput } from '../../../src/contracts/payment-object.ts'
import type { SendOutcome } from '../../../src/contracts/vault.ts'
import { operate, order, vault } from './kit.ts'
import { routedBy } from './routed.ts'

const RAIL = 'MTN_MOMO_ZMB'
const FIRST = {
  version: '1',
  gateways: ['pawapay', 'mtn'],
  rules: [{ id: 'usual', effect: { kind: 'priority', gateways: ['pawapay', 'mtn'] } }],
  // However bad its score: only a breaker keeps payments from the first.
  settings: { toleranceBp: 10_000 },
}
const LOW_VALUES = { ...FIRST, settings: { ...FIRST.settings, lowValueMinor: { ZMW: '5000' }, exploreBp: 0 } }

type Deployment = ReturnType<typeof routedBy>

/** `send`: what comes of it at pawaPay; and at MTN, where nothing else is said. */
const pay = async (deployment: Deployment, send: SendOutcome, over: Partial<BeginInput> = {}, mtn = send) => {
  const input = order(over)
  await vault.play(input.paymentId, { sends: { pawapay: send, mtn }, status: { kind: 'found', outcome: 'pending' } })
  const answer = await deployment.begin(input)
  const sends = (await vault.calls(input.paymentId)).sends.map(({ gateway }) => gateway)
  return { input, answer, sends }
}
/** Payments that come to this at the first gateway, until it is no longer asked. */
const until = async (deployment: Deployment, gateway: string, send: SendOutcome) => {
  const gone: BeginInput[] = []
  for (let i = 0; i < 20; i++) {
    const { input, sends } = await pay(deployment, send, {}, { kind: 'accepted' })
    if (!sends.includes(gateway)) return gone
    gone.push(input)
  }
  throw new Error(`${gateway} is asked for ever`)
}
const positions = async (deployment: Deployment) => {
  const health = await deployment.health()
  const rail = health?.rails.find((each) => each.rail === RAIL)
  return {
    gateways: health?.gateways.map(({ position }) => position),
    rail: rail?.position,
    pairs: Object.fromEntries(rail?.pairs.map(({ gateway, position }) => [gateway, position]) ?? []),
  }
}

describe('an operator that is down', () => {
  it('T27: opens its rail and neither gateway, the shop hears why at once, and other operators go on', async () => {
    const deployment = routedBy(FIRST)
    // Both work elsewhere, and so are not to blame.
    for (let i = 0; i < 3; i++) await pay(deployment, { kind: 'accepted' }, { provider: 'AIRTEL_OAPI_ZMB' })
    const refused = { kind: 'rejected', code: 'PROVIDER_TEMPORARILY_UNAVAILABLE' } as const
    const asked = new Set<string>()
    let last: Awaited<ReturnType<typeof pay>> | undefined
    for (let i = 0; i < 20 && last?.answer.kind !== 'no_route'; i++) {
      last = await pay(deployment, refused)
      for (const gateway of last.sends) asked.add(gateway)
    }
    expect(last).toMatchObject({ answer: { kind: 'no_route', because: 'rail_down' }, sends: [] })
    expect([...asked].toSorted()).toEqual(['mtn', 'pawapay'])
    expect(await positions(deployment)).toEqual({
      gateways: ['closed', 'closed'],
      rail: 'open',
      pairs: { pawapay: 'closed', mtn: 'closed' },
    })
    expect(await pay(deployment, { kind: 'accepted' }, { provider: 'AIRTEL_OAPI_ZMB' })).toMatchObject({
      sends: ['pawapay'],
    })
  })
})

describe('a breaker that is half-open', () => {
  const T0 = Date.now()
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['Date'], now: T0 })
  })
  afterEach(() => {
    vi.useRealTimers()
  })
  const inSeconds = (s: number) => vi.setSystemTime(T0 + s * 1_000)

  it('is probed by asking about what is open there, and closes without a payment that looked', async () => {
    const deployment = routedBy(FIRST)
    const lost = await until(deployment, 'pawapay', { kind: 'unknown', reason: 'timeout' })
    expect(await positions(deployment)).toMatchObject({ pairs: { pawapay: 'open' } })
    expect(lost.length).toBeGreaterThan(2)
    for (const [i, input] of lost.slice(0, 3).entries()) {
      inSeconds(30 + i)
      await deployment.inObject(input.paymentId, (object) => object.refresh())
      expect((await vault.calls(input.paymentId)).asked).toContain('pawapay')
    }
    expect(await positions(deployment)).toMatchObject({ pairs: { pawapay: 'closed' } })
    expect((await pay(deployment, { kind: 'accepted' })).sends).toEqual(['pawapay'])
  })

  it('closes when payments of low value have passed, however often it was asked about meanwhile', async () => {
    const deployment = routedBy(LOW_VALUES)
    const lost = await until(deployment, 'pawapay', { kind: 'unknown', reason: 'timeout' })
    expect(lost.length).toBeGreaterThan(3)
    inSeconds(12)
    for (const input of lost.slice(0, 4)) await deployment.inObject(input.paymentId, (object) => object.refresh())
    for (let i = 0; i < 3; i++) expect((await pay(deployment, { kind: 'accepted' })).sends).toEqual(['pawapay'])
    expect(await positions(deployment)).toMatchObject({ pairs: { pawapay: 'closed' } })
  })

  it('opens again when such a question is not answered', async () => {
    const deployment = routedBy(FIRST)
    const [first] = await until(deployment, 'pawapay', { kind: 'unknown', reason: 'timeout' })
    if (!first) throw new Error('nothing was lost')
    inSeconds(30)
    await vault.play(first.paymentId, { status: { kind: 'unknown', reason: 'timeout' } })
    expect(await positions(deployment)).toMatchObject({ pairs: { pawapay: 'half_open' } })
    await deployment.inObject(first.paymentId, (object) => object.refresh())
    expect(await positions(deployment)).toMatchObject({ pairs: { pawapay: 'open' } })
  })

  it.each([
    ['a payment of low value, soon', LOW_VALUES, 26],
    ['where no amount is low, any payment, after a minute', FIRST, 75],
  ])('with nothing open there to ask about it is probed by %s', async (_, policy, afterS) => {
    const deployment = routedBy(policy)
    // Refused for good: there is nothing to ask about.
    await until(deployment, 'pawapay', { kind: 'rejected', code: 'AUTHENTICATION_ERROR' })
    inSeconds(12)
    expect((await pay(deployment, { kind: 'accepted' })).sends).toEqual(['mtn'])
    for (let i = 0; i < 3; i++) {
      inSeconds(afterS + i)
      expect((await pay(deployment, { kind: 'accepted' })).sends).toEqual(['pawapay'])
    }
    expect(await positions(deployment)).toMatchObject({ pairs: { pawapay: 'closed' } })
  })
})

describe('how gateways are doing, for people', () => {
  it('is a line for each gateway of a rail', async () => {
    const deployment = routedBy(FIRST)
    await pay(deployment, { kind: 'accepted' })
    const health = await deployment.health()
    if (!health) throw new Error('there is no policy')
    const [first, head, pawapay] = healthLines(health)
    expect(first).toBe('policy 1: pawapay, mtn; of the last two minutes')
    expect(head).toMatch(/^rail +gateway +success +unknown +prompt +outcomes +breaker +feed$/)
    expect(pawapay).toMatch(/^MTN_MOMO_ZMB +pawapay +- +- +0\.\d s +0 +closed +operational$/)
    expect(healthLines({ ...health, rails: [] })).toEqual([first, 'Nothing was seen yet.'])
  })

  it('says what is open', () => {
    const [, , ...rows] = healthLines({
      policyVersion: '1',
      gateways: [{ name: 'pawapay', position: 'half_open' }],
      rails: [
        {
          rail: RAIL,
          position: 'open',
          pairs: [
            {
              gateway: 'pawapay',
              position: 'closed',
              feed: 'closed',
              outcomes: 12,
              successBp: 9_125,
              unknownBp: 500,
              promptMs: 4_260,
            },
          ],
        },
      ],
    })
    expect(rows.map((row) => row.split(/ {2,}/))).toEqual([
      [RAIL, 'all', '-', '-', '-', '-', 'open', '-'],
      [RAIL, 'pawapay', '91.3 %', '5.0 %', '4.3 s', '12', 'closed', 'closed'],
      ['all', 'pawapay', '-', '-', '-', '-', 'half-open', '-'],
    ])
  })

  it('needs a policy', async () => {
    expect(await operate('GET', '/routing/health')).toMatchObject({ code: 'not_found' })
    const bad = routingRoutes({ routeHealth: async () => null, routingProblem: 'it is not JSON' })
    const response = await bad.request('/health')
    expect(response.status).toBe(503)
    expect(await response.json()).toMatchObject({ code: 'misconfigured', problem: 'it is not JSON' })
  })
})
