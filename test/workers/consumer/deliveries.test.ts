import { afterEach, describe, expect, it, vi } from 'vitest'
import { createD1DeadLetters } from '../../../src/adapters/d1-dead-letters.ts'
import { createD1Ledger } from '../../../src/adapters/d1-ledger.ts'
import { createApp } from '../../../src/consumer/app.ts'
import type { ConsumerDeps } from '../../../src/consumer/deps.ts'
import { deliveryRoutes } from '../../../src/consumer/routes/deliveries.ts'
import type { Checkout } from '../../../src/contracts/consumer.ts'
import type { PaymentObjectRpc } from '../../../src/contracts/payment-object.ts'
import type { CheckoutId, GatewayReference } from '../../../src/domain/ids.ts'
import { fulfil } from '../../../src/flows/fulfil.ts'
import {
  begin,
  callbackMessage,
  database,
  deliver,
  entriesOf,
  forEdge,
  get,
  imbalance,
  MERCHANT,
  order,
  post,
  read,
  signDelivery,
  stubOf,
  vault,
  verdictOn,
} from './kit.ts'
import { CONSUMER_ORIGIN, QUEUE } from './queue.ts'

const opened = async () => {
  const input = order()
  await begin(input)
  return input
}
const orderRow = (id: string) => database.prepare('SELECT * FROM orders WHERE payment_id = ?').bind(id).first()
const unmatchedRows = async (sha: string) =>
  (await database.prepare('SELECT * FROM unmatched_callbacks WHERE body_sha256 = ?').bind(sha).all()).results

afterEach(() => vault.close(false))

describe('POST /deliveries/callback', () => {
  it('a verified success posts a balanced entry, fulfils the order and tells the payment', async () => {
    const input = await opened()
    const response = await deliver(callbackMessage(verdictOn(input)))
    expect(response.status).toBe(200)
    expect(await read(input.paymentId)).toMatchObject({
      status: 'succeeded',
      fulfilment: { status: 'fulfilled', deliveredVia: 'qstash' },
    })
    expect(await stubOf(input.paymentId).get()).toMatchObject({ final: true, ttlMs: 60_000, seal: { kid: '1' } })
    expect(await entriesOf(input.paymentId)).toEqual([
      {
        id: `dep_${input.paymentId}_1`,
        direction: 'debit',
        account: 'gateway:pawapay:clearing',
        amount_minor: 1550,
        currency: 'ZMW',
      },
      {
        id: `dep_${input.paymentId}_1`,
        direction: 'credit',
        account: `merchant:${MERCHANT}:payable`,
        amount_minor: 1550,
        currency: 'ZMW',
      },
    ])
    expect(await orderRow(input.paymentId)).toMatchObject({
      status: 'fulfilled',
      invoice: input.invoice,
      amount_minor: 1550,
    })
    expect(await imbalance()).toEqual([])
  })

  it('T37, T42: delivered ten times, in parallel too, it is fulfilled once', async () => {
    const input = await opened()
    const message = callbackMessage(verdictOn(input))
    const responses = await Promise.all(Array.from({ length: 10 }, () => deliver(message)))
    expect(responses.map(({ status }) => status)).toEqual(Array(10).fill(200))
    expect((await deliver(message)).status).toBe(200)
    expect(await entriesOf(input.paymentId)).toHaveLength(2)
    expect(await imbalance()).toEqual([])
  })

  it('pending and failed move the payment and post nothing', async () => {
    const input = await opened()
    await deliver(callbackMessage(verdictOn(input, { outcome: 'pending' })))
    expect((await read(input.paymentId))?.status).toBe('pending')
    await deliver(callbackMessage(verdictOn(input, { outcome: 'failed', failureCode: 'PAYER_LIMIT_REACHED' })))
    expect(await read(input.paymentId)).toMatchObject({ status: 'failed', failure: { code: 'PAYER_LIMIT_REACHED' } })
    expect(await entriesOf(input.paymentId)).toEqual([])
  })

  it('T64: a hint asks the gateway; its answer is fulfilled', async () => {
    const input = await opened()
    await vault.play(input.paymentId, {
      status: { kind: 'found', outcome: 'succeeded', amountMinor: '1550', currency: 'ZMW' },
    })
    expect((await deliver(callbackMessage(verdictOn(input, { authentic: 'hint', outcome: 'failed' })))).status).toBe(
      200,
    )
    expect(await read(input.paymentId)).toMatchObject({ status: 'succeeded', fulfilment: { status: 'fulfilled' } })
  })

  it('T63: a good queue signature over a forged attestation is poison and moves nothing', async () => {
    const input = await opened()
    const response = await deliver(callbackMessage(verdictOn(input), '00'.repeat(32)))
    expect(response.status).toBe(489)
    expect(response.headers.get('Upstash-NonRetryable-Error')).toBe('true')
    expect((await read(input.paymentId))?.status).toBe('pending')
    expect(await entriesOf(input.paymentId)).toEqual([])
  })

  it('T44: what is no message is poison', async () => {
    const verdict = verdictOn(order())
    for (const message of [
      'text',
      {},
      { ...callbackMessage(verdict), v: 2 },
      { ...callbackMessage(verdict), via: 'post' },
      { ...callbackMessage(verdict), attested: { text: '{}' } },
      { v: 1, kind: 'fulfilment', via: 'qstash', paymentId: verdict.paymentId },
    ]) {
      expect((await deliver(message)).status).toBe(489)
    }
    expect((await deliver({ v: 1, kind: 'fulfilment', via: 'qstash', paymentId: 'pay_1' }, 'fulfilment')).status).toBe(
      489,
    )
  })

  it('a closed core is our outage, not poison: 503', async () => {
    const input = await opened()
    await vault.close(true)
    const response = await deliver(callbackMessage(verdictOn(input)))
    expect(response.status).toBe(503)
    expect(response.headers.get('Upstash-NonRetryable-Error')).toBeNull()
    await vault.close(false)
    expect((await deliver(callbackMessage(verdictOn(input)))).status).toBe(200)
  })

  it('a field of a newer edge is passed over', async () => {
    const input = await opened()
    expect((await deliver({ ...callbackMessage(verdictOn(input)), shade: 'blue' })).status).toBe(200)
  })

  it.each([
    ['foreign_reference', { paymentId: null, attempt: null }],
    ['no_such_payment', {}],
    ['operation_not_supported', { operation: 'payout' }],
  ] as const)('a verdict about nothing of ours is kept for people once: %s', async (reason, over) => {
    const verdict = verdictOn(order(), over)
    for (let i = 0; i < 2; i++) expect((await deliver(callbackMessage(verdict))).status).toBe(200)
    expect(await unmatchedRows(verdict.bodySha256)).toMatchObject([{ reason, reference: verdict.reference }])
  })
})

