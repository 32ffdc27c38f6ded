import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { createWorker } from '../../../src/edge/worker.ts'
import { invoice, type Json, json, KEY, ORIGIN, order, redis, seen } from './kit.ts'

beforeEach(() => redis.post('/_sim/reset', { flush: true }))

let counter = 0
const freshKey = () => `limits-${++counter}`

/** An isolate of its own, with limits of its own. Every answer is waited for with all the work that follows it. */
const isolate = (limits: Record<string, string>) => {
  const worker = createWorker()
  const settings = {
    ...(env as object),
    LANGO_LIMIT_MERCHANT: 'off',
    LANGO_LIMIT_PHONE: 'off',
    LANGO_LIMIT_GATEWAY: 'off',
    LANGO_LIMIT_ADDRESS: 'off',
    ...limits,
  }
  const send = async (path: string, init: RequestInit = {}): Promise<Response> => {
    const ctx = createExecutionContext()
    const response = await worker.fetch(new Request(`${ORIGIN}${path}`, init), settings, ctx)
    await waitOnExecutionContext(ctx)
    return response
  }
  return {
    send,
    pay: (body: unknown, headers: Record<string, string> = {}) =>
      send('/v1/payments', {
        method: 'POST',
        headers: {
          Authorization: `Bearer ${KEY}`,
          'Content-Type': 'application/json',
          'Idempotency-Key': freshKey(),
          ...headers,
        },
        body: JSON.stringify(body),
      }),
  }
}

const expectLimited = async (response: Response, limit: string): Promise<Json> => {
  const problem = await json(response)
  expect(problem).toMatchObject({ status: 429, code: 'rate_limited', type: 'urn:lango:problem:rate-limited', limit })
  expect(response.status).toBe(429)
  expect(response.headers.get('Content-Type')).toBe('application/problem+json')
  expect(response.headers.get('Retry-After')).toMatch(/^[1-9]\d*$/)
  return problem
}

/** The Redis commands since the last reset, scripts by what they do. */
const commands = async (): Promise<string[]> =>
  (await redis.get('/_sim/requests')).flatMap((request: Json) => request.commands.map((words: string[]) => words[0]))

