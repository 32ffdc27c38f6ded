import { beforeEach, describe, expect, it, vi } from 'vitest'
import { get, invoice, type Json, json, KEY, order, pay, redis, redisUrl, seen, send } from './kit.ts'
import { REDIS_TOKEN } from './tokens.ts'

beforeEach(() => redis.post('/_sim/reset', { flush: true }))

const keysInRedis = async (): Promise<string[]> =>
  (await redis.get('/_sim/keys')).map(({ key }: { key: string }) => key)

/** Work that outlives an answer (keeping the snapshot) ends a moment later. */
const settled = (check: () => Promise<void>) => vi.waitFor(check, { timeout: 3_000, interval: 20 })

const expectProblem = async (response: Response, status: number, code: string): Promise<Json> => {
  expect(response.headers.get('Content-Type')).toBe('application/problem+json')
  const problem = await json(response)
  expect(problem).toMatchObject({ status, code, type: `urn:lango:problem:${code.replaceAll('_', '-')}` })
  expect(response.status).toBe(status)
  expect(problem.instance).toBe(response.headers.get('X-Request-Id'))
  return problem
}

describe('POST /v1/payments', () => {
  it('answers 201, the payment and where it is', async () => {
    const response = await pay(order({ invoice: 'first-1', provider: 'MTN_MOMO_ZMB' }))
    expect(response.status).toBe(201)
    const payment = await json(response)
    expect(payment).toMatchObject({
      status: 'pending',
      amount: '10.50',
      phoneNumber: '2607••••6789',
      invoice: 'first-1',
    })
    expect(payment.id).toMatch(/^pay_[0-9a-f]{26}$/)
    expect(response.headers.get('Location')).toBe(`/v1/payments/${payment.id}`)
    expect(response.headers.get('Idempotent-Replayed')).toBeNull()
    expect(response.headers.get('X-Request-Id')).toMatch(/^req_[0-9a-f]{24}$/)
  })

  it.each([
    ['slow', 'created'],
    ['unknown', 'unknown'],
  ])('answers 202 when the gateway is %s', async (word, status) => {
    const response = await pay(order({ invoice: invoice(word) }))
    expect(response.status).toBe(202)
    expect(response.headers.get('Retry-After')).toBe('2')
    expect(response.headers.get('Idempotent-Replayed')).toBeNull()
    expect(await json(response)).toMatchObject({ status })
  })

  it('answers 422 when the gateway refuses, and again when asked again', async () => {
    const body = order({ invoice: invoice('reject') })
    const first = await pay(body, { 'Idempotency-Key': 'refused-key' })
    const problem = await expectProblem(first, 422, 'payment_rejected')
    expect(problem).toMatchObject({ failureCode: 'PAYER_LIMIT_REACHED', detail: 'The wallet is over its limit.' })
    expect(first.headers.get('Location')).toBe(`/v1/payments/${problem.paymentId}`)
    expect(first.headers.get('Idempotent-Replayed')).toBeNull()
    const again = await pay(body, { 'Idempotency-Key': '"refused-key"' })
    await expectProblem(again, 422, 'payment_rejected')
    expect(again.headers.get('Idempotent-Replayed')).toBe('true')
  })

  it('answers 202 to the same key and to another key while open, the same from Redis; 200 when paid', async () => {
    const body = order()
    const { id } = await json(await pay(body, { 'Idempotency-Key': 'open-key' }))
    await settled(async () => expect(await keysInRedis()).toContain(`lango:test:s:${id}`))
    for (const headers of [{ 'Idempotency-Key': 'open-key' }, {}] as Record<string, string>[]) {
      const response = await pay({ ...body, sessionId: 'another screen' }, headers)
      expect(response.status).toBe(202)
      expect(response.headers.get('Idempotent-Replayed')).toBe('true')
      expect(await json(response)).toMatchObject({ id })
    }
    // The first, and the other key: the object must come to know it.
    expect(await seen(id)).toMatchObject({ begins: 2, sends: 1 })

    const paid = order({ invoice: invoice('paid') })
    expect((await pay(paid)).status).toBe(201)
    const response = await pay(paid)
    expect(response.status).toBe(200)
    expect(response.headers.get('Idempotent-Replayed')).toBe('true')
    expect(await json(response)).toMatchObject({ status: 'succeeded' })
  })

  it('T02: charges once when fifty come at once, by one key and by many', async () => {
    for (const headersOf of [() => ({ 'Idempotency-Key': 'same' }), () => ({})] as (() => Record<string, string>)[]) {
      const body = order()
      const responses = await Promise.all(Array.from({ length: 50 }, () => pay(body, headersOf())))
      const ids = new Set((await Promise.all(responses.map(json))).map(({ id }) => id))
      expect(ids.size).toBe(1)
      expect(responses.filter(({ status }) => status === 201)).toHaveLength(1)
      expect(responses.filter(({ status }) => status === 202)).toHaveLength(49)
      expect(await seen([...ids].join())).toMatchObject({ sends: 1 })
    }
  })

  it('T03: the same key with another amount is a mismatch naming it; the same content spelt otherwise is not', async () => {
    const body = order({ amount: '100', metadata: { a: 'Cafe\u0301', b: 'x' } })
    const headers = { 'Idempotency-Key': 'mismatch-key' }
    const { id } = await json(await pay(body, headers))
    const respelt = JSON.stringify(
      { ...body, metadata: { b: 'x', a: 'Café' }, amount: '100.00', phoneNumber: '0763 456 789' },
      null,
      2,
    )
    expect(await json(await pay(respelt, headers))).toMatchObject({ id })
    expect(
      await expectProblem(await pay({ ...body, amount: '101' }, headers), 422, 'idempotency_mismatch'),
    ).toMatchObject({ field: 'amount' })
    expect(
      await expectProblem(await pay({ ...body, invoice: invoice() }, headers), 422, 'idempotency_mismatch'),
    ).toMatchObject({ field: 'invoice' })
    expect(await seen(id)).toMatchObject({ sends: 1 })
  })

  it('T04: the same key by another merchant, and in live, is another payment', async () => {
    const body = order()
    const headers = { 'Idempotency-Key': 'shared-key' }
    const ids = new Set<string>()
    for (const key of [KEY, 'sk_test_other', 'sk_live_lango_dev']) {
      const response = await pay(body, { ...headers, Authorization: `Bearer ${key}` })
      expect(response.status).toBe(201)
      ids.add((await json(response)).id)
    }
    expect(ids.size).toBe(3)
  })

  it('another amount for an open invoice is a conflict, and its key stays free', async () => {
    const body = order()
    const { id } = await json(await pay(body))
    const headers = { 'Idempotency-Key': 'conflict-key' }
    expect(await expectProblem(await pay({ ...body, amount: '99' }, headers), 422, 'invoice_conflict')).toMatchObject({
      field: 'amount',
    })
    const other = order()
    await settled(async () => expect((await pay(other, headers)).status).toBeLessThan(300))
    expect(await seen(id)).toMatchObject({ sends: 1 })
  })

  it('allowRepeat makes the key the identity: two keys, two payments of one invoice', async () => {
    const body = order({ allowRepeat: true })
    const [one, two] = [
      await pay(body, { 'Idempotency-Key': 'repeat-1' }),
      await pay(body, { 'Idempotency-Key': 'repeat-2' }),
    ]
    expect([one.status, two.status]).toEqual([201, 201])
    expect((await json(one)).id).not.toBe((await json(two)).id)
    expect((await pay(body, { 'Idempotency-Key': 'repeat-1' })).status).toBe(202)
  })

  it('passes on how long the caller waits', async () => {
    for (const [prefer, waitMs] of [
      [undefined, 5_000],
      ['wait=0', 0],
      ['wait=12', 12_000],
    ] as const) {
      const { id } = await json(await pay(order(), prefer === undefined ? {} : { Prefer: prefer }))
      expect(await seen(id)).toMatchObject({ waitMs })
    }
  })

  it('asks the vault for a provider that the core cannot tell', async () => {
    const response = await pay(order({ phoneNumber: '260953456789' }))
    expect([201, 400]).toContain(response.status)
    if (response.status === 201) expect((await json(response)).provider).toBe('ZAMTEL_ZMB')
  })

  it('begins once more when the object was reset, and says unavailable when that fails too', async () => {
    const once = await pay(order({ invoice: invoice('throwonce') }))
    expect(once.status).toBe(201)
    const never = await pay(order({ invoice: invoice('throw') }))
    await expectProblem(never, 503, 'unavailable')
    expect(never.headers.get('Retry-After')).toBe('2')
  })

  it('says that the core is sealed, and leaves the key free', async () => {
    const headers = { 'Idempotency-Key': 'sealed-key' }
    await expectProblem(await pay(order({ invoice: invoice('sealed') }), headers), 503, 'core_sealed')
    await settled(async () => expect(await keysInRedis()).toEqual([]))
  })
})