describe('T45: the queue signature', () => {
  const path = '/deliveries/callback'
  const body = '{"v":1}'
  const at = (s: number) => ({ iat: s, nbf: s, exp: s + 300 })
  const nowS = () => Math.floor(Date.now() / 1000)

  it('the next key is accepted as the current one', async () => {
    expect((await post(path, body, await signDelivery(body, {}, QUEUE.next))).status).toBe(489)
    expect((await post(path, body, await signDelivery(body))).status).toBe(489)
  })

  it.each([
    ['none', async () => ''],
    ['no token', async () => 'a.b.c'],
    ['another key', () => signDelivery(body, {}, 'sig_another')],
    ['the public development key', () => signDelivery(body, {}, 'sig_7kYjw48mhY7kAjqNGcy6cr29RJ6r')],
    ['another body', () => signDelivery('{"v":2}')],
    ['another path', () => signDelivery(body, { sub: `${CONSUMER_ORIGIN}/deliveries/fulfilment` })],
    ['another host', () => signDelivery(body, { sub: 'https://deliveries.evil.example/deliveries/callback' })],
    ['another issuer', () => signDelivery(body, { iss: 'Downstash' })],
    ['ten minutes old', () => signDelivery(body, at(nowS() - 600))],
    ['from ten minutes ahead', () => signDelivery(body, at(nowS() + 600))],
  ])('refused with 401: %s', async (_, sign) => {
    expect((await post(path, body, await sign())).status).toBe(401)
  })

  it('T45: its token is taken once; used again within its life it is refused', async () => {
    const input = await opened()
    const message = JSON.stringify(callbackMessage(verdictOn(input)))
    const signature = await signDelivery(message)
    expect((await post(path, message, signature)).status).toBe(200)
    for (let i = 0; i < 2; i++) expect((await post(path, message, signature)).status).toBe(401)
    // QStash itself signs each try anew, and is heard.
    expect((await post(path, message, await signDelivery(message))).status).toBe(200)
    expect(await entriesOf(input.paymentId)).toHaveLength(2)
  })

  it('T45: of two at once with one token one is heard', async () => {
    const message = JSON.stringify(callbackMessage(verdictOn(await opened())))
    const signature = await signDelivery(message)
    const answers = await Promise.all([post(path, message, signature), post(path, message, signature)])
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 401])
  })

  it('T45: a delivery that failed gives its token back: nothing is lost by the refusal', async () => {
    const input = await opened()
    const message = JSON.stringify(callbackMessage(verdictOn(input)))
    const signature = await signDelivery(message)
    await vault.close(true)
    expect((await post(path, message, signature)).status).toBe(503)
    await vault.close(false)
    expect((await post(path, message, signature)).status).toBe(200)
    expect(await entriesOf(input.paymentId)).toHaveLength(2)
  })

  it('T45: people are told when the next key signs, and nobody when the current one does', async () => {
    const lines: string[] = []
    const told = vi.spyOn(console, 'log').mockImplementation((line: string) => void lines.push(line))
    let key: 'current' | 'next' = 'current'
    let nowMs = 0
    const app = deliveryRoutes({
      verifyQueue: async () => ({ key, jti: null, expiresAtMs: 0 }),
      nowMs: () => nowMs,
    } as unknown as ConsumerDeps)
    const alerts = async () => {
      lines.length = 0
      await app.request('/fulfilment', { method: 'POST', body: '{}' })
      return lines.filter((line) => line.includes('queue_keys_rotated')).length
    }
    expect(await alerts()).toBe(0)
    key = 'next'
    expect([await alerts(), await alerts()]).toEqual([1, 0])
    nowMs = 600_000
    expect(await alerts()).toBe(1)
    told.mockRestore()
  })

  it('a body over 256 KiB is not read to its end: 413', async () => {
    const large = 'x'.repeat(256 * 1024 + 1)
    expect((await post(path, large, await signDelivery(large))).status).toBe(413)
  })
})

