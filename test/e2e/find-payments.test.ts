import { describe, expect, it } from 'vitest'
import { type Answer, eventually, json, order, useStack } from './fixture.ts'

const lango = useStack()

const list = async (query: string, key = lango.stack.secretKey): Promise<Answer> =>
  json(await fetch(`${lango.stack.edgeUrl}/v1/payments${query}`, { headers: { authorization: `Bearer ${key}` } }))
const idsOf = (answer: Answer): string[] => answer.body.payments.map(({ id }: { id: string }) => id)
const paid = async (body = order()) => {
  const { body: payment } = await lango.pay(body)
  return lango.until(payment.id, ({ fulfilment }) => fulfilment.status === 'fulfilled')
}
const soon = (ms: number) => new Date(Date.now() + ms).toISOString()

describe('GET /v1/payments', () => {
  it('finds a payment by its invoice the moment it is begun, and then by everything else', async () => {
    const begun = (await lango.pay(order())).body
    const asked = await list(`?invoice=${begun.invoice}`)
    expect(asked).toMatchObject({ status: 200, body: { nextCursor: null } })
    expect(idsOf(asked)).toEqual([begun.id])
    await lango.until(begun.id, ({ fulfilment }) => fulfilment.status === 'fulfilled')

    const transaction = await lango.stack.database
      .prepare('SELECT provider_transaction_id AS id FROM payment_transactions WHERE payment_id = ?')
      .bind(begun.id)
      .first<{ id: string }>()
    expect(transaction?.id).toBeTruthy()
    const byTransaction = await list(`?providerTransactionId=${encodeURIComponent(transaction?.id ?? '')}`)
    expect(idsOf(byTransaction)).toEqual([begun.id])
    // Word for word what the payment's own address tells.
    expect(byTransaction.body.payments[0]).toEqual((await lango.get(begun.id)).body)
    for (const query of [
      '?phoneSuffix=6789',
      '?status=succeeded',
      '',
      `?from=${soon(-60_000)}&to=${soon(60_000)}`,
      `?invoice=${begun.invoice}&phoneSuffix=6789&status=succeeded&limit=1`,
    ])
      expect(idsOf(await list(query)), query).toContain(begun.id)
    for (const query of ['?phoneSuffix=0000', '?status=failed', `?from=${soon(60_000)}`, `?to=${soon(-60_000)}`])
      expect(idsOf(await list(query)), query).not.toContain(begun.id)
  })

  it('an open payment is found by its number after ten seconds, and is told as it is by then', async () => {
    const { stack } = lango
    stack.pawapay.persona({ dropAfterProcessing: true, withholdCallbacks: true, statusDown: true })
    const lost = (await lango.pay(order({ phoneNumber: '260763456799' }))).body
    stack.pawapay.reset()
    await (await stack.payment(lost.id)).runDueAlarms(Date.now() + 10_500)
    const found = await list('?phoneSuffix=6799')
    expect(idsOf(found)).toEqual([lost.id])
    expect(found.body.payments[0].status).toBe((await lango.get(lost.id)).body.status)
  })

  it('I15: what D1 says of a status is not told: an index that claims "succeeded" finds nothing', async () => {
    const { database, pawapay } = lango.stack
    pawapay.persona({ settleMs: 600_000 })
    const open = (await lango.pay(order())).body
    pawapay.reset()
    await (await lango.stack.payment(open.id)).runDueAlarms(Date.now() + 10_500)
    await database.prepare("UPDATE payments SET status = 'succeeded' WHERE payment_id = ?").bind(open.id).run()
    expect(idsOf(await list('?status=succeeded'))).not.toContain(open.id)
    expect(idsOf(await list(`?invoice=${open.invoice}`))).toEqual([open.id])
  })

  it('pages through everything once, newest first', async () => {
    const paidNow = await Promise.all(Array.from({ length: 5 }, () => paid(order({ amount: '1.00' }))))
    const made = new Set(paidNow.map(({ id }) => id))
    const seen: string[] = []
    let query = '?status=succeeded&limit=2'
    for (;;) {
      const page = await list(query)
      expect(page.status).toBe(200)
      seen.push(...idsOf(page))
      if (page.body.nextCursor === null) break
      query = `?status=succeeded&limit=2&cursor=${page.body.nextCursor}`
    }
    expect(new Set(seen).size).toBe(seen.length)
    expect(seen).toEqual(expect.arrayContaining([...made]))
    expect(seen.slice(0, 5).toSorted()).toEqual([...made].toSorted())
  })

  it('a repeatable payment is found by the invoice that it was made with', async () => {
    const invoice = `GIFT-${Date.now()}`
    const [one, two] = [
      await paid(order({ invoice, allowRepeat: true })),
      await paid(order({ invoice, allowRepeat: true })),
    ]
    expect(idsOf(await list(`?invoice=${invoice}`))).toEqual([two.id, one.id])
  })

  it.each([
    ['?colour=red', 'colour'],
    ['?phoneSuffix=260763456789', 'phoneSuffix'],
    ['?phoneSuffix=12', 'phoneSuffix'],
    ['?status=paid', 'status'],
    ['?from=yesterday', 'from'],
    ['?to=2026-02-30T00:00:00Z', 'to'],
    ['?from=2026-03-01T00:00:00Z&to=2026-02-01T00:00:00Z', 'to'],
    ['?limit=0', 'limit'],
    ['?limit=51', 'limit'],
    ['?limit=ten', 'limit'],
    ['?invoice=', 'invoice'],
    ['?invoice=A&invoice=B', 'invoice'],
    ['?cursor=abc', 'cursor'],
    ['?__proto__=x', '__proto__'],
    [`?cursor=${Buffer.from('[1,1,"pay_00000000000000000000000000","0"]').toString('base64url')}`, 'cursor'],
  ])('400 names the field: %s', async (query, field) => {
    const answer = await list(query)
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_request', errors: [{ field }] } })
    expect(answer.headers.get('content-type')).toBe('application/problem+json')
  })

  it('a cursor belongs to its list', async () => {
    const first = await list('?status=succeeded&limit=1')
    expect(first.body.nextCursor).toBeTruthy()
    const other = await list(`?status=succeeded&phoneSuffix=6789&limit=1&cursor=${first.body.nextCursor}`)
    expect(other).toMatchObject({ status: 400, body: { errors: [{ field: 'cursor' }] } })
    expect((await list(`?status=succeeded&limit=2&cursor=${first.body.nextCursor}`)).status).toBe(200)
  })

  it('needs a key', async () => {
    expect((await list('', 'sk_test_nobody')).status).toBe(401)
  })

  it('503 with D1 away, and no half of an answer; the payment itself is still told', async () => {
    const payment = await paid()
    const { database } = lango.stack
    await database.prepare('ALTER TABLE payments RENAME TO payments_away').run()
    try {
      expect(await list(`?invoice=${payment.invoice}`)).toMatchObject({ status: 503, body: { code: 'unavailable' } })
      expect((await lango.get(payment.id)).body).toMatchObject({ id: payment.id, status: 'succeeded' })
    } finally {
      await database.prepare('ALTER TABLE payments_away RENAME TO payments').run()
    }
    expect(idsOf(await list(`?invoice=${payment.invoice}`))).toEqual([payment.id])
  })

  it('I11: no log line holds what was searched for', async () => {
    const invoice = 'SEARCHED-FOR-4711'
    const { headers } = await list(`?invoice=${invoice}&phoneSuffix=4712&providerTransactionId=TX-4713`)
    const id = headers.get('x-request-id') ?? 'no request id'
    await eventually(() => lango.logs.some((line) => line.includes(id)))
    expect(lango.logs.filter((line) => line.includes(invoice) || line.includes('TX-4713'))).toEqual([])
  })
})

describe('Redis', () => {
  it('holds three keys for a payment, and every key expires: what it holds follows the rate, not the years', async () => {
    const keys = async () => lango.stack.redis.control.keys()
    const before = new Set((await keys()).map(({ key }) => key))
    await paid()
    // The key's record, the lock and the snapshot, which is kept after the answer. A limit's meter is its merchant's.
    const added = async () => {
      const fresh = (await keys()).map(({ key }) => key).filter((key) => !before.has(key) && !key.includes(':m:'))
      return fresh
        .map((key) => key.split(':')[2])
        .toSorted()
        .join(' ')
    }
    await expect.poll(added).toBe('k p s')
    const all = await keys()
    expect(all.length).toBeGreaterThanOrEqual(3)
    for (const { key, pttlMs } of all) {
      // -1: never.
      expect(pttlMs, key).not.toBe(-1)
      expect(pttlMs, key).toBeLessThanOrEqual(30 * 86_400_000)
    }
  })
})