describe('T01, T13: what is refused before anything happens', () => {
  const good = order()
  it.each([
    ['no key', () => pay(good, { 'Idempotency-Key': '' }), 400, 'missing_idempotency_key', undefined],
    ['a bad key', () => pay(good, { 'Idempotency-Key': 'a b' }), 400, 'invalid_request', 'Idempotency-Key'],
    ['an unknown field', () => pay({ ...good, colour: 'red' }), 400, 'invalid_request', 'colour'],
    ['three decimals', () => pay({ ...good, amount: '10.005' }), 400, 'invalid_request', 'amount'],
    ['a JSON number for an amount', () => pay({ ...good, amount: 10.5 }), 400, 'invalid_request', 'amount'],
    ['a bad number', () => pay({ ...good, phoneNumber: '12' }), 400, 'invalid_request', 'phoneNumber'],
    ['an unknown currency', () => pay({ ...good, currency: 'ZZZ' }), 400, 'invalid_request', 'currency'],
    ['an unknown provider', () => pay({ ...good, provider: 'NOBODY_ZMB' }), 400, 'invalid_request', 'provider'],
    ['no JSON', () => pay('{"amount":'), 400, 'invalid_request', 'body'],
    [
      'a form',
      () => pay('a=b', { 'Content-Type': 'application/x-www-form-urlencoded' }),
      415,
      'unsupported_media_type',
      undefined,
    ],
    ['no API key', () => pay(good, { Authorization: '' }), 401, 'unauthenticated', undefined],
    ['a wrong API key', () => pay(good, { Authorization: 'Bearer sk_test_wrong' }), 401, 'unauthenticated', undefined],
    ['a publishable key', () => pay(good, { Authorization: 'Bearer pk_test_lango_dev' }), 403, 'key_scope', undefined],
    ['65 KiB', () => pay({ ...good, sessionId: 'x'.repeat(65 * 1024) }), 413, 'body_too_large', undefined],
  ] as const)('%s', async (_name, request, status, code, field) => {
    const problem = await expectProblem(await request(), status, code)
    if (field) expect(problem.errors.map((error: Json) => error.field)).toEqual([field])
    expect(await keysInRedis()).toEqual([])
    expect(await redis.get('/_sim/requests')).toEqual([])
  })

  it('a chunked body that announces no length is counted', async () => {
    let sent = 0
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += 8_192
        if (sent > 1024 * 1024) controller.close()
        else controller.enqueue(new Uint8Array(8_192).fill(0x20))
      },
    })
    const response = await send('/v1/payments', {
      method: 'POST',
      headers: { Authorization: `Bearer ${KEY}`, 'Content-Type': 'application/json', 'Idempotency-Key': 'chunked' },
      body,
    })
    await expectProblem(response, 413, 'body_too_large')
  })

  it('T13: leaves the key free for the right request', async () => {
    const body = order()
    const headers = { 'Idempotency-Key': 'poisoned?' }
    await pay({ ...body, amount: 10 }, headers)
    await pay(body, { ...headers, Authorization: 'Bearer sk_test_wrong' })
    expect((await pay(body, headers)).status).toBe(201)
  })

  it('says everything that is wrong at once', async () => {
    const problem = await json(await pay({ ...good, amount: 1, currency: 'ZZZ', phoneNumber: 'x', colour: 'red' }))
    expect(problem.errors.map((error: Json) => error.field)).toEqual(['colour', 'amount', 'currency', 'phoneNumber'])
  })
})