it('T41: with D1 down a delivery is asked for again, and nothing is lost', async () => {
  const input = await opened()
  const broken = async (): Promise<never> => {
    throw new Error('D1_ERROR: no answer about 260763456789')
  }
  const verdict = verdictOn(input)
  const app = createApp({
    vault: { checkAttestation: async () => verdict },
    payment: (id) => stubOf(id) as unknown as PaymentObjectRpc,
    post: broken,
    notify: broken,
    fulfilOrder: broken,
    deliverNotification: broken,
    keepUnmatched: broken,
    verifyQueue: async () => ({ key: 'current', jti: null, expiresAtMs: 0 }),
    deadLetters: createD1DeadLetters(database),
    publish: broken,
    consumerOrigin: CONSUMER_ORIGIN,
    operatorKey: 'nobody asks for it here at all',
    eraser: undefined as never,
    merchants: {
      desk: undefined as never,
      makeKey: broken,
      modes: [],
      randomBytes: () => new Uint8Array(),
      nowMs: Date.now,
    },
    ledger: undefined as never,
    statements: undefined as never,
    routeHealth: async () => null,
    routingProblem: null,
    databaseAnswers: async () => false,
    nowMs: () => Date.now(),
  })
  const send = (message: unknown) =>
    app.request('/deliveries/callback', { method: 'POST', body: JSON.stringify(message) })
  expect((await send(callbackMessage(verdict))).status).toBe(503)
  expect((await app.request('/health')).status).toBe(503)
  expect(await read(input.paymentId)).toMatchObject({ status: 'succeeded', fulfilment: { status: 'pending' } })
  expect((await deliver(callbackMessage(verdict))).status).toBe(200)
  expect(await entriesOf(input.paymentId)).toHaveLength(2)
  expect((await read(input.paymentId))?.fulfilment.status).toBe('fulfilled')
})

