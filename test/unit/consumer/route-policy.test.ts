import { spawnSync } from 'node:child_process'
import { expect, it } from 'vitest'
import { KNOWN_GATEWAYS } from '../../../src/consumer/known-gateways.ts'
import { readRoutePolicy } from '../../../src/consumer/route-policy.ts'
import { createRouteCore } from '../../../src/core/route.ts'
import { loadModule } from '../core/artefacts.ts'
import { recordOf } from '../core/record-of.ts'

const read = (policy: unknown) => readRoutePolicy(JSON.stringify(policy))

it('the gateways that the consumer knows are those of src/gateways, as their specs are', () => {
  expect(spawnSync(process.execPath, ['scripts/known-gateways.ts', '--check'], { encoding: 'utf8' }).stderr).toBe('')
  expect(KNOWN_GATEWAYS.map(({ name }) => name)).toEqual(expect.arrayContaining(['mtn', 'pawapay', 'wave']))
  expect(KNOWN_GATEWAYS.find(({ name }) => name === 'wave')?.capabilities).toEqual(['redirect', 'cancel'])
})

it('a name brings what the spec says of the gateway, and a policy of names is one that the router takes', () => {
  const policy = read({ version: '1', gateways: ['pawapay', { name: 'mtn', merchants: ['mer_kafue'] }] })
  if (!policy.ok) throw new Error(policy.error)
  const [pawapay, mtn] = policy.value.gateways
  expect(pawapay).toEqual(KNOWN_GATEWAYS.find(({ name }) => name === 'pawapay'))
  expect(mtn).toEqual({ ...KNOWN_GATEWAYS.find(({ name }) => name === 'mtn'), merchants: ['mer_kafue'] })
  const router = createRouteCore(loadModule('route.wasm')).createRouter(policy.value)
  const decision = recordOf(
    router.route({
      paymentId: 'pay_1',
      merchant: 'mer_other',
      country: 'ZMB',
      provider: 'MTN_MOMO_ZMB',
      currency: 'ZMW',
      amountMinor: '2000',
      trigger: 'request',
      nowMs: 1_790_000_000_000,
    }),
  )
  expect(decision).toMatchObject({
    gateway: 'pawapay',
    candidates: [{ whyNot: null }, { whyNot: { code: 'no_contract' } }],
  })
})

it('a policy may say itself what a gateway serves', () => {
  const providers = [{ code: 'MTN_MOMO_ZMB', country: 'ZMB', currencies: [{ code: 'ZMW', decimals: 2 }] }]
  expect(read({ version: '1', gateways: [{ name: 'toypay', providers }] })).toMatchObject({
    ok: true,
    value: { gateways: [{ name: 'toypay', providers }] },
  })
})

it.each([
  ['{', 'it is not JSON'],
  [{ gateways: ['pawapay'] }, 'version: Invalid key: Expected "version" but received undefined'],
  [{ version: '1', gateways: [] }, 'gateways: Invalid length: Expected >=1 but received 0'],
  [{ version: '1', gateways: [7] }, 'gateways.0: a name, or {"name": …, "merchants": […]}'],
  [{ version: '1', gateways: ['pawapay'], rule: [] }, 'rule: Invalid key: Expected never but received "rule"'],
  [
    { version: '1', gateways: ['pawapay', 'wawe'] },
    'gateways.1: src/gateways has no `wawe`, only flutterwave, mtn, pawapay, paystack, wave: name one, or add its providers here',
  ],
])('names what is wrong and where: %j', (policy, error) => {
  const text = typeof policy === 'string' ? policy : JSON.stringify(policy)
  const wanted = error.replace(/only .*: name/, `only ${KNOWN_GATEWAYS.map(({ name }) => name).join(', ')}: name`)
  expect(readRoutePolicy(text)).toEqual({ ok: false, error: wanted })
})
