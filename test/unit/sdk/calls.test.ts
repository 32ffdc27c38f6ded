import { describe, expect, it } from 'vitest'
import { memoryKeyStore, webStorageKeyStore } from '../../../packages/sdk/src/index.ts'
import { against, json, payment, problem, request } from './server.ts'

const keysOf = (sent: readonly { readonly key: string | null }[]) => new Set(sent.map(({ key }) => key))
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

describe('trying again', () => {
  it('after no answer, 5xx and 429, always with the same key', async () => {
    const { lango, sent, slept } = against([
      () => 'lost',
      () => problem(503, 'unavailable', {}, { 'retry-after': '2' }),
      () => problem(429, 'rate_limited', { limit: 'phone' }, { 'retry-after': '7' }),
      () => json(201, payment()),
    ])
    expect(await lango.payments.create(request)).toEqual({ ok: true, value: payment() })
    expect(sent).toHaveLength(4)
    expect([...keysOf(sent)]).toEqual([expect.stringMatching(UUID)])
    expect(slept).toEqual([300, 2000, 7000])
  })

  it.each([400, 401, 403, 404, 409, 422])('never after %i', async (status) => {
    const { lango, sent } = against([() => problem(status, 'invalid_request', { errors: [] })])
    expect((await lango.payments.create(request)).ok).toBe(false)
    expect(sent).toHaveLength(1)
  })

  it('ends: the last error is the answer', async () => {
    const { lango, sent } = against([() => problem(503, 'core_sealed')])
    expect(await lango.payments.create(request)).toMatchObject({
      ok: false,
      error: { reason: 'unavailable', code: 'core_sealed', status: 503, instance: 'req_1' },
    })
    expect(sent).toHaveLength(4)
    const lost = against([() => 'lost'], { retries: 0 })
    expect(await lost.lango.payments.get('pay_1')).toMatchObject({ error: { reason: 'no_answer' } })
    expect(lost.sent).toHaveLength(1)
  })

  it('does not sit out a pause that is longer than a request may take', async () => {
    const { lango, sent } = against([() => problem(429, 'rate_limited', {}, { 'retry-after': '600' })])
    expect(await lango.payments.create(request)).toMatchObject({
      error: { reason: 'rate_limited', retryAfterMs: 600_000 },
    })
    expect(sent).toHaveLength(1)
  })

  it('takes an answer that is not JSON for what its status says', async () => {
    const { lango } = against([() => new Response('<h1>Bad gateway</h1>', { status: 502 })], { retries: 0 })
    expect(await lango.payments.get('pay_1')).toMatchObject({ error: { reason: 'unavailable', status: 502 } })
  })

  it('times a try out, and ends when the caller does', async () => {
    const slow = against([() => 'hangs'], { retries: 1, timeoutMs: 10 })
    expect(await slow.lango.payments.get('pay_1')).toMatchObject({ error: { reason: 'no_answer' } })
    expect(slow.sent).toHaveLength(2)
    const given = new AbortController()
    const hanging = against([
      () => {
        queueMicrotask(() => given.abort())
        return 'hangs'
      },
    ])
    expect(await hanging.lango.payments.create(request, { signal: given.signal })).toMatchObject({
      error: { reason: 'aborted' },
    })
    expect(hanging.sent).toHaveLength(1)
  })
})

