import { runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { explained } from '../../../scripts/lango/route.ts'
import { parseEnv } from '../../../src/consumer/env.ts'
import type { BeginInput } from '../../../src/contracts/payment-object.ts'
import type { SendOutcome } from '../../../src/contracts/vault.ts'
import { again, begin, operate, order, referenceOf, stubOf, vault, verdictOn, viewIn } from './kit.ts'
import { routedBy } from './routed.ts'

afterEach(() => vi.restoreAllMocks())

const TWO = { version: '2026-11-22', gateways: ['pawapay', 'mtn'] }
const MTN_FIRST = { ...TWO, rules: [{ id: 'direct', effect: { kind: 'priority', gateways: ['mtn', 'pawapay'] } }] }

const decisionsOf = (id: Parameters<typeof stubOf>[0]) =>
  runInDurableObject(stubOf(id), (_, { storage }) =>
    storage.sql
      .exec<{ attempt: number; decision: string }>('SELECT attempt, decision FROM decisions ORDER BY attempt')
      .toArray()
      .map(({ attempt, decision }) => ({ attempt, ...(JSON.parse(decision) as Record<string, unknown>) })),
  )

describe('a deployment with a routing policy', () => {
  it('sends where the router says, writes that down before it sends, and asks and believes that gateway alone', async () => {
    const deployment = routedBy(MTN_FIRST)
    const input = order()
    await vault.play(input.paymentId, { send: { kind: 'accepted' } })
    const answer = await deployment.begin(input)
    expect(answer).toMatchObject({ kind: 'started', outcome: 'accepted' })
    expect(viewIn(answer)).toMatchObject({ gateway: 'mtn', attempts: [{ n: 1, gateway: 'mtn' }] })
    expect((await vault.calls(input.paymentId)).sends).toMatchObject([
      { gateway: 'mtn', attempt: 1, reference: referenceOf(input.paymentId, 1) },
    ])
    expect(await decisionsOf(input.paymentId)).toMatchObject([
      {
        attempt: 1,
        gateway: 'mtn',
        because: 'priority',
        rule: 'direct',
        policyVersion: '2026-11-22',
        candidates: [{ gateway: 'pawapay', whyNot: null }, { gateway: 'mtn' }],
      },
    ])
    expect(JSON.stringify(await decisionsOf(input.paymentId))).not.toContain(input.phoneNumber)
    expect(await deployment.apply(input, verdictOn(input))).toEqual({ kind: 'absent' })
    expect(await deployment.read(input.paymentId)).toMatchObject({ status: 'pending' })
    await deployment.apply(input, verdictOn(input, { gateway: 'mtn' }))
    expect(await deployment.read(input.paymentId)).toMatchObject({ status: 'succeeded', gateway: 'mtn' })
  })

  it('says why to the people who run it, and to the edge, in the order of the attempts', async () => {
    const deployment = routedBy(MTN_FIRST)
    const input = order()
    await vault.play(input.paymentId, { send: { kind: 'rejected', code: 'PAYER_NOT_FOUND' } })
    await deployment.begin(input)
    await deployment.begin(again(input))
    expect(await deployment.inObject(input.paymentId, (object) => object.decisions())).toMatchObject({
      merchantId: input.merchantId,
      mode: 'test',
      decisions: [
        { attempt: 1, decision: { v: 1, gateway: 'mtn' } },
        { attempt: 2, decision: { gateway: 'mtn' } },
      ],
    })
    await runInDurableObject(stubOf(input.paymentId), (_, state) => state.abort('a new instance')).catch(() => {})
    const { decisions } = (await operate('GET', `/decisions/${input.paymentId}`)) as Parameters<typeof explained>[0]
    expect(explained({ decisions })).toEqual([
      expect.stringMatching(
        `^attempt 1, ${input.paymentId}: mtn, by the priority of rule direct \\(policy 2026-11-22, `,
      ),
      expect.stringMatching(/^attempt 2, /),
    ])
    expect(decisions[0]?.explained).toMatch(/\n {2}pawapay: \d+ = success/)
    for (const id of ['pay_00000000000000000000000000', 'nonsense'])
      expect(await operate('GET', `/decisions/${id}`)).toMatchObject({ code: 'not_found' })
  })

  it('decides each attempt anew, and repeats none', async () => {
    const deployment = routedBy(MTN_FIRST)
    const input = order()
    await vault.play(input.paymentId, { send: { kind: 'rejected', code: 'PAYER_LIMIT_REACHED' } })
    await deployment.begin(input)
    expect(await deployment.begin(input)).toMatchObject({ kind: 'existing', refused: true })
    await vault.play(input.paymentId, { send: { kind: 'accepted' } })
    await routedBy(TWO).begin(again(input))
    expect((await vault.calls(input.paymentId)).sends).toMatchObject([
      { attempt: 1, gateway: 'mtn' },
      { attempt: 2, gateway: 'pawapay' },
    ])
    expect(await decisionsOf(input.paymentId)).toMatchObject([
      { attempt: 1, because: 'priority' },
      { attempt: 2, because: 'score' },
    ])
  })

  it('I7: leaves an attempt that may still be captured where it is, whatever the policy says by now', async () => {
    const input = order()
    await vault.play(input.paymentId, { send: { kind: 'unknown', reason: 'timeout' } })
    await routedBy(TWO).begin(input)
    expect(await routedBy(MTN_FIRST).begin(again(input))).toMatchObject({ kind: 'existing' })
    expect((await vault.calls(input.paymentId)).sends).toMatchObject([{ attempt: 1, gateway: 'pawapay' }])
    expect(await decisionsOf(input.paymentId)).toHaveLength(1)
  })

  it('says so when nobody takes it, keeps nothing, and the same key may come again', async () => {
    const deployment = routedBy({ version: '1', gateways: ['wave'] })
    const input = order()
    expect(await deployment.begin(input)).toEqual({ kind: 'no_route', because: 'no_gateway' })
    expect(await deployment.read(input.paymentId)).toBeNull()
    expect((await vault.calls(input.paymentId)).sends).toEqual([])
    expect(await routedBy(TWO).begin(input)).toMatchObject({ kind: 'started' })
    expect((await vault.calls(input.paymentId)).sends).toHaveLength(1)
  })

  it('takes over payments from before there was one, whose objects have no table for it', async () => {
    const input = order()
    await vault.play(input.paymentId, { send: { kind: 'rejected', code: 'PAYER_NOT_FOUND' } })
    await begin(input)
    await runInDurableObject(stubOf(input.paymentId), (_, { storage }) => storage.sql.exec('DROP TABLE decisions'))
    const deployment = routedBy(MTN_FIRST)
    await deployment.begin(again(input))
    expect(await decisionsOf(input.paymentId)).toMatchObject([{ attempt: 2, gateway: 'mtn' }])
    expect(await deployment.read(input.paymentId)).toMatchObject({
      gateway: 'mtn',
      attempts: [{ gateway: 'pawapay' }, {}],
    })
  })

  it('keeps the decisions of the latest ten attempts, each within 16 KB with the most that a policy may have', async () => {
    const currencies = [{ code: 'ZMW', decimals: 2 }]
    const gateways = Array.from({ length: 32 }, (_, i) => ({
      name: `g${String(i).padStart(31, '0')}`,
      providers: [{ code: 'MTN_MOMO_ZMB', country: 'ZMB', currencies }],
    }))
    const names = gateways.slice(1).map(({ name }) => name)
    const rules = [{ id: 'x'.repeat(64), effect: { kind: 'exclude', gateways: names } }]
    const deployment = routedBy({ version: 'v'.repeat(64), gateways, rules })
    const input = order()
    await vault.play(input.paymentId, { send: { kind: 'rejected', code: 'PAYER_NOT_FOUND' } })
    for (let n = 1; n <= 12; n++) await deployment.begin(again(input))
    const decisions = await decisionsOf(input.paymentId)
    expect(decisions.map(({ attempt }) => attempt)).toEqual([3, 4, 5, 6, 7, 8, 9, 10, 11, 12])
    for (const decision of decisions) expect(JSON.stringify(decision).length).toBeLessThan(16_384)
  })

  it('forgets the decisions when the payment is made small', async () => {
    const input = order()
    await vault.play(input.paymentId, { send: { kind: 'rejected', code: 'PAYER_NOT_FOUND' } })
    const deployment = routedBy(TWO)
    await deployment.begin(input)
    await deployment.inObject(input.paymentId, (object) => object.runDueAlarms(Date.now() + 31 * 86_400_000))
    expect(await decisionsOf(input.paymentId)).toEqual([])
    expect(await deployment.events(input.paymentId)).toEqual(['begin'])
  })
})

describe('what payments see of gateways', () => {
  const FIRST = { ...TWO, rules: [{ id: 'usual', effect: { kind: 'priority', gateways: ['pawapay', 'mtn'] } }] }
  const started = async (deployment: ReturnType<typeof routedBy>, send: SendOutcome) => {
    const input = order()
    await vault.play(input.paymentId, { send, status: { kind: 'found', outcome: 'pending' } })
    return { input, answer: await deployment.begin(input) }
  }
  const gatewaysOf = async (id: Parameters<typeof stubOf>[0]) =>
    (await vault.calls(id)).sends.map(({ gateway }) => gateway)

  it('T26: when a breaker opens, what is pending stays where it is, and only new payments move', async () => {
    const deployment = routedBy(FIRST)
    const pending = []
    for (let i = 0; i < 20; i++) pending.push((await started(deployment, { kind: 'accepted' })).input)
    const lost = []
    // As many lost answers as it takes: each of them goes to the first gateway, until one does not.
    let moved: BeginInput | undefined
    while (!moved && lost.length < 20) {
      const { input } = await started(deployment, { kind: 'unknown', reason: 'timeout' })
      const [gateway] = await gatewaysOf(input.paymentId)
      if (gateway === 'mtn') moved = input
      else lost.push(input)
    }
    expect(moved).toBeDefined()
    for (const input of [...pending, ...lost]) {
      expect(await deployment.begin(again(input))).toMatchObject({ kind: 'existing' })
      expect(await gatewaysOf(input.paymentId)).toEqual(['pawapay'])
    }
    const [first] = pending
    if (!first) throw new Error('nothing is pending')
    await deployment.inObject(first.paymentId, (object) => object.refresh())
    expect((await vault.calls(first.paymentId)).asked).toEqual(['pawapay'])
    await deployment.apply(first, verdictOn(first))
    expect(await deployment.read(first.paymentId)).toMatchObject({ status: 'succeeded', gateway: 'pawapay' })
  })

  it('T27: an operator that is down at every gateway is said to be, at once, and no gateway is asked twice', async () => {
    const deployment = routedBy(FIRST)
    const outcomes = []
    for (let i = 0; i < 20; i++) {
      const { input, answer } = await started(deployment, {
        kind: 'rejected',
        code: 'PROVIDER_TEMPORARILY_UNAVAILABLE',
      })
      const sends = await gatewaysOf(input.paymentId)
      if (answer.kind === 'no_route') expect(sends).toEqual([])
      else expect([['pawapay'], ['pawapay', 'mtn'], ['mtn'], ['mtn', 'pawapay']]).toContainEqual(sends)
      outcomes.push(answer.kind === 'no_route' ? answer.because : answer.kind)
    }
    expect(outcomes[0]).toBe('started')
    expect(outcomes.at(-1)).toBe('rail_down')
  })

  it('customers without money count against nobody', async () => {
    const deployment = routedBy(FIRST)
    for (let i = 0; i < 20; i++) await started(deployment, { kind: 'rejected', code: 'INSUFFICIENT_BALANCE' })
    const { input } = await started(deployment, { kind: 'accepted' })
    expect(await gatewaysOf(input.paymentId)).toEqual(['pawapay'])
  })
})

describe('LANGO_ROUTING', () => {
  it.each([
    ['not JSON', 'it is not JSON'],
    [JSON.stringify({ version: '1', gateways: ['pawapay'], rules: [{ id: 'a' }] }), /missing field `effect`/],
    [
      JSON.stringify({
        version: '1',
        gateways: ['pawapay'],
        rules: [{ id: 'a', effect: { kind: 'exclude', gateways: ['mtn'] } }],
      }),
      'rules.0.effect: there is no gateway `mtn`',
    ],
  ])('with a mistake is no policy, and says where it is; all else is there: %s', (text, problem) => {
    const parsed = parseEnv({ ...(env as object), LANGO_ROUTING: text })
    const error = typeof problem === 'string' ? problem : expect.stringMatching(problem)
    expect(parsed).toMatchObject({ ok: true, value: { routing: { ok: false, error }, environment: 'development' } })
  })

  it('with a mistake refuses what would be sent, by name in the log, and lets everything go on that was', async () => {
    const lines: string[] = []
    vi.spyOn(console, 'log').mockImplementation((line: string) => void lines.push(line))
    const [before, bad] = [routedBy(MTN_FIRST), routedBy({ version: '2', gateways: ['nobody'] })]
    const [open, fresh] = [order(), order()]
    for (const { paymentId } of [open, fresh]) await vault.play(paymentId, { send: { kind: 'accepted' } })
    expect(await before.begin(open)).toMatchObject({ kind: 'started' })

    for (const input of [fresh, again(fresh)])
      expect(await bad.begin(input)).toEqual({ kind: 'no_route', because: 'misconfigured' })
    expect(await bad.read(fresh.paymentId)).toBeNull()
    expect((await vault.calls(fresh.paymentId)).sends).toEqual([])
    const named = { event: 'misconfigured', variable: 'LANGO_ROUTING', problem: expect.stringContaining('`nobody`') }
    const told = lines.map((line) => JSON.parse(line)).filter(({ event }) => event === 'misconfigured')
    expect(told[0]).toMatchObject(named)
    expect(told.slice(-2)).toMatchObject([
      { ...named, payment: fresh.paymentId },
      { ...named, payment: fresh.paymentId },
    ])

    expect(await bad.begin(open)).toMatchObject({ kind: 'existing' })
    expect(await bad.begin(again(open))).toMatchObject({ kind: 'existing' })
    expect(await bad.apply(open, verdictOn(open, { gateway: 'mtn' }))).not.toEqual({ kind: 'absent' })
    expect(await bad.read(open.paymentId)).toMatchObject({ status: 'succeeded', gateway: 'mtn' })
    expect(await bad.health()).toBeUndefined()
    expect(await before.begin(again(fresh))).toMatchObject({ kind: 'started' })
  })
})
