import { env } from 'cloudflare:workers'
import { Webhook } from 'standardwebhooks'
import { afterEach, describe, expect, it } from 'vitest'
import { createD1EventLog } from '../../../src/adapters/d1-event-log.ts'
import { eventStatements } from '../../../src/adapters/d1-events.ts'
import { createD1WebhookDeliveries, OVERDUE, STALLED } from '../../../src/adapters/d1-webhook-deliveries.ts'
import { createD1WebhookEndpoints } from '../../../src/adapters/d1-webhook-endpoints.ts'
import { createD1WebhookSettling } from '../../../src/adapters/d1-webhook-settling.ts'
import { createWebhookSender } from '../../../src/adapters/webhook-send.ts'
import { parseEnv } from '../../../src/consumer/env.ts'
import { webhookTasks } from '../../../src/consumer/webhook-tasks.ts'
import type { DeliveryTry } from '../../../src/contracts/events.ts'
import type { ClaimedTry } from '../../../src/contracts/webhook-delivery.ts'
import type { Owner } from '../../../src/contracts/webhooks.ts'
import type { EventId, PaymentId } from '../../../src/domain/ids.ts'
import { deliverNotification } from '../../../src/flows/deliver-notification.ts'
import {
  begin,
  callbackMessage,
  database,
  deliver,
  eventually,
  forEdge,
  order,
  PHONE,
  queue,
  verdictOn,
} from './kit.ts'
import {
  age,
  answers,
  arrived,
  deliverTry,
  deliveryOf,
  drain,
  endpointNow,
  eventOf,
  freshEndpointId,
  freshHost,
  freshOwner,
  openShop,
  publishedTo,
  type Shop,
} from './webhooks-kit.ts'

const HOUR = 3_600_000
const settings = () => {
  const parsed = parseEnv(env)
  if (!parsed.ok) throw new Error(parsed.error.variable)
  return parsed.value
}
const task = (name: string) => webhookTasks(settings()).find((each) => each.name === name)
const sweep = async (aheadMs: number) => task('webhook_sweep')?.run(Date.now() + aheadMs)

const pay = async ({ merchantId }: Owner): Promise<PaymentId> => {
  const input = order({ merchantId })
  await begin(input)
  expect((await deliver(callbackMessage(verdictOn(input)))).status).toBe(200)
  return input.paymentId
}
/** The database, with what its answers say that they have read. */
const metered = (note: (rowsRead: number) => void, sql: (text: string) => void = () => {}): D1Database => {
  const inner = Symbol('inner')
  type Wrapped = D1PreparedStatement & { [inner]?: D1PreparedStatement }
  const statement = (real: D1PreparedStatement): Wrapped =>
    Object.assign(Object.create(real), {
      [inner]: real,
      bind: (...values: unknown[]) => statement(real.bind(...values)),
      first: (column: string) => real.first(column),
      all: async () => {
        const result = await real.all()
        note(result.meta.rows_read)
        return result
      },
    })
  return {
    prepare: (text: string) => {
      sql(text)
      return statement(database.prepare(text))
    },
    batch: async (statements: Wrapped[]) => {
      const results = await database.batch(statements.map((each) => each[inner] ?? each))
      for (const { meta } of results) note(meta.rows_read)
      return results
    },
  } as unknown as D1Database
}
/** The SQL that this makes the log ask. */
const asked = async (work: (log: ReturnType<typeof createD1EventLog>) => Promise<void>): Promise<string[]> => {
  const texts: string[] = []
  await work(
    createD1EventLog(
      metered(
        () => {},
        (text) => texts.push(text),
      ),
    ),
  )
  return texts
}
const statusOf = async ({ owner, endpoint }: Shop, event: EventId) =>
  (await deliveryOf(owner, event, endpoint.id)).status
const verify = ({ secret }: Pick<Shop, 'secret'>, request: { headers: object; body: string }) =>
  new Webhook(secret).verify(request.body, request.headers as Record<string, string>) as { type: string; data: never }
const wish = (owner: Owner, url: string) => ({
  ...owner,
  id: freshEndpointId(),
  url,
  description: null,
  eventTypes: null,
})

afterEach(() => queue.down(false))

describe('an endpoint', () => {
  it('has a secret that is shown when it is made, and is stored nowhere', async () => {
    const { owner, endpoint, secret } = await openShop()
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/)
    expect(await endpointNow(owner, endpoint.id)).toEqual(endpoint)
    const row = await database.prepare('SELECT * FROM webhook_endpoints WHERE id = ?').bind(endpoint.id).first()
    expect(JSON.stringify([row, await forEdge().webhookEndpoints(owner)])).not.toContain(secret.slice(6, 40))
    expect((await openShop()).secret).not.toBe(secret)
  })

  it('is one for one id: a repetition answers with the same, another wish is told apart', async () => {
    const owner = freshOwner()
    const asked = wish(owner, `https://${freshHost()}/hook`)
    const [one, two] = [await forEdge().createWebhookEndpoint(asked), await forEdge().createWebhookEndpoint(asked)]
    expect(two).toEqual(one)
    expect(await forEdge().createWebhookEndpoint({ ...asked, url: `https://${freshHost()}/` })).toEqual({
      kind: 'mismatch',
      field: 'url',
    })
    expect(await forEdge().createWebhookEndpoint({ ...asked, eventTypes: ['payment.failed'] })).toMatchObject({
      field: 'events',
    })
    expect(await forEdge().webhookEndpoints(owner)).toHaveLength(1)
  })

  it('tells the secret of a live one for an hour: later it is somebody in the edge who asks', async () => {
    const aged = async (id: string, ms: number) => {
      await database
        .prepare('UPDATE webhook_endpoints SET created_at_ms = created_at_ms - ? WHERE id = ?')
        .bind(ms, id)
        .run()
    }
    for (const mode of ['live', 'test'] as const) {
      const asked = wish({ ...freshOwner(), mode }, `https://${freshHost()}/hook`)
      const made = await forEdge().createWebhookEndpoint(asked)
      await aged(asked.id, 59 * 60_000)
      const again = await forEdge().createWebhookEndpoint(asked)
      expect(again).toMatchObject({ kind: 'created', secret: made.kind === 'created' ? made.secret : 'none' })
      await aged(asked.id, 2 * 60_000)
      const late = await forEdge().createWebhookEndpoint(asked)
      if (mode === 'live') expect(late).toEqual({ kind: 'secret_told', endpointId: asked.id })
      else expect(late).toMatchObject({ kind: 'created' })
    }
  })

  it('is its own merchant’s, in its own mode', async () => {
    const { owner, endpoint } = await openShop()
    for (const other of [freshOwner(), { ...owner, mode: 'live' } as const]) {
      expect(await forEdge().webhookEndpoints(other)).toEqual([])
      expect(await forEdge().deleteWebhookEndpoint(other, endpoint.id)).toBe(false)
      expect(await forEdge().rotateWebhookSecret(other, endpoint.id, 0)).toBeNull()
      expect(await forEdge().enableWebhookEndpoint(other, endpoint.id)).toBeNull()
      expect(await forEdge().replayToWebhookEndpoint(other, endpoint.id, { include: 'all' })).toBeNull()
    }
    expect(await forEdge().deleteWebhookEndpoint(owner, endpoint.id)).toBe(true)
    expect(await forEdge().webhookEndpoints(owner)).toEqual([])
  })

  it('is one of twenty at most', async () => {
    const owner = freshOwner()
    for (let i = 0; i < 20; i++)
      expect((await forEdge().createWebhookEndpoint(wish(owner, `https://${freshHost()}/`))).kind).toBe('created')
    expect(await forEdge().createWebhookEndpoint(wish(owner, `https://${freshHost()}/`))).toEqual({
      kind: 'too_many',
      max: 20,
    })
  })

  it.each([
    ['inside', { kind: 'refused', why: 'not_public' }],
    ['half', { kind: 'refused', why: 'not_public' }],
    ['nat64', { kind: 'refused', why: 'not_public' }],
    ['none', { kind: 'refused', why: 'no_address' }],
    ['broken', { kind: 'unresolved' }],
  ])('T46: is not made for a name whose addresses are %s', async (word, answer) => {
    const owner = freshOwner()
    expect(await forEdge().createWebhookEndpoint(wish(owner, `https://${freshHost(word)}/`))).toEqual(answer)
    expect(await forEdge().webhookEndpoints(owner)).toEqual([])
  })

  it.each([
    ['https://10.0.0.1/', 'address'],
    ['https://0x7f000001/', 'address'],
    ['https://deliveries.example.com/deliveries/callback', 'own_host'],
    ['http://shop.co.zm/', 'not_https'],
    ['https://shop.co.zm:8443/', 'port'],
  ])('T46: is not made for %s', async (url, why) => {
    expect(await forEdge().createWebhookEndpoint(wish(freshOwner(), url))).toEqual({ kind: 'refused', why })
  })
})

