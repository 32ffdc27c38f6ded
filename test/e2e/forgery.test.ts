import { Client } from '@upstash/qstash'
import { expect, it } from 'vitest'
import { atGateway, eventually, json, order, sleep, useStack } from './fixture.ts'

const lango = useStack()

const STUCK = '260763456129'

const control = (what: string, body: unknown): Promise<Response> =>
  fetch(`${lango.stack.pawapay.url}/_sim/${what}`, { method: 'POST', body: JSON.stringify(body) })

const ledgerRows = async (): Promise<number> =>
  (await lango.stack.database.prepare('SELECT count(*) AS n FROM ledger_entries').first<{ n: number }>())?.n ?? -1

it('T36: a callback whose body was changed is 401, and nothing is queued', async () => {
  const answer = await lango.pay(order({ phoneNumber: STUCK }))
  const before = lango.stack.qstash.published().length
  const sent = await control('callback', {
    depositId: answer.body.attempts[0].reference,
    status: 'COMPLETED',
    tamper: 'body',
  })
  expect(((await sent.json()) as { status: number }).status).toBe(401)
  await sleep(300)
  expect(lango.stack.qstash.published()).toHaveLength(before)
  expect((await lango.get(answer.body.id)).body.status).toBe('pending')
})

it.each(['signature', 'unsigned', 'digest'])('T36: a callback with a forged %s is 401', async (tamper) => {
  const answer = await lango.pay(order({ phoneNumber: STUCK }))
  const sent = await control('callback', { depositId: answer.body.attempts[0].reference, status: 'COMPLETED', tamper })
  expect(((await sent.json()) as { status: number }).status).toBe(401)
  expect((await lango.get(answer.body.id)).body.status).toBe('pending')
})

it('T63: a hand-published queue message with a good JWT moves nothing', async () => {
  const answer = await lango.pay(order({ phoneNumber: STUCK }))
  const [{ reference }] = answer.body.attempts
  const { qstash, consumerUrl } = lango.stack
  const verdict = {
    v: 1,
    gateway: 'pawapay',
    operation: 'deposit',
    authentic: 'signed',
    reference,
    paymentId: answer.body.id,
    attempt: 1,
    outcome: 'succeeded',
    failureCode: null,
    amountMinor: '1550',
    currency: 'ZMW',
    providerTransactionId: 'forged',
    bodySha256: '0'.repeat(64),
    receivedAtMs: Date.now(),
  }
  const client = new Client({ baseUrl: qstash.url, token: qstash.token, retry: false })
  await client.publishJSON({
    url: `${consumerUrl}/deliveries/callback`,
    body: {
      v: 1,
      kind: 'callback',
      via: 'qstash',
      attested: { v: 1, text: JSON.stringify(verdict), mac: '00'.repeat(32), kid: '00000000' },
    },
  })
  await client.publishJSON({
    url: `${consumerUrl}/deliveries/fulfilment`,
    body: { v: 1, kind: 'fulfilment', via: 'outbox', paymentId: answer.body.id },
  })
  const done = await eventually(() => {
    const tries = qstash.deliveries().filter((delivery) => delivery.url.includes('/deliveries/'))
    return tries.length >= 2 && tries
  })
  expect(done.find((delivery) => delivery.url.endsWith('/callback'))?.status).toBe(489)
  expect((await lango.get(answer.body.id)).body).toMatchObject({ status: 'pending', fulfilment: { status: 'none' } })
  expect(await ledgerRows()).toBe(0)
})

it('a delivery without a JWT is 401', async () => {
  const response = await fetch(`${lango.stack.consumerUrl}/deliveries/fulfilment`, { method: 'POST', body: '{}' })
  expect(response.status).toBe(401)
})

it('T63: a snapshot "succeeded" written with the real Redis token is not believed', async () => {
  const body = order({ phoneNumber: STUCK })
  const answer = await lango.pay(body)
  const { id } = answer.body
  const command = async (...words: unknown[]): Promise<unknown> =>
    (
      (await (
        await fetch(lango.stack.redis.url, {
          method: 'POST',
          headers: { authorization: `Bearer ${lango.stack.redis.token}`, 'content-type': 'application/json' },
          body: JSON.stringify(words),
        })
      ).json()) as { result: unknown }
    ).result
  const key = `lango:test:s:${id}`
  const stored = await eventually(async () => {
    await lango.get(id)
    return ((await command('get', key)) as string | null) ?? undefined
  })
  const kept = JSON.parse(stored.slice(15))
  const view = JSON.parse(kept.text)
  const told = (change: Record<string, unknown>) => ({ ...kept, text: JSON.stringify({ ...view, ...change }) })
  const phishing = { nextAction: { type: 'redirect', url: 'https://evil.example/pin' } }
  const paid = { status: 'succeeded', fulfilment: { status: 'fulfilled', deliveredVia: 'qstash' } }
  const forgeries = [
    told(paid),
    { ...told(paid), final: true, seal: { mac: '00'.repeat(32), kid: kept.seal.kid } },
    { ...told(paid), seal: undefined },
    told(phishing),
    { ...told(phishing), seal: undefined },
    told({ status: 'failed' }),
    { ...told({ amount: '1.00' }), expiresAtMs: Date.now() + 3_600_000 },
  ]
  for (const forged of forgeries) {
    // A version that no true snapshot can follow, so that nothing mends it.
    const value = `${'9'.repeat(15)}${JSON.stringify(forged)}`
    await command('set', key, value, 'px', 60_000)
    for (const seen of [await lango.get(id), await lango.pay(body)]) {
      expect(seen.body).toMatchObject({ id, status: 'pending', amount: '15.50', fulfilment: { status: 'none' } })
      expect(JSON.stringify(seen.body)).not.toContain('evil.example')
    }
    expect(await command('get', key)).toBe(value)
  }
  expect(atGateway(lango, answer.body.attempts[0].reference).captures).toBe(0)
})

it("another merchant's key sees nothing of a payment", async () => {
  const answer = await lango.pay(order())
  const response = await json(
    await fetch(`${lango.stack.edgeUrl}/v1/payments/${answer.body.id}`, {
      headers: { authorization: 'Bearer sk_test_other' },
    }),
  )
  expect(response.status).toBe(401)
})
