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
  const key =
    ((await command('keys', `*${id}*`)) as string[]).find((name) => name.includes(':s:')) ?? `lango:test:s:${id}`
  const real = (await command('get', key)) as string | null
  const forgeries = [
    real?.replaceAll('pending', 'succeeded').replaceAll('false', 'true'),
    JSON.stringify({
      text: JSON.stringify({ ...answer.body, status: 'succeeded' }),
      fingerprint: {},
      final: true,
      ttlMs: 60_000,
      seal: { mac: '00'.repeat(32), kid: '00000000' },
    }),
  ]
  for (const forged of forgeries) {
    if (!forged) continue
    await command('set', key, forged, 'px', 60_000)
    const seen = await lango.get(id)
    expect(seen.body.status).toBe('pending')
    await command('set', key, forged, 'px', 60_000)
    const again = await lango.pay(body)
    expect(again.body.status).toBe('pending')
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
