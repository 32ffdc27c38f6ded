/** A customer at Wave's page chooses another wallet: workerd is killed while the session is being called off. */
import { afterAll, beforeEach, expect, it } from 'vitest'
import { gatewaySpecs, sealedProgram } from '../../scripts/provision/program.ts'
import type { FailPoint } from '../../src/domain/fail-point.ts'
import { atGateway, eventually, expectLedger, freshKey, order, useStack } from '../e2e/fixture.ts'
import { startWave } from '../emulators/wave/server.ts'
import { startFailPoints } from './fail-points.ts'

const points = await startFailPoints()
const account = { apiKey: 'wave_sn_test_1', webhookSecret: 'wave_sn_WHS_1' }
// Nothing listens there: a status query finds the money.
const wave = await startWave({ ...account, port: 0, callbackUrl: 'http://127.0.0.1:9/nowhere' })
afterAll(async () => {
  await wave.close()
  await points.close()
})

const policy = {
  version: 'e2e',
  gateways: ['wave', 'pawapay'],
  rules: [{ id: 'own', effect: { kind: 'priority', gateways: ['wave', 'pawapay'] } }],
}
const lango = useStack({
  failPoints: points.url,
  vars: { consumer: { LANGO_ROUTING: JSON.stringify(policy) }, vault: { WAVE_ORIGIN: wave.url } },
  gateways: {
    sealed: sealedProgram(gatewaySpecs(['pawapay', 'wave'])),
    keys: { 'wave.apiKey': account.apiKey, 'wave.webhookSecret': account.webhookSecret },
  },
})

const ATTEMPTS = [
  { n: 1, gateway: 'wave', status: 'failed' },
  { n: 2, gateway: 'pawapay' },
]
const senegal = { amount: '1500', currency: 'XOF', phoneNumber: '221771234567' }
const expired = () => wave.requests().filter(({ target }) => target.endsWith('/expire'))
const atWave = async () => {
  const body = order({ ...senegal, provider: 'WAVE_SEN' })
  const answer = await lango.pay(body)
  expect(answer).toMatchObject({ status: 201, body: { gateway: 'wave', nextAction: { type: 'redirect' } } })
  return { id: answer.body.id as string, other: { ...body, provider: 'ORANGE_SEN' } }
}
const paidOnce = async (id: string) => {
  const { attempts } = await lango.until(id, ({ fulfilment }) => fulfilment.status === 'fulfilled')
  const [first, second] = attempts
  expect(atGateway(lango, second.reference)).toEqual({ deposits: 1, captures: 1 })
  expect(wave.captures().filter(({ reference }) => reference === first.reference)).toEqual([])
  await expectLedger(lango, [second.reference])
}

beforeEach(() => wave.persona({ reset: true, outcome: 'stuck' }))

it('T25: the session is over once Wave says so, and the other wallet pays', async () => {
  const { id, other } = await atWave()
  const { status, body } = await lango.pay(other)
  expect({ status, body }).toMatchObject({ status: 201, body: { id, provider: 'ORANGE_SEN', attempts: ATTEMPTS } })
  await paidOnce(id)
})

it.each<[FailPoint, string]>([
  ['vault_fetching', 'before Wave hears of it'],
  ['vault_fetched', 'after Wave has done it'],
])('T25 T05: killed at %s, %s: whoever asks again is charged once, by the wallet that was chosen', async (point) => {
  const { id, other } = await atWave()
  const key = freshKey()
  const before = expired().length
  wave.persona({ latencyMs: 1_000 })
  // The vault comes by the second point several times: the one that counts is after Wave's word.
  const isTime = () => point === 'vault_fetching' || expired().length > before
  const killing = points.kill(lango.stack, point, isTime)
  const answer = lango.pay(other, { 'idempotency-key': key }).catch(() => 'killed')
  const killed = await killing
  expect(killed.after).not.toBe(killed.before)
  expect(await answer).toBe('killed')

  wave.persona({ reset: true, outcome: 'stuck' })
  const repeated = await eventually(async () => {
    const told = await lango.pay(other, { 'idempotency-key': key }).catch(() => undefined)
    return told && told.status < 500 && told
  })
  expect(repeated.body).toMatchObject({ id, provider: 'ORANGE_SEN', attempts: ATTEMPTS })
  await paidOnce(id)
})