describe('POST /deliveries/fulfilment', () => {
  it('T63: claims nothing: an open payment stays as it is', async () => {
    const input = await opened()
    const message = { v: 1, kind: 'fulfilment', via: 'sweep', paymentId: input.paymentId }
    expect((await deliver(message, 'fulfilment')).status).toBe(200)
    expect(await read(input.paymentId)).toMatchObject({ status: 'pending', fulfilment: { status: 'none' } })
    expect(await entriesOf(input.paymentId)).toEqual([])
  })

  it('of a payment that is not there: 200, nothing', async () => {
    const { paymentId } = order()
    expect((await deliver({ v: 1, kind: 'fulfilment', via: 'sweep', paymentId }, 'fulfilment')).status).toBe(200)
  })
})

describe('fulfil', () => {
  const paid = async () => {
    const input = await opened()
    await stubOf(input.paymentId).apply(verdictOn(input), 'qstash')
    const due = await stubOf(input.paymentId).due()
    if (!due) throw new Error('nothing is due')
    return { input, due }
  }
  const nowMs = () => Date.now()
  const notify = async () => {}
  const fulfilOrder = async () => {}

  it.each(['before anything', 'after the ledger, before the mark', 'after the mark'])(
    'T41, T50: a crash %s, then everything twice: the same end',
    async (when) => {
      const { input, due } = await paid()
      const post = createD1Ledger(database)
      const payment = stubOf(input.paymentId)
      const crash = async (): Promise<never> => {
        throw new Error('crash')
      }
      if (when === 'before anything')
        await expect(fulfil({ post: crash, payment, notify, fulfilOrder, nowMs }, due, 'qstash')).rejects.toThrow(
          'crash',
        )
      if (when === 'after the ledger, before the mark')
        await expect(
          fulfil({ post, payment: { markFulfilled: crash }, notify, fulfilOrder, nowMs }, due, 'qstash'),
        ).rejects.toThrow('crash')
      for (let i = 0; i < 2; i++)
        await fulfil({ post, payment, notify, fulfilOrder, nowMs }, due, i === 0 ? 'qstash' : 'outbox')
      expect(await entriesOf(input.paymentId)).toHaveLength(2)
      expect(await orderRow(input.paymentId)).toMatchObject({ fulfilled_via: 'qstash' })
      expect((await read(input.paymentId))?.fulfilment).toMatchObject({ status: 'fulfilled', deliveredVia: 'qstash' })
      expect(await stubOf(input.paymentId).due()).toBeNull()
      expect(await imbalance()).toEqual([])
    },
  )

  it('an entry is whole or not there: an amount that the ledger refuses leaves no half', async () => {
    const { input, due } = await paid()
    for (const amountMinor of ['0', '-5'])
      await expect(createD1Ledger(database)({ ...due, amountMinor }, 'qstash', 1)).rejects.toThrow(/CHECK/)
    expect(await entriesOf(input.paymentId)).toEqual([])
    expect(await orderRow(input.paymentId)).toBeNull()
  })

  it('amounts beyond what a JavaScript number holds stay exact', async () => {
    const { due } = await paid()
    const reference = '00000000-0000-4000-8000-00000000beef' as GatewayReference
    await createD1Ledger(database)({ ...due, attempt: 9, reference, amountMinor: '9007199254740993' }, 'qstash', 1)
    const { results } = await database
      .prepare('SELECT CAST(amount_minor AS TEXT) AS amount FROM ledger_postings WHERE entry_id = ?')
      .bind(`dep_${due.paymentId}_9`)
      .all()
    expect(results).toEqual([{ amount: '9007199254740993' }, { amount: '9007199254740993' }])
  })
})

describe('the ledger', () => {
  it.each([
    'UPDATE ledger_entries SET attempt = 2',
    'DELETE FROM ledger_entries',
    'UPDATE ledger_postings SET amount_minor = 1',
    'DELETE FROM ledger_postings',
  ])('is append-only: %s', async (sql) => {
    await deliver(callbackMessage(verdictOn(await opened())))
    await expect(database.prepare(sql).run()).rejects.toThrow(/append-only/)
  })

  it('the view shows an entry that does not balance', async () => {
    const insert = (direction: string, amount: number) =>
      database
        .prepare('INSERT INTO ledger_postings VALUES (?, ?, ?, ?, ?)')
        .bind('dep_unbalanced_1', direction, 'an account', amount, 'ZMW')
        .run()
    await database
      .prepare(
        `INSERT INTO ledger_entries (id, kind, payment_id, attempt, merchant_id, mode, gateway, reference, occurred_at_ms,
           created_at_ms) VALUES ('dep_unbalanced_1', 'deposit', 'p', 1, 'm', 'test', 'pawapay', 'r', 1, 1)`,
      )
      .run()
    expect(await imbalance()).toMatchObject([{ entry_id: 'dep_unbalanced_1', postings: 0 }])
    await insert('debit', 5)
    expect(await imbalance()).toMatchObject([{ entry_id: 'dep_unbalanced_1', difference_minor: 5 }])
    await insert('credit', 5)
    expect(await imbalance()).toEqual([])
  })
})

