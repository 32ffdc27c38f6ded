/** Two gateways and a policy, from the shop to the ledger: the policy says which, and the shop reads why. */
import { expect, it } from 'vitest'
import { healthLines } from '../../scripts/lango/route-health.ts'
import { loadSecrets } from '../../scripts/stack/secrets.ts'
import type { RouteHealth } from '../../src/consumer/route-watch.ts'
import { eventually, expectLedger, order } from './fixture.ts'
import { useStackWithMtn } from './with-mtn.ts'

const policy = {
  version: 'e2e',
  gateways: ['pawapay', 'mtn'],
  rules: [
    {
      id: 'large-direct',
      when: { currencies: ['ZMW'], fromMinor: '10000' },
      effect: { kind: 'priority', gateways: ['mtn', 'pawapay'] },
    },
    {
      id: 'small',
      when: { currencies: ['ZMW'], toMinor: '9999' },
      effect: { kind: 'priority', gateways: ['pawapay', 'mtn'] },
    },
  ],
}
const { mtn, lango } = await useStackWithMtn({
  vars: { consumer: { LANGO_ROUTING: JSON.stringify(policy) } },
})

it('a large payment goes to one gateway and a small one to the other, each says why, and both are paid', async () => {
  const [large, small] = [await lango.pay(order({ amount: '150.00' })), await lango.pay(order({ amount: '15.50' }))]
  expect(large).toMatchObject({ status: 201, body: { gateway: 'mtn' } })
  expect(small).toMatchObject({ status: 201, body: { gateway: 'pawapay' } })
  const why = async (id: string) => (await lango.get(`${id}/decisions`)).body.decisions
  expect(await why(large.body.id)).toMatchObject([
    { attempt: 1, gateway: 'mtn', because: 'priority', rule: 'large-direct', policyVersion: 'e2e' },
  ])
  expect(await why(small.body.id)).toMatchObject([
    { attempt: 1, gateway: 'pawapay', because: 'priority', rule: 'small' },
  ])
  expect((await why(small.body.id))[0].explained).toContain(
    `${small.body.id}: pawapay, by the priority of rule small (policy e2e, `,
  )
  for (const { body } of [large, small])
    await lango.until(body.id, ({ fulfilment }) => fulfilment.status === 'fulfilled')
  await expectLedger(lango, [large.body.attempts[0].reference, small.body.attempts[0].reference])
  expect(mtn.captures()).toMatchObject([{ reference: large.body.attempts[0].reference, amountMinor: '15000' }])
})

it('what payments see of gateways is shared through Redis, and what other isolates saw steers payments', async () => {
  const { stack } = lango
  const secrets = loadSecrets(stack.stateDir)
  const redis = async (...words: string[]): Promise<unknown> => {
    const response = await fetch(stack.redis.url, {
      method: 'POST',
      headers: { authorization: `Bearer ${secrets.redisToken}` },
      body: JSON.stringify(words),
    })
    return ((await response.json()) as { readonly result: unknown }).result
  }
  const health = async () => {
    const answer = await fetch(`${stack.consumerUrl}/operator/routing/health`, {
      headers: { authorization: `Bearer ${secrets.operatorKey}` },
    })
    return (await answer.json()) as RouteHealth
  }
  const published = await eventually(async () => {
    await lango.pay(order({ amount: '15.50' }))
    const [, sum] = (await redis('HGETALL', 'lango:route:health')) as string[]
    return sum?.includes('"pawapay"') && sum
  })
  expect(JSON.parse(published.slice(15))).toMatchObject({ rails: { MTN_MOMO_ZMB: { cells: { pawapay: {} } } } })
  expect(published).not.toContain('260763456789')
  expect(healthLines(await health()).join('\n')).toMatch(/^MTN_MOMO_ZMB +pawapay .* closed +operational$/m)

  // Another isolate has found pawaPay open on this rail.
  const nowMs = Date.now()
  const breaker = { changedMs: nowMs, openUntilMs: nowMs + 20_000, trips: 1 }
  const sum = JSON.stringify({ rails: { MTN_MOMO_ZMB: { cells: { pawapay: { breaker } } } } })
  await redis('HSET', 'lango:route:health', 'another-isolate', `${String(nowMs).padStart(15, '0')}${sum}`)
  await redis('HSET', 'lango:route:health', 'nonsense', `${String(nowMs).padStart(15, '0')}{"rails":7}`)
  await eventually(async () => {
    const { body } = await lango.pay(order({ amount: '15.50' }))
    return body.gateway === 'mtn'
  })
  expect((await health()).rails.find(({ rail }) => rail === 'MTN_MOMO_ZMB')?.pairs).toContainEqual(
    expect.objectContaining({ gateway: 'pawapay', position: expect.stringMatching(/open/) }),
  )
})