describe('an event on its way', () => {
  it('is published once it is stored, signed when it is sent, and verified by the published library', async () => {
    const shop = await openShop([
      { status: 200, headers: { 'content-type': 'application/json' }, body: '{"applied":true}' },
    ])
    const paymentId = await pay(shop.owner)
    const event = eventOf(paymentId)
    const [published, ...more] = await publishedTo(shop.endpoint.id)
    expect(more).toEqual([])
    expect(published).toMatchObject({ one: { eventId: event, round: 1, n: 1 }, delay: null })
    expect(JSON.stringify(published)).not.toContain(PHONE)
    expect(await drain(shop.endpoint.id)).toEqual(['delivered'])
    const [request, ...again] = await arrived(shop.host)
    if (!request) throw new Error('nothing arrived')
    expect(again).toEqual([])
    expect(request.headers['webhook-id']).toBe(event)
    expect(verify(shop, request)).toMatchObject({ type: 'payment.succeeded', data: { id: paymentId, amount: '15.50' } })
    expect(() => verify({ secret: 'whsec_b3RoZXI=' }, request)).toThrow()
    expect(() => verify(shop, { ...request, body: request.body.replace('15.50', '15.51') })).toThrow()
    expect((await forEdge().event(shop.owner, event))?.body).toBe(request.body)
    expect(request.body).not.toContain(PHONE)
  })

  it('of a failure goes the same way, from the object', async () => {
    const shop = await openShop()
    const input = order({ merchantId: shop.owner.merchantId })
    await begin(input)
    await deliver(callbackMessage(verdictOn(input, { outcome: 'failed', failureCode: 'PAYMENT_NOT_APPROVED' })))
    await eventually(
      () => publishedTo(shop.endpoint.id),
      (list) => list.length > 0,
    )
    expect(await drain(shop.endpoint.id)).toEqual(['delivered'])
    const [request] = await arrived(shop.host)
    expect(request && verify(shop, request)).toMatchObject({
      type: 'payment.failed',
      data: { failure: { code: 'PAYMENT_NOT_APPROVED' } },
    })
  })

  it('goes to those who want it', async () => {
    const owner = freshOwner()
    const wants = await openShop(undefined, { owner, eventTypes: ['payment.succeeded'] })
    const not = await openShop(undefined, { owner, eventTypes: ['payment.failed', 'payment.review'] })
    await pay(owner)
    expect(await publishedTo(wants.endpoint.id)).toHaveLength(1)
    expect(await publishedTo(not.endpoint.id)).toEqual([])
  })

  const json = { 'content-type': 'application/json; charset=utf-8' }

  it.each([
    [{ status: 200, headers: json, body: '{"applied":true}' }, true],
    [{ status: 200, headers: json, body: '{"applied":"true"}' }, false],
    [{ status: 200, headers: json, body: '[{"applied":true}]' }, false],
    [{ status: 200, headers: json, body: '{"ok":true}' }, false],
    [{ status: 200, headers: { 'content-type': 'text/html' }, body: '{"applied":true}' }, false],
    [{ status: 200, headers: json, body: `{"applied":true,"more":"${'x'.repeat(20_000)}"}` }, false],
    [{ status: 200, headers: json, body: '{"applied":tr' }, false],
    [{ status: 204 }, false],
    [{ status: 500, headers: json, body: '{"applied":true}' }, false],
  ])('T48: an answer that says it: %#', async (answer, applied) => {
    const host = freshHost()
    await answers(host, [answer])
    const outcome = await createWebhookSender(() => Date.now())(new URL(`https://${host}/`), {}, '{}')
    expect(outcome).toEqual({ kind: 'answered', status: answer.status, applied, retryAfterMs: null })
  })

  it('T48: 200 and no more is unconfirmed; only `applied: true` is applied; both are to be seen', async () => {
    const yes = { status: 200, headers: json, body: '{"applied":true}' }
    const shop = await openShop([yes, { status: 200, headers: json, body: '{"ok":true}' }, { status: 204 }])
    for (let i = 0; i < 3; i++) await pay(shop.owner)
    expect(await drain(shop.endpoint.id)).toEqual(Array(3).fill('delivered'))
    const seen = async () =>
      (await forEdge().events({ ...shop.owner, limit: 100 }))?.events.map(({ deliveries }) => deliveries[0]?.status)
    expect(await seen()).toEqual(['applied', 'unconfirmed', 'unconfirmed'])
    const page = await forEdge().events({ ...shop.owner, limit: 100 })
    for (const event of page?.events ?? []) expect(await forEdge().event(shop.owner, event.id)).toEqual(event)
    // What was not confirmed can be sent again, in order, under the same ids.
    await answers(shop.host, [yes])
    const done = new Set((await publishedTo(shop.endpoint.id)).map(({ dedupId }) => String(dedupId)))
    expect(await forEdge().replayToWebhookEndpoint(shop.owner, shop.endpoint.id, { include: 'unconfirmed' })).toEqual({
      queued: 2,
      next: null,
    })
    expect(await drain(shop.endpoint.id, done)).toEqual(['delivered', 'delivered'])
    expect(await seen()).toEqual(Array(3).fill('applied'))
    const ids = (await arrived(shop.host)).map(({ headers }) => headers['webhook-id'])
    expect(ids.slice(3)).toEqual(ids.slice(1, 3))
  })
})

describe('T46: an endpoint that does not take it', () => {
  const once = async (shop: Shop) => {
    const event = eventOf(await pay(shop.owner))
    const [first] = await publishedTo(shop.endpoint.id)
    if (!first) throw new Error('nothing was published')
    const outcome = await deliverTry(first.one)
    return { event, outcome, next: (await publishedTo(shop.endpoint.id)).at(1) }
  }

  it.each([301, 302, 307, 308])('%i is not followed, and tried again after 5 s', async (status) => {
    const other = freshHost()
    const shop = await openShop([{ status, headers: { location: `https://${other}/` } }])
    const { event, outcome, next } = await once(shop)
    expect(outcome).toBe('retry')
    expect(next).toMatchObject({ one: { eventId: event, round: 1, n: 2 }, delay: expect.stringMatching(/^[56]s$/) })
    expect(await arrived(other)).toEqual([])
    expect(await deliveryOf(shop.owner, event, shop.endpoint.id)).toMatchObject({
      status: 'pending',
      tries: 1,
      lastStatus: status,
    })
  })

  it.each([429, 503])('%i with Retry-After is tried again when it says', async (status) => {
    const { next } = await once(await openShop([{ status, headers: { 'retry-after': '3600' } }]))
    expect(next?.delay).toBe('3600s')
  })

  it('500 with Retry-After is tried again when we say', async () => {
    const { next } = await once(await openShop([{ status: 500, headers: { 'retry-after': '3600' } }]))
    expect(next?.delay).toMatch(/^[56]s$/)
  })

  it('one that is slow is given up by the clock, and told as a timeout', async () => {
    const host = freshHost()
    await answers(host, [{ status: 200, delayMs: 5_000 }])
    const send = createWebhookSender(() => Date.now(), 200)
    expect(await send(new URL(`https://${host}/`), {}, '{}')).toEqual({ kind: 'failed', why: 'timeout' })
  })

  it('410 disables it at once, and the merchant’s others are told', async () => {
    const owner = freshOwner()
    const other = await openShop(undefined, { owner })
    const shop = await openShop([{ status: 410 }], { owner })
    const { event, outcome, next } = await once(shop)
    expect([outcome, next]).toEqual(['disable', undefined])
    expect(await endpointNow(owner, shop.endpoint.id)).toMatchObject({ status: 'disabled', disabledReason: 'gone' })
    expect(await statusOf(shop, event)).toBe('held')
    await drain(other.endpoint.id)
    const told = (await arrived(other.host)).map((request) => verify(other, request))
    expect(told).toContainEqual(
      expect.objectContaining({
        type: 'webhook_endpoint.disabled',
        data: expect.objectContaining({ id: shop.endpoint.id, reason: 'gone' }),
      }),
    )
  })

  it('an address that has become another is not called: it is looked at before each try', async () => {
    const shop = await openShop()
    const event = eventOf(await pay(shop.owner))
    const [first] = await publishedTo(shop.endpoint.id)
    await database
      .prepare('UPDATE webhook_endpoints SET url = ? WHERE id = ?')
      .bind('https://169.254.169.254/latest/', shop.endpoint.id)
      .run()
    expect(first && (await deliverTry(first.one))).toBe('retry')
    expect(await deliveryOf(shop.owner, event, shop.endpoint.id)).toMatchObject({
      lastStatus: null,
      lastError: 'url_address',
    })
    expect(await arrived(shop.host)).toEqual([])
  })
})