describe('idempotency keys', () => {
  it('outlive the process: a second client with the same store repeats the same request', async () => {
    const keys = memoryKeyStore()
    const first = against([() => 'lost'], { keys, retries: 0 })
    await first.lango.payments.create(request)
    const second = against([() => json(200, payment())], { keys })
    await second.lango.payments.create(request)
    await second.lango.payments.create(request)
    expect(keysOf([...first.sent, ...second.sent]).size).toBe(1)
  })

  it('are stored before anything is sent', async () => {
    const order: string[] = []
    const memory = memoryKeyStore()
    const { lango } = against(
      [
        () => {
          order.push('sent')
          return json(201, payment())
        },
      ],
      {
        keys: {
          ...memory,
          set: async (name, value) => {
            await memory.set(name, value)
            order.push('stored')
          },
        },
      },
    )
    await lango.payments.create(request)
    expect(order.slice(0, 2)).toEqual(['stored', 'sent'])
  })

  it('are one for two calls at once, and one for each invoice', async () => {
    const { lango, sent } = against([() => json(201, payment())])
    await Promise.all([lango.payments.create(request), lango.payments.create(request)])
    expect(keysOf(sent).size).toBe(1)
    await lango.payments.create({ ...request, invoice: 'INV-2' })
    expect(keysOf(sent).size).toBe(2)
  })

  it.each([
    ['refused', () => problem(422, 'payment_rejected', { paymentId: 'pay_1', failureCode: 'X' })],
    ['failed', () => json(200, payment({ status: 'failed' }))],
    ['expired', () => json(200, payment({ status: 'expired' }))],
  ])('are spent once the attempt was %s', async (_, said) => {
    const { lango, sent } = against([said])
    await lango.payments.create(request)
    await lango.payments.create(request)
    expect(keysOf(sent).size).toBe(2)
  })

  it.each([
    ['succeeded', () => json(200, payment({ status: 'succeeded' }))],
    ['is unknown', () => json(202, payment({ status: 'unknown' }))],
    ['is limited', () => problem(429, 'rate_limited')],
    ['is another payment', () => problem(422, 'invoice_conflict', { field: 'amount' })],
    ['is not possible now', () => problem(503, 'unavailable')],
  ])('stay when the payment %s', async (_, said) => {
    const { lango, sent } = against([said], { retries: 0 })
    await lango.payments.create(request)
    await lango.payments.create(request)
    expect(keysOf(sent).size).toBe(1)
  })

  it('make way for another, once, when the server has them for other content, and come back when the invoice refuses that too', async () => {
    const mismatch = () => problem(422, 'idempotency_mismatch', { field: 'phoneNumber' })
    const conflict = () => problem(422, 'invoice_conflict', { field: 'phoneNumber' })
    const stubborn = against([mismatch])
    expect(await stubborn.lango.payments.create(request)).toMatchObject({ error: { reason: 'idempotency_mismatch' } })
    expect([stubborn.sent.length, keysOf(stubborn.sent).size]).toEqual([2, 2])

    const keys = memoryKeyStore()
    const { lango, sent } = against([mismatch, conflict, mismatch, () => json(201, payment())], { keys })
    await lango.payments.create(request)
    const first = await keys.get('payment:INV-1')
    expect(first).toContain(sent[0]?.key)
    await lango.payments.create(request)
    await lango.payments.create(request)
    expect(sent.map(({ key }) => sent.findIndex((each) => each.key === key))).toEqual([0, 1, 0, 3, 3])
  })

  it('are stored before anything is sent under another', async () => {
    const keys = memoryKeyStore()
    const kept: (boolean | undefined)[] = []
    const { lango, sent } = against(
      [
        () => problem(422, 'idempotency_mismatch', { field: 'phoneNumber' }),
        () => {
          kept.push(String(keys.get('payment:INV-1')).includes(String(sent[1]?.key)))
          return 'lost'
        },
      ],
      { keys, retries: 0 },
    )
    await lango.payments.create(request)
    expect(kept).toEqual([true])
  })

  it('that were never answered stay when an attempt is seen to have failed: theirs may be the next', async () => {
    const keys = memoryKeyStore()
    const { lango } = against([() => 'lost', () => json(200, payment({ status: 'failed' }))], { keys, retries: 0 })
    await lango.payments.create(request)
    const kept = await keys.get('payment:INV-1')
    await lango.payments.get('pay_1')
    expect([kept, await keys.get('payment:INV-1')]).toEqual([expect.any(String), kept])
  })

  it('are spent by whoever sees that their attempt failed, and by no older attempt', async () => {
    let attempts = 1
    let status = 'pending'
    const { lango, sent } = against([
      () => json(200, payment({ status, attempts: Array.from({ length: attempts }, (_, i) => ({ n: i + 1 })) })),
    ])
    const created = () => keysOf(sent.filter(({ method }) => method === 'POST')).size
    attempts = 2
    await lango.payments.create(request)
    attempts = 1
    status = 'failed'
    await lango.payments.get('pay_1')
    status = 'pending'
    attempts = 2
    await lango.payments.create(request)
    expect(created()).toBe(1)
    status = 'failed'
    await lango.waitForPayment('pay_1')
    await lango.payments.create(request)
    expect(created()).toBe(2)
  })

  it('are forgotten when the server forgets them', async () => {
    let nowMs = 0
    const { lango, sent } = against([() => json(202, payment())], { nowMs: () => nowMs })
    await lango.payments.create(request)
    nowMs += 31 * 24 * 3_600_000
    await lango.payments.create(request)
    expect(keysOf(sent).size).toBe(2)
  })

  it('must be given where the invoice does not say which request it is', async () => {
    const { lango, sent } = against([() => json(201, payment())])
    expect(await lango.payments.create({ ...request, allowRepeat: true })).toMatchObject({
      error: { reason: 'invalid_request', errors: [{ field: 'idempotencyKey' }] },
    })
    expect(sent).toEqual([])
    await lango.payments.create({ ...request, allowRepeat: true }, { idempotencyKey: 'donation-81' })
    expect(sent[0]?.key).toBe('donation-81')
  })

  it('name a checkout by its content, until it expires', async () => {
    let nowMs = Date.parse('2026-11-21T00:00:00Z')
    const { lango, sent } = against(
      [() => json(201, { id: 'chk_1', url: 'https://pay.example.com/c/chk_1', expiresAt: '2026-11-22T00:00:00Z' })],
      { nowMs: () => nowMs },
    )
    const wish = { invoice: 'INV-1', amount: '10.00', currency: 'ZMW' }
    await lango.checkouts.create(wish)
    await lango.checkouts.create({ currency: 'ZMW', amount: '10.00', invoice: 'INV-1' })
    expect(keysOf(sent).size).toBe(1)
    await lango.checkouts.create({ ...wish, amount: '11.00' })
    expect(keysOf(sent).size).toBe(2)
    nowMs += 25 * 3_600_000
    await lango.checkouts.create(wish)
    expect(keysOf(sent).size).toBe(3)
  })

  it('live in a browser too, whose storage may be full, or none', async () => {
    const stored = new Map<string, string>()
    const storage = {
      getItem: (name: string) => stored.get(name) ?? null,
      setItem: (name: string, value: string) => void stored.set(name, value),
      removeItem: (name: string) => void stored.delete(name),
    }
    const keys = webStorageKeyStore(storage)
    await keys.set('a', '1')
    expect([stored.get('lango:a'), await webStorageKeyStore(storage).get('a')]).toEqual(['1', '1'])
    await keys.delete('a')
    expect(await keys.get('a')).toBeNull()
    const refuse = () => {
      throw new DOMException('full', 'QuotaExceededError')
    }
    const kept = webStorageKeyStore({ getItem: refuse, setItem: refuse, removeItem: refuse })
    await kept.set('a', '1')
    expect(await kept.get('a')).toBe('1')
  })
})

