import { describe, expect, it } from 'vitest'
import { json, KEY, send } from './kit.ts'

const EVENT = 'evt_0123456789abcdef0123456789_succeeded_1'

const call = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Response> =>
  send(path, {
    method,
    headers: {
      Authorization: `Bearer ${KEY}`,
      ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
const open = (body: unknown, headers: Record<string, string> = {}) =>
  call('POST', '/v1/webhook-endpoints', body, headers)

describe('/v1/webhook-endpoints', () => {
  it('answers with a secret once, and lists without it', async () => {
    const response = await open({
      url: 'https://shop.co.zm/hook',
      description: 'orders',
      events: ['payment.succeeded'],
    })
    expect(response.status).toBe(201)
    const { secret, ...made } = await json(response)
    expect(secret).toMatch(/^whsec_/)
    expect(made).toMatchObject({ url: 'https://shop.co.zm/hook', status: 'enabled', events: ['payment.succeeded'] })
    expect(made.id).toMatch(/^whe_[0-9a-f]{26}$/)
    expect(response.headers.get('Location')).toBe(`/v1/webhook-endpoints/${made.id}`)
    expect(response.headers.get('Cache-Control')).toBe('no-store')
    expect(await json(await call('GET', `/v1/webhook-endpoints/${made.id}`))).toEqual(made)
    const { webhookEndpoints } = await json(await call('GET', '/v1/webhook-endpoints'))
    expect(webhookEndpoints).toContainEqual(made)
    expect(JSON.stringify(webhookEndpoints)).not.toContain('whsec_')
  })

  it('is one for one Idempotency-Key', async () => {
    const headers = { 'Idempotency-Key': 'endpoint-1' }
    const [one, two] = [
      await json(await open({ url: 'https://one.co.zm/' }, headers)),
      await json(await open({ url: 'https://one.co.zm/' }, headers)),
    ]
    expect(two).toEqual(one)
    const other = await open({ url: 'https://two.co.zm/' }, headers)
    expect([other.status, (await json(other)).code]).toEqual([422, 'idempotency_mismatch'])
  })

  it.each([
    [{}, ['url']],
    [{ url: 5 }, ['url']],
    [{ url: 'https://shop.co.zm/', events: [] }, ['events']],
    [{ url: 'https://shop.co.zm/', events: ['payment.paid'] }, ['events.0']],
    [{ url: 'https://shop.co.zm/', secret: 'mine' }, ['secret']],
    [{ url: 'https://private.co.zm/' }, ['url']],
  ])('%j is 400 and names %j', async (body, fields) => {
    const response = await open(body)
    expect(response.status).toBe(400)
    expect((await json(response)).errors.map(({ field }: { field: string }) => field)).toEqual(fields)
  })

  it.each([
    ['https://many.co.zm/', 409, 'limit_reached'],
    ['https://told.co.zm/', 409, 'secret_told'],
    ['https://dns.co.zm/', 503, 'unavailable'],
    ['https://throw.co.zm/', 503, 'unavailable'],
  ])('%s: %i %s', async (url, status, code) => {
    const response = await open({ url })
    expect([response.status, (await json(response)).code]).toEqual([status, code])
    expect(response.headers.get('Content-Type')).toContain('application/problem+json')
  })

  it('needs a secret key, on every route', async () => {
    for (const key of ['pk_test_lango_dev', 'sk_test_nobody_at_all'])
      for (const [method, path] of [
        ['POST', '/v1/webhook-endpoints'],
        ['GET', '/v1/webhook-endpoints'],
        ['DELETE', '/v1/webhook-endpoints/whe_00000000000000000000000000'],
        ['POST', '/v1/webhook-endpoints/whe_00000000000000000000000000/secret'],
        ['POST', '/v1/webhook-endpoints/whe_00000000000000000000000000/enable'],
        ['POST', '/v1/webhook-endpoints/whe_00000000000000000000000000/replay'],
        ['GET', '/v1/events'],
        ['GET', `/v1/events/${EVENT}`],
        ['POST', `/v1/events/${EVENT}/replay`],
      ] as const)
        expect((await call(method, path, undefined, { Authorization: `Bearer ${key}` })).status).toBe(
          key.startsWith('pk') ? 403 : 401,
        )
  })

  it('is deleted, gets another secret, is enabled, is sent what it missed', async () => {
    const { id } = await json(await open({ url: 'https://shop.co.zm/' }))
    const at = (path = '') => `/v1/webhook-endpoints/${id}${path}`
    expect(await json(await call('POST', at('/secret'), { overlapHours: 2 }))).toMatchObject({
      id,
      secret: 'whsec_bmV3',
      previousSecretUntil: new Date(2 * 3_600_000).toISOString(),
    })
    expect((await call('POST', at('/secret'))).status).toBe(200)
    expect((await call('POST', at('/secret'), { overlapHours: 1000 })).status).toBe(400)
    expect(await json(await call('POST', at('/enable')))).toMatchObject({ id, status: 'enabled' })
    const replayed = await call('POST', at('/replay'), { from: '2026-11-20T00:00:00Z', include: 'all' })
    expect([replayed.status, await json(replayed)]).toEqual([202, { queued: 2, next: null }])
    expect((await call('POST', at('/replay'), { from: 'yesterday' })).status).toBe(400)
    const gone = await call('POST', at('/replay'), { after: `${EVENT}_gone` })
    expect([gone.status, await json(gone)]).toMatchObject([400, { errors: [{ field: 'after' }] }])
    expect((await call('DELETE', at())).status).toBe(204)
    for (const path of ['/secret', '/enable', '/replay']) expect((await call('POST', at(path))).status).toBe(404)
    expect((await call('DELETE', at())).status).toBe(404)
    expect((await call('GET', at())).status).toBe(404)
    expect((await call('DELETE', '/v1/webhook-endpoints/whe_1')).status).toBe(404)
  })
})

describe('/v1/events', () => {
  it('lists them as they are sent, with how far they have come', async () => {
    const { events, nextCursor } = await json(await call('GET', '/v1/events'))
    expect(nextCursor).toBeNull()
    expect(events).toEqual([
      {
        id: EVENT,
        type: 'payment.succeeded',
        timestamp: '2026-11-21T08:00:00.000Z',
        data: { amount: '1.00' },
        createdAt: '2026-11-21T08:00:00.000Z',
        deliveries: [
          {
            endpointId: 'whe_0123456789abcdef0123456789',
            status: 'unconfirmed',
            tries: 1,
            lastTriedAt: '2026-11-21T08:00:00.000Z',
            lastStatus: 200,
          },
        ],
      },
    ])
    expect((await json(await call('GET', `/v1/events?cursor=${EVENT}`))).events).toEqual([])
    expect(await json(await call('GET', `/v1/events/${EVENT}`))).toEqual(events[0])
  })

  it.each([
    'cursor=evt_1',
    'cursor=evt_00000000000000000000000000_gone',
    'limit=0',
    'limit=101',
    'type=paid',
    'page=2',
  ])('?%s is 400', async (query) => {
    expect((await call('GET', `/v1/events?${query}`)).status).toBe(400)
  })

  it('sends one again, to all or to one', async () => {
    const all = await call('POST', `/v1/events/${EVENT}/replay`)
    expect([all.status, await json(all)]).toEqual([202, { id: EVENT, endpoints: 3 }])
    const one = await call('POST', `/v1/events/${EVENT}/replay`, { endpointId: 'whe_0123456789abcdef0123456789' })
    expect(await json(one)).toMatchObject({ endpoints: 1 })
    expect((await call('POST', `/v1/events/${EVENT}/replay`, { endpointId: 'mine' })).status).toBe(400)
    for (const id of ['evt_1', 'evt_00000000000000000000000000_gone']) {
      expect((await call('GET', `/v1/events/${id}`)).status).toBe(404)
      expect((await call('POST', `/v1/events/${id}/replay`)).status).toBe(404)
    }
  })
})