describe('T47: an endpoint that was disabled', () => {
  it('gets everything since, in the order in which it happened, when it is enabled', async () => {
    const shop = await openShop([{ status: 410 }])
    await pay(shop.owner)
    await drain(shop.endpoint.id)
    for (let i = 0; i < 4; i++) await pay(shop.owner)
    const page = await forEdge().events({ ...shop.owner, type: 'payment.succeeded', limit: 100 })
    expect(page?.events.map(({ deliveries }) => deliveries[0]?.status)).toEqual(Array(5).fill('held'))
    // Nobody sends to it meanwhile.
    const before = await publishedTo(shop.endpoint.id)
    await sweep(24 * HOUR)
    expect(await publishedTo(shop.endpoint.id)).toEqual(before)
    expect(await arrived(shop.host)).toHaveLength(1)

    // The third one fails once more: it is tried again by itself, and holds up nobody.
    await answers(shop.host, [{ status: 204 }, { status: 204 }, { status: 500 }, { status: 204 }])
    expect(await forEdge().enableWebhookEndpoint(shop.owner, shop.endpoint.id)).toMatchObject({
      status: 'enabled',
      disabledReason: null,
    })
    const done = new Set(before.map(({ dedupId }) => String(dedupId)))
    const outcomes = await drain(shop.endpoint.id, done)
    expect(outcomes.toSorted()).toEqual([...Array(5).fill('delivered'), 'retry'])
    const ids = page?.events.map(({ id }) => id) ?? []
    const got = (await arrived(shop.host)).slice(1).map(({ headers }) => headers['webhook-id'])
    expect([...new Set(got)]).toEqual(ids)
    expect(got).toHaveLength(6)
    const after = await forEdge().events({ ...shop.owner, type: 'payment.succeeded', limit: 100 })
    expect(after?.events.map(({ deliveries }) => deliveries[0]?.status)).toEqual(Array(5).fill('unconfirmed'))
  })

  it('one that is sent again by hand while it is its turn holds up nobody behind it', async () => {
    const shop = await openShop([{ status: 410 }])
    const first = eventOf(await pay(shop.owner))
    await drain(shop.endpoint.id)
    for (let i = 0; i < 2; i++) await pay(shop.owner)
    await answers(shop.host, [{ status: 204 }])
    const done = new Set((await publishedTo(shop.endpoint.id)).map(({ dedupId }) => String(dedupId)))
    await forEdge().enableWebhookEndpoint(shop.owner, shop.endpoint.id)
    expect(await forEdge().replayEvent(shop.owner, first)).toBe(1)
    expect(await drain(shop.endpoint.id, done)).toEqual(['over', 'delivered', 'delivered', 'delivered'])
  })

  it('a queue whose first one is gone is let go by the sweep', async () => {
    const shop = await openShop([{ status: 410 }])
    const first = eventOf(await pay(shop.owner))
    await drain(shop.endpoint.id)
    for (let i = 0; i < 2; i++) await pay(shop.owner)
    await answers(shop.host, [{ status: 204 }])
    await forEdge().enableWebhookEndpoint(shop.owner, shop.endpoint.id)
    // As the end of the time that events are kept removes it.
    await database.prepare('DELETE FROM webhook_deliveries WHERE event_id = ?').bind(first).run()
    const done = new Set((await publishedTo(shop.endpoint.id)).map(({ dedupId }) => String(dedupId)))
    await sweep(0)
    expect(await drain(shop.endpoint.id, done)).toEqual(['delivered', 'delivered'])
  })

  it('one that takes an event while an older try hangs is not disabled for three days of failure: that try is one in vain', async () => {
    const shop = await openShop([{ status: 500 }])
    const event = eventOf(await pay(shop.owner))
    const other = await openShop(undefined, { owner: shop.owner })
    expect(await drain(shop.endpoint.id, new Set(), 1)).toEqual(['retry'])
    await age(shop.endpoint.id, 80 * HOUR)
    const store = createD1WebhookDeliveries(database)
    const one = { eventId: event, endpointId: shop.endpoint.id, round: 1, n: 2 }
    // While it is sent, another is taken; and, in the second round, yet another one refused after that.
    for (const refusedSince of [false, true]) {
      const ports = {
        store: {
          ...store,
          claim: async (message: DeliveryTry, nowMs: number, leaseMs: number) => {
            const claim = await store.claim(message, nowMs, leaseMs)
            await database
              .prepare('UPDATE webhook_endpoints SET failing_since_ms = ? WHERE id = ?')
              .bind(refusedSince ? Date.now() : null, shop.endpoint.id)
              .run()
            return claim
          },
        },
        secret: async () => shop.secret,
        policy: { ownOrigins: [], loopbackAllowed: false },
        send: async () => ({ kind: 'failed', why: 'timeout' }) as const,
        notify: async () => undefined,
        alert: () => expect.unreachable(),
        nowMs: Date.now,
        random: () => 0,
      }
      await database
        .prepare('UPDATE webhook_endpoints SET failing_since_ms = ? WHERE id = ?')
        .bind(Date.now() - 80 * HOUR, shop.endpoint.id)
        .run()
      expect(await deliverNotification(ports, { ...one, n: refusedSince ? 3 : 2 })).toBe('retry')
      expect(await endpointNow(shop.owner, shop.endpoint.id)).toMatchObject({ status: 'enabled' })
    }
    expect(await deliveryOf(shop.owner, event, shop.endpoint.id)).toMatchObject({
      status: 'pending',
      tries: 3,
      lastError: 'timeout',
    })
    const notices = await forEdge().events({ ...shop.owner, type: 'webhook_endpoint.disabled', limit: 10 })
    expect(notices?.events).toEqual([])
    expect(await publishedTo(other.endpoint.id)).toEqual([])
  })

  it('one that is deleted and made again under the same id has another secret, and is told of when it is disabled again', async () => {
    const owner = freshOwner()
    const host = freshHost()
    const asked = wish(owner, `https://${host}/hook`)
    const other = await openShop(undefined, { owner, eventTypes: ['webhook_endpoint.disabled'] })
    const secrets = new Set<string>()
    const done = new Set<string>()
    for (let i = 1; i <= 3; i++) {
      await answers(host, [{ status: 410 }])
      const made = await forEdge().createWebhookEndpoint(asked)
      if (made.kind !== 'created') throw new Error(made.kind)
      expect(await forEdge().createWebhookEndpoint(asked)).toEqual(made)
      secrets.add(made.secret)
      const rotated = await forEdge().rotateWebhookSecret(owner, asked.id, HOUR)
      secrets.add(rotated?.secret ?? '')
      expect(secrets.size).toBe(2 * i)
      await pay(owner)
      expect(await drain(asked.id, done)).toEqual(['disable'])
      expect(await publishedTo(other.endpoint.id)).toHaveLength(i)
      expect(await forEdge().deleteWebhookEndpoint(owner, asked.id)).toBe(true)
      expect(await forEdge().deleteWebhookEndpoint(owner, asked.id)).toBe(false)
      expect((await forEdge().webhookEndpoints(owner)).map(({ id }) => id)).toEqual([other.endpoint.id])
    }
  })

  it('ten tries in vain, and nothing else taken: it is disabled, and its event is kept', async () => {
    const shop = await openShop([{ status: 500 }])
    const event = eventOf(await pay(shop.owner))
    const done = new Set<string>()
    for (let n = 1; n <= 9; n++) {
      expect(await drain(shop.endpoint.id, done, 1)).toEqual(['retry'])
      await age(shop.endpoint.id, n === 9 ? 70 * HOUR : 0.6 * HOUR)
    }
    expect(await endpointNow(shop.owner, shop.endpoint.id)).toMatchObject({ status: 'enabled' })
    expect(await drain(shop.endpoint.id, done, 1)).toEqual(['disable'])
    expect(await endpointNow(shop.owner, shop.endpoint.id)).toMatchObject({
      status: 'disabled',
      disabledReason: 'failing',
    })
    expect(await statusOf(shop, event)).toBe('held')
    const dedupIds = (await publishedTo(shop.endpoint.id)).map(({ dedupId }) => dedupId)
    expect(new Set(dedupIds).size).toBe(10)
  })

  it('one that is given up leaves the mark of an endpoint that takes nothing else either', async () => {
    const shop = await openShop([{ status: 500 }])
    const done = new Set<string>()
    await pay(shop.owner)
    for (let n = 1; n <= 9; n++) {
      await drain(shop.endpoint.id, done, 1)
      await age(shop.endpoint.id, HOUR)
    }
    const tenth = (await publishedTo(shop.endpoint.id)).at(-1)
    const next = async () => {
      await pay(shop.owner)
      return (await publishedTo(shop.endpoint.id)).at(-1)
    }
    await answers(shop.host, [{ status: 204 }])
    const taken = await next()
    if (!tenth || !taken) throw new Error('nothing was published')
    expect(await deliverTry(taken.one)).toBe('delivered')
    await answers(shop.host, [{ status: 500 }])
    const refused = await next()
    if (!refused) throw new Error('nothing was published')
    expect(await deliverTry(refused.one)).toBe('retry')
    const { failingSinceMs } = (await endpointNow(shop.owner, shop.endpoint.id)) ?? {}
    expect(await deliverTry(tenth.one)).toBe('give_up')
    expect(failingSinceMs).toEqual(expect.any(Number))
    expect((await endpointNow(shop.owner, shop.endpoint.id))?.failingSinceMs).toBe(failingSinceMs)
  })

  it('ten tries of one event in vain while others are taken: the event is given up, and can be sent again', async () => {
    const shop = await openShop([{ status: 500 }])
    const event = eventOf(await pay(shop.owner))
    const done = new Set<string>()
    for (let n = 1; n <= 9; n++) {
      await drain(shop.endpoint.id, done, 1)
      await age(shop.endpoint.id, HOUR)
    }
    await answers(shop.host, [{ status: 204 }])
    const tenth = (await publishedTo(shop.endpoint.id)).at(-1)
    await pay(shop.owner)
    const other = (await publishedTo(shop.endpoint.id)).at(-1)
    if (!tenth || !other) throw new Error('nothing was published')
    expect(await deliverTry(other.one)).toBe('delivered')
    await answers(shop.host, [{ status: 500 }])
    expect(await deliverTry(tenth.one)).toBe('give_up')
    expect(await statusOf(shop, event)).toBe('failed')
    // Nothing more is tried of it: the next to fail, weeks later perhaps, is the first.
    expect(await endpointNow(shop.owner, shop.endpoint.id)).toMatchObject({ status: 'enabled', failingSinceMs: null })
    await answers(shop.host, [{ status: 204 }])
    for (const { dedupId } of await publishedTo(shop.endpoint.id)) done.add(String(dedupId))
    expect((await forEdge().replayToWebhookEndpoint(shop.owner, shop.endpoint.id, { include: 'failed' }))?.queued).toBe(
      1,
    )
    expect(await drain(shop.endpoint.id, done)).toEqual(['delivered'])
    expect(await statusOf(shop, event)).toBe('unconfirmed')
  })
})