it('asks for no other address than that of an id', async () => {
  const { lango, sent } = against([() => problem(404, 'not_found')])
  for (const id of ['..', '../merchants', 'a/b', '%2e%2e', '']) await lango.payments.get(id)
  expect(new Set(sent.map(({ path }) => path))).toEqual(new Set(['/v1/payments/-']))
})

it('every error of the API is one of the union, with what belongs to it', async () => {
  const cases: readonly (readonly [Response, object])[] = [
    [problem(400, 'missing_idempotency_key'), { reason: 'invalid_request', errors: [] }],
    [
      problem(400, 'invalid_request', { errors: [{ field: 'amount', message: 'Send a string.' }] }),
      { reason: 'invalid_request', errors: [{ field: 'amount', message: 'Send a string.' }] },
    ],
    [problem(401, 'unauthenticated'), { reason: 'unauthenticated' }],
    [problem(403, 'key_scope'), { reason: 'forbidden', code: 'key_scope' }],
    [problem(404, 'not_found'), { reason: 'not_found' }],
    [problem(422, 'idempotency_mismatch', { field: 'amount' }), { reason: 'idempotency_mismatch', field: 'amount' }],
    [problem(422, 'invoice_conflict', { field: 'currency' }), { reason: 'invoice_conflict', field: 'currency' }],
    [
      problem(422, 'payment_rejected', { paymentId: 'pay_1', failureCode: 'PAYER_NOT_FOUND' }),
      { reason: 'payment_rejected', paymentId: 'pay_1', failureCode: 'PAYER_NOT_FOUND' },
    ],
    [problem(422, 'payment_refused', { refusal: 'in_review' }), { reason: 'payment_refused', refusal: 'in_review' }],
    [problem(409, 'limit_reached', { max: 20 }), { reason: 'limit_reached', max: 20 }],
    [problem(409, 'secret_told', { endpointId: 'whe_1' }), { reason: 'secret_told', endpointId: 'whe_1' }],
    [problem(429, 'rate_limited'), { reason: 'rate_limited', retryAfterMs: 1000 }],
    [problem(500, 'internal'), { reason: 'unavailable', code: 'internal' }],
    [problem(418, 'teapot'), { reason: 'unexpected', code: 'teapot' }],
  ]
  for (const [said, error] of cases) {
    const { lango } = against([() => said], { retries: 0 })
    expect(await lango.payments.get('pay_1')).toMatchObject({ ok: false, error })
  }
})
