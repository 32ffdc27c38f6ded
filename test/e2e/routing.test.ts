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

it('whose number it is still the gateway says that can, whoever else is in the program', async () => {
  // The core's table does not place it, and MTN, which comes first by name, is not asked such things.
  const { status, body } = await lango.pay(order({ currency: 'XOF', amount: '100', phoneNumber: '2250103456789' }))
  expect({ status, body }).toMatchObject({ status: 201, body: { provider: 'MTN_MOMO_CIV', gateway: 'pawapay' } })
  const health = await fetch(`${lango.stack.edgeUrl}/health`)
  expect(await health.json()).toMatchObject({ callbackMode: 'signed' })
})

it('what one gateway calls closed can be chosen on the page where another takes it, and is paid there', async () => {
  const { edgeUrl, pawapay, secretKey } = lango.stack
  pawapay.persona({ availability: { MTN_MOMO_ZMB: 'CLOSED', ZAMTEL_ZMB: 'CLOSED' } })
  const { invoice } = order()
  const made = await fetch(`${edgeUrl}/v1/checkouts`, {
    method: 'POST',
    headers: { authorization: `Bearer ${secretKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ invoice, amount: '120.00', currency: 'ZMW' }),
  })
  const page = `${edgeUrl}/c/${((await made.json()) as { readonly id: string }).id}`
  const shown = await (await fetch(page)).text()
  const choice = (provider: string) => new RegExp(`<input[^>]*value="${provider}"[^>]*>`).exec(shown)?.[0]
  // Only pawaPay takes the one; MTN takes the other, too.
  expect(choice('ZAMTEL_ZMB')).toContain('disabled')
  expect(choice('MTN_MOMO_ZMB')).not.toContain('disabled')
  const form = new URLSearchParams({ phoneNumber: '0763456789', provider: 'MTN_MOMO_ZMB', attempt: '1' })
  expect((await fetch(page, { method: 'POST', body: form, redirect: 'manual' })).status).toBe(303)
  await eventually(() => mtn.captures().some(({ amountMinor }) => amountMinor === '12000'))
  pawapay.persona({ availability: null })
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