describe('an endpoint behind which very many wait', () => {
  /** Of an outage: so many that were due to it, each with an event of its own. Oldest first. */
  const MANY = 3_500
  const crowd = async (list: Parameters<typeof openShop>[0], many = MANY) => {
    // What the tests before this one left.
    await database.exec('DELETE FROM webhook_deliveries')
    await database.exec('UPDATE webhook_endpoints SET settling = 0')
    await database.exec('UPDATE removed_webhook_endpoints SET clearing = 0')
    const shop = await openShop(list)
    const { merchantId, mode } = shop.owner
    const word = freshHost().replaceAll(/[^0-9a-f]/g, '')
    const eventId = (i: number) => `evt_${String(i).padStart(26, '0')}_crowd_${word}` as EventId
    await database
      .prepare(
        `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?4)
         INSERT INTO events (id, type, merchant_id, mode, subject, body, created_at_ms)
         SELECT 'evt_' || printf('%026d', i) || '_crowd_' || ?5, 'payment.failed', ?1, ?2, 'pay_1', '{}', ?3 FROM n`,
      )
      .bind(merchantId, mode, Date.now(), many, word)
      .run()
    // The youngest is due first: when they are due is not the order in which they happened.
    await database
      .prepare(
        `INSERT INTO webhook_deliveries (event_seq, endpoint_id, event_id, status, try, due_at_ms, started_at_ms)
         SELECT seq, ?1, id, 'pending', 2, ?2 - seq, ?2 FROM events WHERE merchant_id = ?3`,
      )
      .bind(shop.endpoint.id, Date.now() + 2 * HOUR, merchantId)
      .run()
    const statuses = async () => {
      const { results } = await database
        .prepare('SELECT status, count(*) AS n FROM webhook_deliveries WHERE endpoint_id = ? GROUP BY status')
        .bind(shop.endpoint.id)
        .all<{ status: string; n: number }>()
      return Object.fromEntries(results.map(({ status, n }) => [status, n]))
    }
    const tryOf = (i: number, n = 2) => ({ eventId: eventId(i), endpointId: shop.endpoint.id, round: 1, n })
    const disable = async () => expect(await deliverTry(tryOf(7))).toBe('disable')
    return { shop, eventId, statuses, tryOf, disable }
  }
  afterEach(() => database.exec("DELETE FROM events WHERE id LIKE '%\\_crowd\\_%' ESCAPE '\\'"))
  const settle = () => task('webhook_settling')?.run(Date.now())
  /** What a request may change of them. */
  const atMost = async (
    rows: number,
    statuses: () => Promise<Record<string, number>>,
    work: () => Promise<unknown>,
  ) => {
    const before = (await statuses())['pending'] ?? 0
    await work()
    expect(before - ((await statuses())['pending'] ?? 0)).toBeLessThanOrEqual(rows)
  }

  it('is disabled by one row, and told nothing from then, whatever its rows still say', async () => {
    const { shop, eventId, statuses, tryOf, disable } = await crowd([{ status: 410 }])
    await atMost(0, statuses, disable)
    expect(await deliveryOf(shop.owner, eventId(9), shop.endpoint.id)).toMatchObject({
      status: 'held',
      nextTryAtMs: null,
      tries: 1,
    })
    // Messages that are still on their way end there, and nothing new sets out.
    expect(await deliverTry(tryOf(9))).toBe('over')
    const before = await publishedTo(shop.endpoint.id)
    await sweep(24 * HOUR)
    const since = eventOf(await pay(shop.owner))
    expect(await statusOf(shop, since)).toBe('held')
    expect(await publishedTo(shop.endpoint.id)).toEqual(before)
    expect(await settle()).toEqual({ endpoints: 1, rows: MANY })
    expect(await statuses()).toEqual({ queued: MANY + 1 })
    expect(await settle()).toEqual({ endpoints: 0, rows: 0 })
    await sweep(24 * HOUR)
    expect(await publishedTo(shop.endpoint.id)).toEqual(before)
    expect(await arrived(shop.host)).toHaveLength(1)
  })

  it('enabled at once, it is told in order all the same: nothing is let go before all is queued', async () => {
    const { shop, eventId, statuses, tryOf, disable } = await crowd([{ status: 410 }])
    await disable()
    await answers(shop.host, [{ status: 204 }])
    const before = new Set((await publishedTo(shop.endpoint.id)).map(({ dedupId }) => String(dedupId)))
    await atMost(1_000, statuses, () => forEdge().enableWebhookEndpoint(shop.owner, shop.endpoint.id))
    expect(await endpointNow(shop.owner, shop.endpoint.id)).toMatchObject({ status: 'enabled' })
    // Still no more than waiting: an old message, the sweep, a resending by hand, and what happens now.
    expect(await deliverTry(tryOf(MANY - 1))).toBe('over')
    expect(await forEdge().replayEvent(shop.owner, eventId(1))).toBe(1)
    const since = eventOf(await pay(shop.owner))
    await sweep(24 * HOUR)
    expect(await statusOf(shop, since)).toBe('queued')
    expect(await statusOf(shop, eventId(1))).toBe('queued')
    expect(await publishedTo(shop.endpoint.id)).toHaveLength(before.size)
    expect(await settle()).toMatchObject({ endpoints: 1 })
    expect(await drain(shop.endpoint.id, before, 3)).toEqual(Array(3).fill('delivered'))
    const got = (await arrived(shop.host)).slice(1).map(({ headers }) => headers['webhook-id'])
    expect(got).toEqual([eventId(1), eventId(2), eventId(3)])
    // Enabled once more it is left as it is.
    const now = await statuses()
    await forEdge().enableWebhookEndpoint(shop.owner, shop.endpoint.id)
    expect(await statuses()).toEqual(now)
  })

  it('what somebody is at when it is disabled is not sent twice for that', async () => {
    const { shop, eventId, statuses, tryOf, disable } = await crowd([{ status: 410 }], 20)
    const store = createD1WebhookDeliveries(database)
    const claim = await store.claim(tryOf(3), Date.now(), 45_000)
    if (claim.kind !== 'claimed') throw new Error(claim.kind)
    await disable()
    await settle()
    expect(await statuses()).toEqual({ pending: 1, queued: 19 })
    await store.delivered(claim.claimed, 'applied', { atMs: Date.now(), status: 200, error: null })
    expect(await statusOf(shop, eventId(3))).toBe('applied')
    // One that is not taken stays where it was, for the next portion.
    expect(await settle()).toEqual({ endpoints: 1, rows: 0 })
    expect(await settle()).toEqual({ endpoints: 0, rows: 0 })
  })

  it('removed, it is gone at once, its rows in portions, and none is made under its id before they are', async () => {
    const { shop, eventId, statuses, tryOf } = await crowd([{ status: 204 }], 3_500)
    const { id, url } = shop.endpoint
    const asked = { ...shop.owner, id, url, description: null, eventTypes: null }
    const make = () => createD1WebhookEndpoints(database).create(asked, Date.now())
    await atMost(1_000, statuses, () => forEdge().deleteWebhookEndpoint(shop.owner, id))
    expect(await forEdge().webhookEndpoints(shop.owner)).toEqual([])
    expect((await forEdge().event(shop.owner, eventId(3_400)))?.deliveries).toEqual([])
    expect(await deliverTry(tryOf(3_400))).toBe('over')
    await sweep(24 * HOUR)
    expect(await publishedTo(id)).toEqual([])
    await atMost(1_000, statuses, () => expect(make()).rejects.toThrow('being deleted'))
    expect(await forEdge().webhookEndpoints(shop.owner)).toEqual([])
    await settle()
    expect(await statuses()).toEqual({})
    const made = await forEdge().createWebhookEndpoint(asked)
    if (made.kind !== 'created') throw new Error(made.kind)
    expect(made.secret).not.toBe(shop.secret)
    const event = eventOf(await pay(shop.owner))
    expect(await drain(id)).toEqual(['delivered'])
    expect((await arrived(shop.host)).map(({ headers }) => headers['webhook-id'])).toEqual([event])
  })

  it('made again, it hears nothing of what was under way to the one before it', async () => {
    const { shop, tryOf } = await crowd([{ status: 204 }], 2)
    const { id, url } = shop.endpoint
    const store = createD1WebhookDeliveries(database)
    const claims = [await store.claim(tryOf(1), Date.now(), 45_000), await store.claim(tryOf(2), Date.now(), 45_000)]
    const [gone, refused] = claims.map((claim) => {
      if (claim.kind !== 'claimed') throw new Error(claim.kind)
      return claim.claimed
    })
    await forEdge().deleteWebhookEndpoint(shop.owner, id)
    await forEdge().createWebhookEndpoint({ ...shop.owner, id, url, description: null, eventTypes: null })
    const note = { atMs: Date.now(), status: 410, error: null }
    const notice = {
      ...shop.owner,
      id: `evt_${id}` as EventId,
      type: 'webhook_endpoint.disabled',
      subject: id,
      body: '{}',
    } as const
    await store.disable(gone as NonNullable<typeof gone>, 'gone', notice, note)
    await store.notTaken(refused as NonNullable<typeof refused>, Date.now() + HOUR, note)
    const now = await database
      .prepare('SELECT status, failing_since_ms AS failingSinceMs FROM webhook_endpoints WHERE id = ?')
      .bind(id)
      .first()
    expect(now).toEqual({ status: 'enabled', failingSinceMs: null })
  })

  it('a try that another has overtaken is not written down, and is no word against the endpoint', async () => {
    const { shop, tryOf } = await crowd([{ status: 204 }], 2)
    const { id } = shop.endpoint
    const store = createD1WebhookDeliveries(database)
    const claim = await store.claim(tryOf(1), Date.now(), 1)
    if (claim.kind !== 'claimed') throw new Error(claim.kind)
    const note = { atMs: Date.now(), status: 503, error: null }
    const again = await store.claim(tryOf(1), Date.now() + 2, 45_000)
    if (again.kind !== 'claimed') throw new Error(again.kind)
    await store.delivered(again.claimed, 'applied', { ...note, status: 204 })
    for (const dueAtMs of [Date.now() + HOUR, null])
      expect(await store.notTaken(claim.claimed, dueAtMs, note)).toMatchObject({ recorded: false })
    const now = await database
      .prepare('SELECT failing_since_ms AS failingSinceMs FROM webhook_endpoints WHERE id = ?')
      .bind(id)
      .first()
    expect(now).toEqual({ failingSinceMs: null })
  })

  it('made again by a version that does not wait, it loses nothing that is on its way', async () => {
    const { shop, statuses } = await crowd([{ status: 204 }], 3_500)
    const { id } = shop.endpoint
    const kept = await database.prepare('SELECT * FROM webhook_endpoints WHERE id = ?').bind(id).first()
    await forEdge().deleteWebhookEndpoint(shop.owner, id)
    const names = Object.keys(kept ?? {})
    await database
      .prepare(`INSERT INTO webhook_endpoints (${names.join()}) VALUES (${names.map(() => '?').join()})`)
      .bind(...Object.values(kept ?? {}))
      .run()
    const before = await statuses()
    await settle()
    expect(await statuses()).toEqual(before)
    expect(await settle()).toEqual({ endpoints: 0, rows: 0 })
  })

  it('removed while it is being moved, it is cleared; a run takes a bounded number, of each that waits', async () => {
    const { shop, statuses, disable } = await crowd([{ status: 410 }], 12_500)
    await disable()
    expect(await settle()).toEqual({ endpoints: 1, rows: 10_000 })
    await forEdge().deleteWebhookEndpoint(shop.owner, shop.endpoint.id)
    expect(await statuses()).toEqual({ pending: 1_500, queued: 10_000 })
    await settle()
    await settle()
    expect(await statuses()).toEqual({})
    expect(await settle()).toEqual({ endpoints: 0, rows: 0 })
  })

  it('rows that an older version held are queued as well', async () => {
    const { shop, eventId } = await crowd([{ status: 204 }], 3)
    await database.batch([
      database
        .prepare("UPDATE webhook_deliveries SET status = 'held', due_at_ms = NULL WHERE endpoint_id = ?")
        .bind(shop.endpoint.id),
      database.prepare("UPDATE webhook_endpoints SET status = 'disabled' WHERE id = ?").bind(shop.endpoint.id),
    ])
    await forEdge().enableWebhookEndpoint(shop.owner, shop.endpoint.id)
    expect(await drain(shop.endpoint.id)).toEqual(Array(3).fill('delivered'))
    const got = (await arrived(shop.host)).map(({ headers }) => headers['webhook-id'])
    expect(got).toEqual([eventId(1), eventId(2), eventId(3)])
  })
})