describe('faults of Redis', () => {
  it('T09: an own claim whose answer was lost is recognised; one send', async () => {
    await redis.post('/_sim/persona', { dropAfterExecute: 1 })
    const response = await pay(order())
    expect(response.status).toBe(201)
    expect(await seen((await json(response)).id)).toMatchObject({ begins: 1, sends: 1 })
  })

  it('T11: a claim that hangs is not read as free or taken: the object decides', async () => {
    const body = order()
    const headers = { 'Idempotency-Key': 'hanging-key' }
    const { id } = await json(await pay(body, headers))
    await redis.post('/_sim/persona', { delayReplyMs: 5_000, commands: ['eval'] })
    const again = await pay(body, headers)
    expect(again.status).toBe(202)
    expect(await json(again)).toMatchObject({ id })
    expect(await seen(id)).toMatchObject({ sends: 1 })
  })

  it('T10: with Redis down every payment is taken, once', async () => {
    await redis.post('/_sim/persona', { down: true })
    const bodies = Array.from({ length: 20 }, () => order())
    for (const body of bodies) {
      const first = await pay(body, { 'Idempotency-Key': `down-${body['invoice']}` })
      expect(first.status).toBe(201)
      const again = await pay(body, { 'Idempotency-Key': `down-${body['invoice']}` })
      expect(again.status).toBe(202)
      const { id } = await json(first)
      expect(await json(again)).toMatchObject({ id })
      expect(await seen(id)).toMatchObject({ sends: 1 })
      expect((await get(id)).status).toBe(200)
    }
    // The isolate asks again within five seconds; what follows in this isolate needs Redis back.
    await redis.post('/_sim/reset')
    await vi.waitFor(
      async () => {
        const { id } = await json(await pay(order()))
        await settled(async () => expect(await keysInRedis()).toContain(`lango:test:s:${id}`))
      },
      { timeout: 10_000, interval: 500 },
    )
  })
})

