import { expect, it } from 'vitest'
import { order, useStack } from './fixture.ts'

/** A vault whose attestation key is not one: the core stays closed. */
const lango = useStack({ vars: { vault: { LANGO_ATTESTATION_KEY: 'not a key' } } })

it('I12: a closed core answers 503 core_sealed, sends nothing, and says so in /health', async () => {
  const body = order()
  const answer = await lango.pay(body, { 'idempotency-key': 'while-closed' })
  expect(answer).toMatchObject({ status: 503, body: { code: 'core_sealed' } })
  expect(lango.stack.pawapay.requests().filter((request) => request.method === 'POST')).toEqual([])
  const again = await lango.pay(body, { 'idempotency-key': 'while-closed' })
  expect(again).toMatchObject({ status: 503, body: { code: 'core_sealed' } })
  expect(again.headers.get('idempotent-replayed')).toBeNull()
  const health = await fetch(`${lango.stack.edgeUrl}/health`)
  expect(health.status).toBe(503)
  expect(((await health.json()) as { core: { sealed: string } }).core.sealed).toMatch(/^E1/)
})

it('a callback cannot be verified by a closed core: 503, so that the gateway tries again', async () => {
  const response = await fetch(`${lango.stack.edgeUrl}/webhooks/pawapay/deposits`, { method: 'POST', body: '{}' })
  expect(response.status).toBe(503)
})