describe('T57: too many new payments', () => {
  it.each([
    ['merchant', 'LANGO_LIMIT_MERCHANT', {}],
    ['phone', 'LANGO_LIMIT_PHONE', {}],
    ['gateway', 'LANGO_LIMIT_GATEWAY', { Authorization: 'Bearer sk_test_other' }],
  ] as const)('by %s are 429, naming it; nothing of the refused is stored or sent', async (limit, variable, others) => {
    const { pay } = isolate({ [variable]: '2/1h' })
    for (let i = 0; i < 2; i++) expect((await pay(order(), others)).status).toBe(201)
    const before = (await redis.get('/_sim/keys')).map(({ key }: Json) => key)
    const refused = order()
    await expectLimited(await pay(refused), limit)
    expect((await redis.get('/_sim/keys')).map(({ key }: Json) => key)).toEqual(before)
    // T13: the same request, with the same key, once there is room.
    await redis.post('/_sim/clock', { advanceMs: 1_800_000 })
    const headers = { 'Idempotency-Key': freshKey() }
    const taken = await pay(refused, headers)
    expect(taken.status).toBe(201)
    expect(await seen((await json(taken)).id)).toMatchObject({ begins: 1, sends: 1 })
  })

  it('T13: the key that was refused is not poisoned', async () => {
    const { pay } = isolate({ LANGO_LIMIT_PHONE: '1/1h' })
    expect((await pay(order())).status).toBe(201)
    const body = order()
    const headers = { 'Idempotency-Key': freshKey() }
    for (let i = 0; i < 3; i++) await expectLimited(await pay(body, headers), 'phone')
    await redis.post('/_sim/clock', { advanceMs: 3_600_000 })
    const taken = await pay(body, headers)
    expect(taken.status).toBe(201)
    expect(taken.headers.get('Idempotent-Replayed')).toBeNull()
  })

  it('do not stand in the way of a repetition: by its key, by another key, from another screen', async () => {
    const { pay } = isolate({ LANGO_LIMIT_MERCHANT: '1/1h', LANGO_LIMIT_PHONE: '1/1h', LANGO_LIMIT_GATEWAY: '1/1h' })
    const body = order()
    const headers = { 'Idempotency-Key': freshKey() }
    const { id } = await json(await pay(body, headers))
    await expectLimited(await pay(order()), 'merchant')
    for (let i = 0; i < 5; i++) {
      for (const again of [await pay(body, headers), await pay({ ...body, sessionId: `screen-${i}` })]) {
        expect(again.status).toBe(202)
        expect(again.headers.get('Idempotent-Replayed')).toBe('true')
        expect(await json(again)).toMatchObject({ id })
      }
    }
  })

  it('count a declined customer who is asked again, though no snapshot says so', async () => {
    const { pay } = isolate({ LANGO_LIMIT_PHONE: '2/1h' })
    const body = order({ invoice: invoice('decline') })
    const first = { 'Idempotency-Key': freshKey() }
    const { id } = await json(await pay(body, first))
    // Redis takes these for repetitions: one may go beyond what the number has room for, which the next one waits for.
    for (let i = 0; i < 2; i++) expect((await pay(body)).status).toBe(201)
    for (let i = 0; i < 3; i++) await expectLimited(await pay(body), 'phone')
    expect(await seen(id)).toMatchObject({ sends: 3 })
    await expectLimited(await pay(order()), 'phone')
    expect((await pay(body, first)).status).not.toBe(429)
  })

  it('another number, another merchant and the other mode have room of their own', async () => {
    const { pay } = isolate({ LANGO_LIMIT_PHONE: '1/1h' })
    expect((await pay(order())).status).toBe(201)
    await expectLimited(await pay(order({ phoneNumber: '+260 763 456 789' })), 'phone')
    expect((await pay(order({ phoneNumber: '260763456039' }))).status).toBe(201)
    for (const key of ['sk_test_other', 'sk_live_lango_dev'])
      expect((await pay(order(), { Authorization: `Bearer ${key}` })).status).toBe(201)
  })

  it('I11: are counted without the number: it stands in no key and no answer', async () => {
    const { pay } = isolate({ LANGO_LIMIT_PHONE: '1/1h' })
    await pay(order())
    const problem = await expectLimited(await pay(order()), 'phone')
    const kept = JSON.stringify([await redis.get('/_sim/keys'), problem])
    expect(kept).toMatch(/:m:phone:mer_dev:[0-9a-f]{16}/)
    expect(kept).not.toMatch(/763456789/)
  })

  it.each([
    ['is down', { down: true }],
    ['answers with errors', { error500: true }],
    ['answers too late', { delayReplyMs: 5_000, commands: ['eval'] }],
  ])(
    'are not counted while Redis %s: repetitions and new payments are answered, each sent once',
    async (_name, fault) => {
      const { pay } = isolate({ LANGO_LIMIT_MERCHANT: '1/1h', LANGO_LIMIT_PHONE: '1/1h' })
      const body = order()
      const headers = { 'Idempotency-Key': freshKey() }
      const { id } = await json(await pay(body, headers))
      await redis.post('/_sim/persona', fault)
      const again = await pay(body, headers)
      expect(again.status).toBe(202)
      expect(await json(again)).toMatchObject({ id })
      for (let i = 0; i < 3; i++) {
        const more = await pay(order())
        expect(more.status).toBe(201)
        expect(await seen((await json(more)).id)).toMatchObject({ sends: 1 })
      }
      expect(await seen(id)).toMatchObject({ sends: 1 })
      await redis.post('/_sim/reset')
    },
  )

  it('of a checkout are told to the customer, on a page', async () => {
    const { send, pay } = isolate({ LANGO_LIMIT_PHONE: '1/1h' })
    expect((await pay(order())).status).toBe(201)
    const made = await send('/v1/checkouts', {
      method: 'POST',
      headers: { Authorization: `Bearer ${KEY}`, 'Content-Type': 'application/json' },
      body: JSON.stringify({ invoice: invoice(), amount: '10.50', currency: 'ZMW' }),
    })
    const { id } = await json(made)
    const page = await send(`/c/${id}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ phoneNumber: '260763456789', provider: 'MTN_MOMO_ZMB', attempt: '1' }).toString(),
    })
    expect(page.status).toBe(429)
    expect(await page.text()).toContain('Nothing was charged')
  })
})

describe('what a payment costs in Redis', () => {
  const limits = { LANGO_LIMIT_MERCHANT: '100/1h', LANGO_LIMIT_PHONE: '100/1h', LANGO_LIMIT_GATEWAY: '100/1h' }
  const headers = { 'Idempotency-Key': 'what-it-costs' }
  const costOf = async (work: () => Promise<Response>, status: number): Promise<number> => {
    const before = (await commands()).length
    expect((await work()).status).toBe(status)
    return (await commands()).length - before
  }

  it('is what docs/limits.md says, with every meter on', async () => {
    const { pay, send } = isolate(limits)
    const body = order()
    expect(await costOf(() => pay(body, headers), 201)).toBe(2)
    expect(await costOf(() => pay(body, headers), 202)).toBe(1)
    expect(await costOf(() => pay(body), 202)).toBe(2)
    expect(await costOf(() => pay({ ...body, amount: '99' }), 422)).toBe(2)
    expect(await costOf(() => pay({ ...body, amount: 'ten' }), 400)).toBe(0)
    expect(await costOf(() => pay(body, { Authorization: 'Bearer sk_test_wrong' }), 401)).toBe(0)
    const [{ key }] = (await redis.get('/_sim/keys')).filter((each: Json) => each.key.startsWith('lango:test:s:'))
    const get = () => send(`/v1/payments/${key.split(':').at(-1)}`, { headers: { Authorization: `Bearer ${KEY}` } })
    expect(await costOf(get, 200)).toBe(1)
    await redis.post('/_sim/clock', { advanceMs: 61_000 })
    expect(await costOf(get, 200)).toBe(2)
  })

  it('of a refused one is one command', async () => {
    const { pay } = isolate({ LANGO_LIMIT_PHONE: '1/1h' })
    expect((await pay(order())).status).toBe(201)
    expect(await costOf(() => pay(order()), 429)).toBe(1)
  })
})

describe('one address that gets too much wrong', () => {
  const from = (address: string) => ({ 'CF-Connecting-IP': address })
  const guess = (sent: ReturnType<typeof isolate>, address: string) =>
    sent.pay(order(), { ...from(address), Authorization: `Bearer sk_test_guess_${++counter}` })
  const forged = (sent: ReturnType<typeof isolate>, address: string, how: Json = { kind: 'refused' }) =>
    sent.send('/webhooks/pawapay/deposits', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...from(address) },
      body: JSON.stringify(how),
    })

  it('is not looked up any more when it guesses keys; a key that is known passes from there all the same', async () => {
    const sent = isolate({ LANGO_LIMIT_ADDRESS: '3/1h' })
    const home = from('192.0.2.1')
    expect((await sent.pay(order(), home)).status).toBe(201)
    for (let i = 0; i < 3; i++) expect((await guess(sent, '192.0.2.1')).status).toBe(401)
    const problem = await expectLimited(await guess(sent, '192.0.2.1'), 'address')
    expect(JSON.stringify(problem)).not.toContain('192.0.2.1')
    expect((await guess(sent, '192.0.2.2')).status).toBe(401)
    expect((await sent.pay(order(), home)).status).toBe(201)
  })

  it('T34: is not verified any more when it forges callbacks; the gateway, from elsewhere, is', async () => {
    const sent = isolate({ LANGO_LIMIT_ADDRESS: '3/1h' })
    for (let i = 0; i < 3; i++) expect((await forged(sent, '192.0.2.7')).status).toBe(401)
    for (let i = 0; i < 3; i++) await expectLimited(await forged(sent, '192.0.2.7'), 'address')
    const true_ = await sent.send('/webhooks/pawapay/deposits', {
      method: 'POST',
      headers: from('203.0.113.5'),
      body: JSON.stringify({ kind: 'verified' }),
    })
    expect(true_.status).toBe(200)
  })

  it('is counted as well for keys that nobody knows, which may be the gateway’s new ones: 503, and it sends again', async () => {
    const sent = isolate({ LANGO_LIMIT_ADDRESS: '3/1h' })
    for (let i = 0; i < 3; i++) {
      const response = await forged(sent, '192.0.2.8', { kind: 'unavailable', unknownKey: true })
      expect([response.status, response.headers.get('Retry-After')]).toEqual([503, '30'])
      await response.body?.cancel()
    }
    await expectLimited(await forged(sent, '192.0.2.8', { kind: 'unavailable', unknownKey: true }), 'address')
    for (let i = 0; i < 9; i++) expect((await forged(sent, '192.0.2.9', { kind: 'unavailable' })).status).toBe(503)
  })

  it('is not counted where nobody says which address it is', async () => {
    const sent = isolate({ LANGO_LIMIT_ADDRESS: '1/1h' })
    for (let i = 0; i < 3; i++)
      expect((await sent.pay(order(), { Authorization: 'Bearer sk_test_wrong' })).status).toBe(401)
  })
})

describe('Prefer: wait', () => {
  it('is followed, and said to be', async () => {
    const { pay } = isolate({})
    const response = await pay(order(), { Prefer: 'wait=7' })
    expect(response.headers.get('Preference-Applied')).toBe('wait=7')
    expect(await seen((await json(response)).id)).toMatchObject({ waitMs: 7_000 })
    expect((await pay(order())).headers.get('Preference-Applied')).toBeNull()
  })
})