describe('GET /v1/payments/{id}', () => {
  it('answers the payment to its merchant and to nobody else', async () => {
    const { id } = await json(await pay(order()))
    expect(await json(await get(id))).toMatchObject({ id, status: 'pending' })
    for (const key of ['sk_test_other', 'sk_live_lango_dev']) await expectProblem(await get(id, key), 404, 'not_found')
    await expectProblem(await get(id, 'pk_test_lango_dev'), 403, 'key_scope')
    await expectProblem(await get('pay_00000000000000000000000000'), 404, 'not_found')
    await expectProblem(await get('nonsense'), 404, 'not_found')
  })
})

describe('POST /v1/payments/{id}/otp', () => {
  const submit = (id: string, body: unknown, headers: Record<string, string> = {}) =>
    send(`/v1/payments/${id}/otp`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${KEY}`, 'Content-Type': 'application/json', ...headers },
      body: JSON.stringify(body),
    })

  it('hands a code on, with a hash that names it and does not tell it', async () => {
    const { id } = await json(await pay(order()))
    const response = await submit(id, { otp: '481516' }, { Prefer: 'wait=7' })
    expect(response.status).toBe(200)
    expect(response.headers.get('Preference-Applied')).toBe('wait=7')
    expect(response.headers.get('Cache-Control')).toBe('no-store')
    expect(await json(response)).toMatchObject({ id })
    await submit(id, { otp: '342234' })
    const { otps } = await seen(id)
    expect(otps).toMatchObject([
      { otp: '481516', waitMs: 7_000, mode: 'test', otpHash: expect.stringMatching(/^[0-9a-f]{16}$/) },
      { otp: '342234', waitMs: 5_000 },
    ])
    expect(new Set(otps.map(({ otpHash }) => otpHash)).size).toBe(2)
  })

  it.each([
    ['000000', 422, 'otp_refused'],
    ['sealed', 503, 'core_sealed'],
  ])('answers %s with %i %s', async (otp, status, code) => {
    const { id } = await json(await pay(order()))
    await expectProblem(await submit(id, { otp }), status, code)
  })

  it('answers 202 while nobody knows, and asks an object that was reset once more', async () => {
    const { id } = await json(await pay(order()))
    const response = await submit(id, { otp: 'lost' })
    expect([response.status, response.headers.get('Retry-After')]).toEqual([202, '2'])
    const other = await json(await pay(order()))
    expect((await submit(other.id, { otp: 'throwonce' })).status).toBe(200)
    expect((await seen(other.id)).otps).toHaveLength(2)
  })

  it('refuses what is no code before anybody is asked, and other people’s payments', async () => {
    const { id } = await json(await pay(order()))
    for (const otp of ['', '12 34', '1'.repeat(37), 481516, undefined])
      await expectProblem(await submit(id, { otp }), 400, 'invalid_request')
    await expectProblem(await submit(id, { otp: '1', phoneNumber: '1' }), 400, 'invalid_request')
    await expectProblem(await submit(id, { otp: 'x'.repeat(70_000) }), 413, 'body_too_large')
    await expectProblem(await submit(id, { otp: '1' }, { Authorization: 'Bearer sk_test_other' }), 404, 'not_found')
    await expectProblem(await submit(id, { otp: '1' }, { Authorization: 'Bearer pk_test_lango_dev' }), 403, 'key_scope')
    await expectProblem(await submit('nonsense', { otp: '1' }), 404, 'not_found')
    // The other shop's alone came as far as the object, which knows whose it is.
    expect((await seen(id)).otps).toHaveLength(1)
  })

  it('takes ten in a minute for one payment', async () => {
    const { id } = await json(await pay(order()))
    for (let n = 0; n < 10; n++) await expectProblem(await submit(id, { otp: '000000' }), 422, 'otp_refused')
    const problem = await expectProblem(await submit(id, { otp: '481516' }), 429, 'rate_limited')
    expect(problem.limit).toBe('otp')
    expect((await seen(id)).otps).toHaveLength(10)
  })
})

describe('GET /v1/payments/{id}/decisions', () => {
  const why = (id: string, key?: string) => get(`${id}/decisions`, key)

  it('tells its merchant, and nobody else, why each attempt went where it went', async () => {
    const { id } = await json(await pay(order()))
    expect(await json(await why(id))).toEqual({
      decisions: [
        {
          attempt: 1,
          decidedAt: '2026-11-21T08:00:00.000Z',
          trigger: 'request',
          gateway: 'mtn',
          because: 'score',
          rule: null,
          policyVersion: '7',
          probe: false,
          rail: { provider: 'MTN_MOMO_ZMB', breaker: 'closed' },
          candidates: [{ gateway: 'mtn', breaker: 'closed', whyNot: null, score: null }],
          explained: 'in words',
        },
      ],
    })
    for (const key of ['sk_test_other', 'sk_live_lango_dev']) await expectProblem(await why(id, key), 404, 'not_found')
    await expectProblem(await why(id, 'pk_test_lango_dev'), 403, 'key_scope')
    await expectProblem(await why('pay_00000000000000000000000000'), 404, 'not_found')
    await expectProblem(await why('nonsense'), 404, 'not_found')
  })

  it('says so when the object cannot be asked', async () => {
    const { id } = await json(await pay(order({ invoice: invoice('nodecisions') })))
    await expectProblem(await why(id), 503, 'unavailable')
  })
})

describe('T63: a snapshot written with the real Redis token', () => {
  const write = async (command: string[]) => {
    const response = await fetch(`${redisUrl}/`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${REDIS_TOKEN}` },
      body: JSON.stringify(command),
    })
    expect(response.status).toBe(200)
    await response.body?.cancel()
  }

  it.each([
    ['without a seal', { seal: undefined }],
    ['under a made-up seal', { seal: { mac: 'f'.repeat(64), kid: '1' } }],
    ['flagged as not final', { final: false, seal: undefined }],
    ['that has expired, under a good seal', { expiresAtMs: Date.now() - 1 }],
  ])('%s, makes no answer say paid', async (_name, forged) => {
    const body = order()
    const headers = { 'Idempotency-Key': `forged-${body['invoice']}` }
    const { id } = await json(await pay(body, headers))
    await settled(async () => expect(await keysInRedis()).toContain(`lango:test:s:${id}`))
    const stored = (await redis.get('/_sim/keys')).find(({ key }: Json) => key === `lango:test:s:${id}`).value as string
    const kept = JSON.parse(stored.slice(15))
    const text = JSON.stringify({ ...JSON.parse(kept.text), status: 'succeeded', fulfilment: { status: 'fulfilled' } })
    await write([
      'SET',
      `lango:test:s:${id}`,
      `${stored.slice(0, 15)}${JSON.stringify({ ...kept, final: true, ...forged, text })}`,
    ])

    for (const response of [await get(id), await pay(body, headers), await pay(body)]) {
      expect(response.status).toBeLessThan(300)
      expect((await json(response)).status).toBe('pending')
    }
  })

  it('that is the object\u2019s own, sealed, is believed', async () => {
    const { id } = await json(await pay(order({ invoice: invoice('paid') })))
    await settled(async () => expect(await keysInRedis()).toContain(`lango:test:s:${id}`))
    expect(await json(await get(id))).toMatchObject({ status: 'succeeded' })
  })
})