describe('T49: fan-out', () => {
  it('to three, one of them sent again by hand: no two tries share an id in the queue', async () => {
    const owner = freshOwner()
    const shops = [
      await openShop(undefined, { owner }),
      await openShop([{ status: 500 }, { status: 204 }], { owner }),
      await openShop(undefined, { owner }),
    ]
    const event = eventOf(await pay(owner))
    for (const { endpoint } of shops) await drain(endpoint.id)
    const [, second] = shops
    if (!second) throw new Error('three were opened')
    expect(await forEdge().replayEvent(owner, event, second.endpoint.id)).toBe(1)
    expect(await forEdge().replayEvent(owner, event, second.endpoint.id)).toBe(1)
    expect(await forEdge().replayEvent(owner, event)).toBe(3)
    const published = (await Promise.all(shops.map(({ endpoint }) => publishedTo(endpoint.id)))).flat()
    // 3 first tries, one second, and 1 + 1 + 3 by hand.
    expect(published).toHaveLength(9)
    expect(new Set(published.map(({ dedupId }) => dedupId)).size).toBe(9)
    const before = await Promise.all(shops.map(async ({ host }) => (await arrived(host)).length))
    expect(before).toEqual([1, 2, 1])
    const last = published.filter(({ one }) => one.round > 1)
    for (const { one } of last) await deliverTry(one)
    // Those of an earlier round have been overtaken: each shop gets it once more, under the same id.
    for (const [i, { host }] of shops.entries()) {
      const requests = await arrived(host)
      expect(requests).toHaveLength((before[i] ?? 0) + 1)
      expect(new Set(requests.map(({ headers }) => headers['webhook-id']))).toEqual(new Set([event]))
    }
  })

  it('another event of another merchant is not to be had', async () => {
    const shop = await openShop()
    const event = eventOf(await pay(shop.owner))
    const other = freshOwner()
    expect(await forEdge().event(other, event)).toBeNull()
    expect(await forEdge().replayEvent(other, event)).toBeNull()
    expect(await forEdge().events({ ...other, after: event, limit: 10 })).toBeNull()
  })
})