describe('what the edge asks', () => {
  it('finds who holds a key, unless it was revoked', async () => {
    const hash = 'c0'.repeat(32)
    await database.batch([
      database.prepare("INSERT OR IGNORE INTO merchants (id, name, created_at_ms) VALUES ('mer_edge', 'Duka', 1)"),
      database
        .prepare(
          "INSERT INTO api_keys (key_hash, merchant_id, mode, scope, created_at_ms) VALUES (?, 'mer_edge', 'live', 'publishable', 1)",
        )
        .bind(hash),
    ])
    expect(await forEdge().merchantByKeyHash(hash)).toEqual({
      merchantId: 'mer_edge',
      merchantName: 'Duka',
      mode: 'live',
      scope: 'publishable',
      allowedOrigins: [],
    })
    expect(await forEdge().merchantByKeyHash('c1'.repeat(32))).toBeNull()
    expect(await forEdge().merchantByKeyHash("' OR 1=1 --")).toBeNull()
    await database.prepare('UPDATE api_keys SET revoked_at_ms = 2 WHERE key_hash = ?').bind(hash).run()
    expect(await forEdge().merchantByKeyHash(hash)).toBeNull()
  })

  it('the same checkout twice stores the first', async () => {
    // Its branding is changed here: a merchant that no other file has.
    const merchant = 'mer_branded' as typeof MERCHANT
    await database
      .prepare("INSERT OR IGNORE INTO merchants (id, name, created_at_ms) VALUES (?, 'Tests', 1)")
      .bind(merchant)
      .run()
    const checkout: Checkout = {
      id: 'chk_aaaaaaaaaaaaaaaaaaaaaa' as CheckoutId,
      merchantId: merchant,
      merchantName: 'Tests',
      mode: 'test',
      invoice: 'INV-1',
      amountMinor: '9007199254740993',
      currency: 'XOF',
      description: null,
      returnUrl: 'https://shop.example.com/',
      createdAtMs: 1,
      expiresAtMs: 2,
    }
    expect(await forEdge().checkout(checkout.id)).toBeNull()
    const branding = { name: 'Tests', colour: null, logo: null, languages: [] }
    expect(await forEdge().createCheckout(checkout)).toEqual({ ...checkout, branding })
    expect(await forEdge().createCheckout({ ...checkout, amountMinor: '1' })).toEqual({ ...checkout, branding })
    // A link that is opened again: for longer, and never for less.
    for (const [expiresAtMs, renews, stored] of [
      [3, false, 2],
      [3, true, 3],
      [2, true, 3],
    ] as const)
      expect(await forEdge().createCheckout({ ...checkout, amountMinor: '1', expiresAtMs }, renews)).toEqual({
        ...checkout,
        branding,
        expiresAtMs: stored,
      })
    await database.prepare('UPDATE checkouts SET expires_at_ms = 2 WHERE id = ?').bind(checkout.id).run()
    await database
      .prepare("UPDATE merchants SET colour = '#0a7d33', languages = '[\"fr\"]' WHERE id = ?")
      .bind(merchant)
      .run()
    const asNow = { ...checkout, branding: { ...branding, colour: '#0a7d33', languages: ['fr'] } }
    expect(await forEdge().checkout(checkout.id)).toEqual(asNow)
  })

  it('health', async () => {
    expect(await forEdge().health()).toEqual({ d1: 'ok' })
    expect((await get('/health')).status).toBe(200)
    expect((await get('/elsewhere')).status).toBe(404)
    expect((await get('/deliveries/callback')).status).toBe(404)
  })
})
