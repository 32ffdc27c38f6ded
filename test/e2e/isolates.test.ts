import { createHash } from 'node:crypto'
import { expect, it } from 'vitest'
import { type Answer, atGateway, expectLedger, freshKey, json, order, useStack } from './fixture.ts'

/** Three isolates of the edge, as a shop meets them: they share Redis and the payment objects, and no memory. */
const lango = useStack({ edges: 3 })

const payAt = async (
  edge: number,
  body: Record<string, unknown>,
  key: string,
  secret = lango.stack.secretKey,
): Promise<Answer> =>
  json(
    await fetch(`${lango.stack.edgeUrls[edge % 3]}/v1/payments`, {
      method: 'POST',
      headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json', 'idempotency-key': key },
      body: JSON.stringify(body),
    }),
  )

it('T02: one key and one body, 50 at once over three isolates: one send, one 201, everybody else its replay', async () => {
  const [body, key] = [order(), freshKey()]
  const answers = await Promise.all(Array.from({ length: 50 }, (_, i) => payAt(i, body, key)))
  expect(new Set(answers.map((answer) => answer.body.id)).size).toBe(1)
  const [first, ...others] = answers.toSorted((a, b) => (a.status - b.status === 0 ? 0 : a.status === 201 ? -1 : 1))
  expect(first?.status).toBe(201)
  expect(first?.headers.get('idempotent-replayed')).toBeNull()
  for (const answer of others) {
    // Paid in the meantime, it is told as paid; before, as pending.
    expect([200, 202]).toContain(answer.status)
    expect(answer.headers.get('idempotent-replayed')).toBe('true')
    if (answer.status === 202) expect(answer.headers.get('retry-after')).toBe('2')
  }
  const payment = await lango.until(first?.body.id, (seen) => seen.fulfilment.status === 'fulfilled')
  expect(payment.attempts).toHaveLength(1)
  expect(atGateway(lango, payment.attempts[0].reference)).toEqual({ deposits: 1, captures: 1 })
  await expectLedger(lango, [payment.attempts[0].reference])
})

it('T15: a shop that tries again and again, with a fresh key each time and at whichever isolate, charges once', async () => {
  const body = order()
  const answers: Answer[] = []
  for (let round = 0; round < 4; round++) {
    const keys = Array.from({ length: 3 }, freshKey)
    answers.push(...(await Promise.all(keys.map((key, edge) => payAt(edge, { ...body, sessionId: key }, key)))))
  }
  expect(answers.filter(({ status }) => ![200, 201, 202].includes(status))).toEqual([])
  expect(answers.filter(({ status }) => status === 201)).toHaveLength(1)
  const [id, ...more] = new Set(answers.map((answer) => answer.body.id))
  expect(more).toEqual([])
  const payment = await lango.until(id, (seen) => seen.fulfilment.status === 'fulfilled')
  expect(payment.attempts).toHaveLength(1)
  expect(atGateway(lango, payment.attempts[0].reference)).toEqual({ deposits: 1, captures: 1 })
  for (const answer of answers.slice(-3)) expect(answer.body.invoice).toBe(body['invoice'])
})

it('T56: with both secret keys of a shop in force an open payment is one, and the old key ends where it is not cached', async () => {
  const [oldKey, newKey] = ['sk_test_rotated_old', 'sk_test_rotated_new']
  const { database } = lango.stack
  const hashOf = (key: string) => createHash('sha256').update(key).digest('hex')
  const issue = (key: string) =>
    database
      .prepare(
        "INSERT INTO api_keys (key_hash, merchant_id, mode, scope, created_at_ms) SELECT ?, merchant_id, mode, scope, 1 FROM api_keys WHERE mode = 'test' AND scope = 'secret' LIMIT 1",
      )
      .bind(hashOf(key))
      .run()
  await issue(oldKey)
  await issue(newKey)
  const [body, key] = [order({ phoneNumber: '260763456129' }), freshKey()]
  const first = await payAt(0, body, key, oldKey)
  expect(first.status).toBe(201)
  for (const secret of [newKey, oldKey]) {
    const again = await payAt(0, body, key, secret)
    expect(again).toMatchObject({ status: 202, body: { id: first.body.id } })
    expect(again.headers.get('idempotent-replayed')).toBe('true')
  }
  await database.prepare('UPDATE api_keys SET revoked_at_ms = 2 WHERE key_hash = ?').bind(hashOf(oldKey)).run()
  // An isolate that knew the key may go on for a minute (flows: `asks again for a known key after a minute`).
  for (const edge of [1, 2]) {
    expect((await payAt(edge, body, key, oldKey)).status).toBe(401)
    expect(await payAt(edge, body, key, newKey)).toMatchObject({ status: 202, body: { id: first.body.id } })
  }
  expect(atGateway(lango, first.body.attempts[0].reference).deposits).toBe(1)
})