describe('a message that comes', () => {
  it('twice at once makes one request', async () => {
    const shop = await openShop([{ status: 204, delayMs: 200 }])
    await pay(shop.owner)
    const [first] = await publishedTo(shop.endpoint.id)
    if (!first) throw new Error('nothing was published')
    const outcomes = await Promise.all(Array.from({ length: 5 }, () => deliverTry(first.one)))
    expect(outcomes.toSorted()).toEqual(['busy', 'busy', 'busy', 'busy', 'delivered'])
    expect(await deliverTry(first.one)).toBe('over')
    expect(await arrived(shop.host)).toHaveLength(1)
  })

  it('after a crash between request and mark makes it again, under the same id; and the sweep finds it', async () => {
    const shop = await openShop()
    const event = eventOf(await pay(shop.owner))
    const [first] = await publishedTo(shop.endpoint.id)
    if (!first) throw new Error('nothing was published')
    // What a Worker that died in the middle leaves behind: its request was made, its lease stands.
    const claim = await createD1WebhookDeliveries(database).claim(first.one, Date.now(), 45_000)
    expect(claim.kind).toBe('claimed')
    expect(await deliverTry(first.one)).toBe('busy')
    await age(shop.endpoint.id, 120_000)
    await sweep(0)
    const swept = (await publishedTo(shop.endpoint.id)).at(1)
    expect(swept?.one).toEqual(first.one)
    expect(swept?.dedupId).not.toBe(first.dedupId)
    expect(swept && (await deliverTry(swept.one))).toBe('delivered')
    const [request] = await arrived(shop.host)
    expect(request?.headers['webhook-id']).toBe(event)
    expect(await deliverTry(first.one)).toBe('over')
  })

  it('about nothing is over, and one that is no message is poison', async () => {
    const shop = await openShop()
    const eventId = eventOf(await pay(shop.owner))
    expect(await deliverTry({ eventId, endpointId: freshEndpointId(), round: 1, n: 1 })).toBe('over')
    await forEdge().deleteWebhookEndpoint(shop.owner, shop.endpoint.id)
    expect(await deliverTry({ eventId, endpointId: shop.endpoint.id, round: 1, n: 1 })).toBe('over')
    expect(await deliverTry({ eventId, endpointId: shop.endpoint.id, round: 0, n: 1 })).toBe('489')
  })
})

describe('with the queue away', () => {
  it('nothing that is stored is forgotten: the sweep publishes it, once in a while', async () => {
    const shop = await openShop()
    const input = order({ merchantId: shop.owner.merchantId })
    await begin(input)
    await queue.down(true)
    // Fulfilled all the same: what a shop is told does not hold up what it is told of.
    expect((await deliver(callbackMessage(verdictOn(input)))).status).toBe(200)
    await sweep(120_000)
    await queue.down(false)
    expect(await publishedTo(shop.endpoint.id)).toEqual([])
    await sweep(121_000)
    expect(await publishedTo(shop.endpoint.id)).toEqual([])
    await sweep(600_000)
    expect(await publishedTo(shop.endpoint.id)).toHaveLength(1)
    expect(await drain(shop.endpoint.id)).toEqual(['delivered'])
    await sweep(24 * HOUR)
    expect(await publishedTo(shop.endpoint.id)).toHaveLength(1)
  })

  it('an endpoint behind which thousands wait takes nobody else’s place in the sweep', async () => {
    await database.exec('DELETE FROM webhook_deliveries')
    const [hanging, other] = [await openShop(), await openShop()]
    const event = eventOf(await pay(other.owner))
    // Waiting in the queue behind those that hang, for hours: longer than the one that was lost.
    await database
      .prepare(
        `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
         INSERT INTO webhook_deliveries (event_seq, endpoint_id, event_id, status, due_at_ms, started_at_ms)
         SELECT 1000000 + i, ?1, 'evt_' || i, 'pending', ?2 + i, ?2 FROM n`,
      )
      .bind(hanging.endpoint.id, Date.now() - 5 * HOUR)
      .run()
    const failing = (sinceMs: number | null) =>
      database
        .prepare('UPDATE webhook_endpoints SET failing_since_ms = ? WHERE id = ?')
        .bind(sinceMs, hanging.endpoint.id)
        .run()
    await failing(Date.now() - HOUR)
    const store = createD1WebhookDeliveries(database)
    const swept = async (nowMs: number, inAll: number) => {
      const tries = await store.overdue(nowMs, 90_000, 300_000, { ofFailing: 25, inAll })
      return [hanging, other].map(({ endpoint }) => tries.filter(({ endpointId }) => endpointId === endpoint.id))
    }
    try {
      const nowMs = Date.now() + 120_000
      // Its turn comes among the first, however few there may be in all.
      const [few, first] = await swept(nowMs, 20)
      expect(first?.map(({ eventId }) => eventId)).toEqual([event])
      expect(few?.length).toBeGreaterThan(0)
      const [more, none] = await swept(nowMs, 500)
      expect([more?.length, none?.length]).toEqual([25, 0])
      // The longest overdue, and none twice.
      const numbers = [...(few ?? []), ...(more ?? [])].map(({ eventId }) => Number(eventId.slice(4)))
      expect(numbers.toSorted((a, b) => a - b)).toEqual(numbers.map((_, i) => i + 1))
      // One that takes what it is sent, and waits because its messages were lost, has what is left of the run.
      await failing(null)
      expect((await swept(nowMs, 500)).map(({ length }) => length)).toEqual([500, 0])
    } finally {
      await database.prepare('DELETE FROM webhook_deliveries WHERE event_seq > 1000000').run()
    }
  })
})

describe('T56: a secret that is changed', () => {
  it('both sign until the old one ends, then only the new one', async () => {
    const shop = await openShop()
    const rotated = await forEdge().rotateWebhookSecret(shop.owner, shop.endpoint.id, HOUR)
    if (!rotated) throw new Error('not rotated')
    expect(rotated.secret).not.toBe(shop.secret)
    await pay(shop.owner)
    const done = new Set<string>()
    await drain(shop.endpoint.id, done)
    await database
      .prepare('UPDATE webhook_endpoints SET previous_until_ms = ? WHERE id = ?')
      .bind(Date.now() - 1, shop.endpoint.id)
      .run()
    await pay(shop.owner)
    await drain(shop.endpoint.id, done)
    const [during, after] = await arrived(shop.host)
    if (!during || !after) throw new Error('two were sent')
    expect(during.headers['webhook-signature']?.split(' ')).toHaveLength(2)
    for (const secret of [shop.secret, rotated.secret])
      expect(verify({ secret }, during).type).toBe('payment.succeeded')
    expect(verify(rotated, after).type).toBe('payment.succeeded')
    expect(() => verify(shop, after)).toThrow('No matching signature')
  })
})

describe('the log of events', () => {
  it('is walked from the oldest, by the last id that one has', async () => {
    const owner = freshOwner()
    const ids: EventId[] = []
    for (let i = 0; i < 5; i++) ids.push(eventOf(await pay(owner)))
    const walked: EventId[] = []
    let after: EventId | undefined
    for (;;) {
      const page = await forEdge().events({ ...owner, limit: 2, ...(after ? { after } : {}) })
      walked.push(...(page?.events ?? []).map(({ id }) => id))
      after = page?.events.at(-1)?.id
      if (!page?.more) break
    }
    expect(walked).toEqual(ids)
    expect(await forEdge().events({ ...owner, limit: 10, ...(after ? { after } : {}) })).toEqual({
      events: [],
      more: false,
      next: null,
    })
    expect((await forEdge().events({ ...owner, type: 'payment.failed', limit: 10 }))?.events).toEqual([])
  })

  it('sends an endpoint what it never had, when that is asked for, in order', async () => {
    const owner = freshOwner()
    const ids: EventId[] = []
    for (let i = 0; i < 3; i++) ids.push(eventOf(await pay(owner)))
    const shop = await openShop(undefined, { owner })
    expect(await publishedTo(shop.endpoint.id)).toEqual([])
    const { id } = shop.endpoint
    expect((await forEdge().replayToWebhookEndpoint(owner, id, { include: 'failed' }))?.queued).toBe(0)
    expect((await forEdge().replayToWebhookEndpoint(owner, id, { include: 'all', toMs: 1 }))?.queued).toBe(0)
    expect(
      (await forEdge().replayToWebhookEndpoint(owner, id, { include: 'all', ...(ids[0] ? { after: ids[0] } : {}) }))
        ?.queued,
    ).toBe(2)
    expect(await drain(id)).toEqual(['delivered', 'delivered'])
    expect((await arrived(shop.host)).map(({ headers }) => headers['webhook-id'])).toEqual(ids.slice(1))
  })

  it('sends it nothing of a kind that it has not asked for', async () => {
    const owner = freshOwner()
    const paidOne = eventOf(await pay(owner))
    const shop = await openShop(undefined, { owner, eventTypes: ['payment.failed'] })
    const both = await openShop(undefined, { owner, eventTypes: ['payment.failed', 'payment.succeeded'] })
    const queuedFor = async ({ endpoint }: typeof shop) =>
      (await forEdge().replayToWebhookEndpoint(owner, endpoint.id, { include: 'all' }))?.queued
    expect([await queuedFor(shop), await queuedFor(both)]).toEqual([0, 1])
    expect(await drain(both.endpoint.id)).toEqual(['delivered'])
    expect((await arrived(both.host)).map(({ headers }) => headers['webhook-id'])).toEqual([paidOne])
  })

  it('T62: with D1 away a try is asked for again', async () => {
    const shop = await openShop()
    await pay(shop.owner)
    const [first] = await publishedTo(shop.endpoint.id)
    await database.exec('ALTER TABLE webhook_deliveries RENAME TO webhook_deliveries_away')
    try {
      expect(first && (await deliverTry(first.one))).toBe('503')
    } finally {
      await database.exec('ALTER TABLE webhook_deliveries_away RENAME TO webhook_deliveries')
    }
    expect(first && (await deliverTry(first.one))).toBe('delivered')
    expect(await arrived(shop.host)).toHaveLength(1)
  })

  it('keeps events for 90 days, and a number that is gone does not come back', async () => {
    const shop = await openShop()
    const old = eventOf(await pay(shop.owner))
    const seqOf = (id: EventId) => database.prepare('SELECT seq FROM events WHERE id = ?').bind(id).first<number>('seq')
    const before = await seqOf(old)
    await task('event_retention')?.run(Date.now() + 89 * 24 * HOUR)
    expect(await seqOf(old)).toBe(before)
    await task('event_retention')?.run(Date.now() + 91 * 24 * HOUR)
    expect(await seqOf(old)).toBeNull()
    expect(await database.prepare('SELECT count(*) AS n FROM webhook_deliveries').first('n')).toBe(0)
    expect(await deliverTry({ eventId: old, endpointId: shop.endpoint.id, round: 1, n: 1 })).toBe('over')
    expect(await seqOf(eventOf(await pay(shop.owner)))).toBeGreaterThan(before ?? 0)
  })

  it('costs four rows of D1 for an event, and three more for each endpoint; a repetition one, the sequence’s own', async () => {
    const owner = freshOwner()
    const event = (n: number) => ({
      id: `evt_${String(n).padStart(26, '0')}_cost_${owner.merchantId.replace(/[^a-z0-9]/g, '')}` as EventId,
      type: 'payment.failed' as const,
      ...owner,
      subject: 'pay_1',
      body: '{}',
    })
    const cost = async (n: number) =>
      (await database.batch(eventStatements(database, event(n), Date.now()))).reduce(
        (sum, { meta }) => sum + meta.rows_written,
        0,
      )
    expect([await cost(1), await cost(1)]).toEqual([4, 1])
    await openShop(undefined, { owner })
    expect([await cost(2), await cost(2)]).toEqual([7, 1])
    // What a try writes, counted at the binding: the claim, and what came of it.
    let written = 0
    const counting = new Proxy(database, {
      get: (target, name) =>
        name === 'batch'
          ? async (statements: D1PreparedStatement[]) => {
              const results = await target.batch(statements)
              for (const { meta } of results) written += meta.rows_written
              return results
            }
          : (target[name as keyof D1Database] as CallableFunction).bind(target),
    })
    const store = createD1WebhookDeliveries(counting)
    const [endpoint] = await forEdge().webhookEndpoints(owner)
    if (!endpoint) throw new Error('no endpoint')
    const claim = await store.claim(
      { eventId: event(2).id, endpointId: endpoint.id, round: 1, n: 1 },
      Date.now(),
      45_000,
    )
    if (claim.kind !== 'claimed') throw new Error(claim.kind)
    await store.delivered(claim.claimed, 'applied', { atMs: Date.now(), status: 200, error: null })
    expect(written).toBe(2)
  })

  it('every query of it walks an index', async () => {
    const plan = async (sql: string) => {
      const numbers = [...sql.matchAll(/\?(\d*)/g)].map(([, n], i) => (n ? Number(n) : i + 1))
      const { results } = await database
        .prepare(`EXPLAIN QUERY PLAN ${sql}`)
        .bind(...Array.from({ length: Math.max(0, ...numbers) }, () => null))
        .all<{ detail: string }>()
      return results.map(({ detail }) => detail)
    }
    const portions: string[] = []
    const noting = metered(
      () => {},
      (text) => portions.push(text),
    )
    for (const removed of [0, 1] as const)
      await createD1WebhookSettling(noting).portion({ id: freshEndpointId(), removed }, 7)
    for (const dueAtMs of [7, null])
      await createD1WebhookDeliveries(noting).notTaken(
        {
          eventId: 'evt_of_nobody' as EventId,
          endpointId: freshEndpointId(),
          round: 1,
          n: 1,
          inOrder: true,
          timesDisabled: 0,
        } as ClaimedTry,
        dueAtMs,
        { atMs: 7, status: 503, error: null },
      )
    // `half` is the halving's own row, `range` one row of two numbers, and `json_each` an endpoint's few kinds; they are no tables.
    for (const sql of [
      "SELECT seq FROM events INDEXED BY events_by_merchant WHERE merchant_id = 'a' AND mode = 'test' AND seq > 5 ORDER BY seq LIMIT 20",
      'SELECT * FROM webhook_deliveries WHERE event_seq = 5',
      "SELECT event_seq FROM webhook_deliveries INDEXED BY webhook_deliveries_queued WHERE endpoint_id = 'a' AND status = 'queued' ORDER BY event_seq LIMIT 1",
      "SELECT 1 FROM webhook_deliveries INDEXED BY webhook_deliveries_let_go WHERE endpoint_id = 'a' AND in_order = 1",
      ...(await asked(async (log) => {
        const owner = freshOwner()
        for (const type of [undefined, 'payment.succeeded', 'payment.review'] as const)
          await log.list({ ...owner, limit: 20, ...(type ? { type } : {}) })
        for (const include of ['failed', 'unconfirmed', 'all'] as const)
          await log.replayRange(owner, freshEndpointId(), { include, fromMs: 5, toMs: 6 }, 7)
      })),
      ...portions,
    ])
      expect(
        (await plan(sql)).filter((detail) =>
          /SCAN (?!half|range|walk|json_each|CONSTANT ROW)|TEMP B-TREE/.test(detail),
        ),
      ).toEqual([])
    // These sort and walk what they have found; the table they search.
    for (const sql of [OVERDUE, STALLED])
      expect(
        (await plan(sql.replaceAll(/\?\d?/g, '5'))).filter((detail) => /SCAN (webhook_deliveries|d)\b/.test(detail)),
      ).toEqual([])
  })

  it('reads no more than it finds: a rare type, and a range that begins late', async () => {
    const shop = await openShop()
    const { merchantId, mode } = shop.owner
    const T0 = Date.UTC(2026, 0, 1)
    const STORED = 4_000
    // One a minute, each told by a clock that is wrong by less than half an hour; every 500th went to people. Some are gone.
    await database.exec('DELETE FROM webhook_deliveries')
    await database.exec('DELETE FROM events')
    await database
      .prepare(
        `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?4)
         INSERT INTO events (id, type, merchant_id, mode, subject, body, created_at_ms)
         SELECT 'evt_' || i, iif(i % 500 = 0, 'payment.review', 'payment.succeeded'), ?1, ?2, 'pay_1', '{}',
           ?3 + i * 60000 + (i * 7919 % 3000000) - 1500000 FROM n`,
      )
      .bind(merchantId, mode, T0, STORED)
      .run()
    await database.exec("DELETE FROM events WHERE seq % 11 = 3 AND type <> 'payment.review'")
    let read = 0
    const log = createD1EventLog(metered((rows) => (read += rows)))

    const page = await log.list({ ...shop.owner, type: 'payment.review', limit: 3 })
    expect(page).toMatchObject({ more: true, events: [{ id: 'evt_500' }, { id: 'evt_1000' }, { id: 'evt_1500' }] })
    expect(read).toBeLessThan(30)

    for (const [minutes, length = STORED] of [
      [0],
      [3_500],
      [3_900],
      [STORED - 1],
      [2 * STORED],
      [100, 300],
      [3_900, 50],
    ]) {
      await database.exec('DELETE FROM webhook_deliveries')
      read = 0
      const fromMs = T0 + (minutes ?? 0) * 60_000
      const toMs = fromMs + length * 60_000
      const range = { include: 'all', fromMs, ...(length < STORED && { toMs }) } as const
      const { queued } = (await log.replayRange(shop.owner, shop.endpoint.id, range, 1)) ?? {}
      const wanted = await database
        .prepare(
          'SELECT id FROM events WHERE created_at_ms >= ?1 AND (?3 OR created_at_ms < ?2) ORDER BY seq LIMIT 1000',
        )
        .bind(fromMs, toMs, Number(!('toMs' in range)))
        .all<{ id: string }>()
      const sent = await database.prepare('SELECT event_id AS id FROM webhook_deliveries ORDER BY event_seq').all()
      expect(sent.results).toEqual(wanted.results)
      expect(queued).toBe(wanted.results.length)
      // The hour of slack, the halving, and so many for each that is queued.
      expect(read - 10 * (queued ?? 0)).toBeLessThan(500)
    }
  })

  it('of a type that is common elsewhere, and not here, a page ends where enough was looked at', async () => {
    const { owner } = await openShop()
    const { merchantId, mode } = owner
    await database.exec('DELETE FROM webhook_deliveries')
    await database.exec('DELETE FROM events')
    await database
      .prepare(
        `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1200)
         INSERT INTO events (id, type, merchant_id, mode, subject, body, created_at_ms)
         SELECT 'evt_' || i, iif(i IN (700, 710, 1190), 'payment.succeeded', 'payment.failed'), ?1, ?2, 'pay_1', '{}', i FROM n`,
      )
      .bind(merchantId, mode)
      .run()
    let read = 0
    const log = createD1EventLog(
      metered((rows) => (read += rows)),
      500,
    )
    const pages: unknown[] = []
    for (let after: EventId | undefined | null; after !== null; ) {
      read = 0
      const page = await log.list({
        ...owner,
        type: 'payment.succeeded',
        limit: 1,
        bounded: true,
        ...(after && { after }),
      })
      if (!page) throw new Error('no such event')
      expect(read).toBeLessThan(1_700)
      pages.push([page.events.map(({ id }) => id), page.more, page.next])
      after = page.next ?? null
    }
    expect(pages).toEqual([
      [[], true, 'evt_500'],
      [['evt_700'], true, 'evt_700'],
      [['evt_710'], true, 'evt_710'],
      [['evt_1190'], false, null],
    ])
    // An edge of before takes a page without more for the end, so that it is given the whole.
    const whole = await log.list({ ...owner, type: 'payment.succeeded', limit: 1 })
    expect(whole).toMatchObject({ events: [{ id: 'evt_700' }], more: true })
    read = 0
    const many = { ...owner, type: 'payment.failed', limit: 3, bounded: true } as const
    expect(await log.list(many)).toMatchObject({ more: true, next: 'evt_3' })
    expect(read).toBeLessThan(30)
  })

  it('of a range it looks at so many events in one call, and `next` says where to go on, be none of them queued', async () => {
    const shop = await openShop()
    const { merchantId, mode } = shop.owner
    const T0 = Date.UTC(2026, 0, 1)
    const [STORED, WALK] = [4_000, 500]
    await database.exec('DELETE FROM webhook_deliveries')
    await database.exec('DELETE FROM events')
    // One a minute, nearly all of them applied: what failed is rare, and late.
    await database
      .prepare(
        `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?4)
         INSERT INTO events (id, type, merchant_id, mode, subject, body, created_at_ms)
         SELECT 'evt_' || i, 'payment.succeeded', ?1, ?2, 'pay_1', '{}', ?3 + i * 60000 FROM n`,
      )
      .bind(merchantId, mode, T0, STORED)
      .run()
    const FAILED = [1_700, 3_100, 3_990]
    await database
      .prepare(
        `INSERT INTO webhook_deliveries (event_seq, endpoint_id, event_id, status, started_at_ms)
         SELECT seq, ?1, id, iif(id IN (SELECT 'evt_' || value FROM json_each(?2)), 'failed', 'applied'), 1 FROM events`,
      )
      .bind(shop.endpoint.id, JSON.stringify(FAILED))
      .run()
    let read = 0
    const log = createD1EventLog(
      metered((rows) => (read += rows)),
      WALK,
    )
    const pages = async (range: { readonly fromMs?: number; readonly toMs?: number }) => {
      const seen: [number, string | null][] = []
      let after: EventId | undefined
      do {
        read = 0
        const page = await log.replayRange(
          shop.owner,
          shop.endpoint.id,
          { include: 'failed', ...range, ...(after && { after }) },
          1,
        )
        if (!page) throw new Error('no such event')
        // Each event that is looked at, its delivery, the endpoint; and where the walk begins and ends.
        expect(read).toBeLessThan(5 * WALK)
        seen.push([page.queued, page.next])
        after = page.next ?? undefined
      } while (after)
      return seen
    }

    // A range that ends is done where it ends, but for the hour by which clocks differ.
    expect(await pages({ fromMs: T0 + 600 * 60_000, toMs: T0 + 1_400 * 60_000 })).toEqual([
      [0, expect.any(String)],
      [0, null],
    ])
    // One that begins late is walked from there.
    expect(await pages({ fromMs: T0 + 3_900 * 60_000 })).toEqual([[1, null]])
    expect(await pages({})).toEqual([
      [0, 'evt_500'],
      [0, 'evt_1000'],
      [0, 'evt_1500'],
      [1, 'evt_2000'],
      [0, 'evt_2500'],
      [0, 'evt_3000'],
      [1, 'evt_3500'],
      [0, 'evt_4000'],
      [0, null],
    ])
  })

  it('begins after no event that it does not keep', async () => {
    const shop = await openShop()
    const [mine, other] = [eventOf(await pay(shop.owner)), eventOf(await pay(freshOwner()))]
    const replay = (after: EventId) =>
      forEdge().replayToWebhookEndpoint(shop.owner, shop.endpoint.id, { include: 'all', after })
    for (const after of [other, `${mine}0` as EventId])
      expect(await replay(after)).toEqual({ queued: 0, next: null, unknownAfter: true })
    expect(await replay(mine)).toEqual({ queued: 0, next: null })
  })
})
