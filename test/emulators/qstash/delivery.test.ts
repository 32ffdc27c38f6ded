import { describe, expect, it } from 'vitest'
import { json } from '../kit/server.ts'
import { proofOf, setUp, statesOf } from './fixture.ts'

const failing = () => json(500, { no: true })

describe('a delivery', () => {
  it('has the published body, byte for byte, the forwarded headers and a signature that Receiver accepts', async () => {
    const { client, qstash, destination, receiver } = await setUp()
    const url = `${destination.url}/deliveries/callback?a=1&b=%20x`
    const { messageId } = await client.publish({
      url,
      body: '{"amount": "15.50",\u00a0"n":1}',
      headers: { 'content-type': 'application/json', 'x-shop-id': 's1', authorization: 'Bearer destination' },
    })
    await qstash.idle()
    expect(destination.received).toHaveLength(1)
    const [arrived] = destination.received
    if (!arrived) return
    expect(arrived.method).toBe('POST')
    expect(arrived.target).toBe('/deliveries/callback?a=1&b=%20x')
    expect(arrived.body.toString()).toBe('{"amount": "15.50",\u00a0"n":1}')
    expect(arrived.headers).toMatchObject({
      'content-type': 'application/json',
      'x-shop-id': 's1',
      authorization: 'Bearer destination',
      'user-agent': 'Upstash-QStash',
      'upstash-message-id': messageId,
      'upstash-retried': '0',
    })
    await expect(receiver.verify(proofOf(arrived, destination))).resolves.toBe(true)
    expect(qstash.deliveries()).toMatchObject([{ messageId, url, status: 200, retried: 0, duplicate: false }])
    expect(await statesOf(client, messageId)).toEqual(['CREATED', 'ACTIVE', 'DELIVERED'])
  })

  it('T36, T45: Receiver refuses a changed body, another URL and a foreign key', async () => {
    const { client, qstash, destination, receiver } = await setUp()
    await client.publishJSON({ url: `${destination.url}/a`, body: { n: 1 } })
    await qstash.idle()
    const [arrived] = destination.received
    if (!arrived) throw new Error('nothing arrived')
    const proof = proofOf(arrived, destination)
    await expect(receiver.verify({ ...proof, body: '{"n":2}' })).rejects.toThrow('body hash')
    await expect(receiver.verify({ ...proof, body: '{ "n":1}' })).rejects.toThrow('body hash')
    await expect(receiver.verify({ ...proof, url: `${destination.url}/b` })).rejects.toThrow('invalid subject')
    const [head, payload, mac] = proof.signature.split('.')
    const flipped = `${mac?.startsWith('A') ? 'B' : 'A'}${mac?.slice(1)}`
    await expect(receiver.verify({ ...proof, signature: `${head}.${payload}.${flipped}` })).rejects.toThrow('signature')
  })

  it('T45: rotation: one is survived through the next key, two are not', async () => {
    const { client, qstash, destination, receiver, api } = await setUp()
    const deliver = async () => {
      await client.publishJSON({ url: destination.url, body: {} })
      await qstash.idle()
      const arrived = destination.received.at(-1)
      if (!arrived) throw new Error('nothing arrived')
      return { ...proofOf(arrived, destination), url: destination.url }
    }
    const before = qstash.nextSigningKey
    const rotated = await (await api('/v2/keys/rotate', { method: 'POST' })).json()
    expect(rotated).toEqual({ current: before, next: qstash.nextSigningKey })
    expect(await (await api('/v2/keys')).json()).toEqual(rotated)
    await expect(receiver.verify(await deliver())).resolves.toBe(true)
    await api('/v2/keys/rotate', { method: 'POST' })
    await expect(receiver.verify(await deliver())).rejects.toThrow('signature verification failed')
  })

  it('T45: wall time is in the JWT however far the virtual clock is, unless a skew is set', async () => {
    const { client, qstash, destination, receiver } = await setUp()
    await qstash.advance(40 * 86_400_000)
    await client.publishJSON({ url: `${destination.url}/a`, body: {} })
    await qstash.idle()
    qstash.persona({ skewMs: -600_000 })
    await client.publishJSON({ url: `${destination.url}/a`, body: {} })
    await qstash.idle()
    const [honest, late] = destination.received
    if (!honest || !late) throw new Error('nothing arrived')
    await expect(receiver.verify(proofOf(honest, destination))).resolves.toBe(true)
    await expect(receiver.verify(proofOf(late, destination))).rejects.toThrow()
    await expect(receiver.verify({ ...proofOf(late, destination), clockTolerance: 601 })).resolves.toBe(true)
  })
})

describe('retries', () => {
  it('come after 12 s, 2 m 28 s and 30 m 8 s of virtual time, each with a JWT of its own; then the DLQ', async () => {
    const { client, qstash, destination, receiver } = await setUp()
    destination.answer = failing
    const { messageId } = await client.publishJSON({ url: `${destination.url}/a`, body: {} })
    await qstash.idle()
    const seen: number[] = []
    for (const ms of [11_500, 600, 147_000, 1500, 1_807_000, 2000]) {
      await qstash.advance(ms)
      seen.push(destination.received.length)
    }
    expect(seen).toEqual([1, 2, 2, 3, 3, 4])
    await qstash.advance(90_000_000)
    expect(destination.received.map(({ headers }) => headers['upstash-retried'])).toEqual(['0', '1', '2', '3'])
    const signatures = destination.received.map(({ headers }) => headers['upstash-signature'])
    expect(new Set(signatures).size).toBe(4)
    for (const arrived of destination.received) {
      await expect(receiver.verify(proofOf(arrived, destination))).resolves.toBe(true)
    }
    const { messages } = await client.dlq.listMessages()
    expect(messages).toMatchObject([{ messageId, responseStatus: 500, responseBody: '{"no":true}' }])
    expect((await statesOf(client, messageId)).slice(-3)).toEqual(['ACTIVE', 'ERROR', 'FAILED'])
  })

  it.each([
    ['Retry-After', '5', 5000],
    ['Retry-After', 'date', 7000],
    ['X-RateLimit-Reset', '6m5s', 365_000],
    ['X-RateLimit-Reset-Tokens', '3', 3000],
  ])('%s: %s is honoured', async (name, value, waitMs) => {
    const { client, qstash, destination } = await setUp()
    const asked = () => (value === 'date' ? new Date(Date.now() + waitMs).toUTCString() : value)
    destination.answer = () => json(503, {}, { [name]: asked() })
    await client.publishJSON({ url: destination.url, body: {} })
    await qstash.idle()
    await qstash.advance(waitMs - 1900)
    expect(destination.received).toHaveLength(1)
    await qstash.advance(2000)
    expect(destination.received).toHaveLength(2)
  })

  it('follow the publisher’s expression, and stop at its number', async () => {
    const { client, qstash, destination } = await setUp()
    destination.answer = failing
    await client.publishJSON({
      url: destination.url,
      body: {},
      retries: 2,
      retryDelay: 'min(60000, 10000 * (1 + retried))',
    })
    await qstash.idle()
    await qstash.advance(10_100)
    expect(destination.received).toHaveLength(2)
    await qstash.advance(15_000)
    expect(destination.received).toHaveLength(2)
    await qstash.advance(86_400_000)
    expect(destination.received).toHaveLength(3)
  })

  it('T44: 489 with the header goes to the DLQ at once; without it, it is a failure like any other', async () => {
    const { client, qstash, destination } = await setUp()
    destination.answer = ({ path }) => json(489, {}, path === '/poison' ? { 'Upstash-NonRetryable-Error': 'true' } : {})
    await client.publishJSON({ url: `${destination.url}/poison`, body: {}, label: 'poison' })
    await client.publishJSON({ url: `${destination.url}/plain`, body: {} })
    await qstash.advance(13_000)
    expect(destination.received.map(({ path }) => path).toSorted()).toEqual(['/plain', '/plain', '/poison'])
    const { messages } = await client.dlq.listMessages()
    expect(messages).toMatchObject([{ url: `${destination.url}/poison`, responseStatus: 489, label: 'poison' }])
  })

  it('a redirect, a dead port and a missed timeout are failures', async () => {
    const { client, qstash, destination } = await setUp()
    destination.answer = async ({ path }) => {
      if (path === '/slow') await new Promise((resolve) => setTimeout(resolve, 1300))
      return path === '/moved' ? { status: 302, headers: { location: `${destination.url}/b` } } : json(200, {})
    }
    await client.publishJSON({ url: `${destination.url}/moved`, body: {}, retries: 0 })
    await client.publishJSON({ url: 'http://127.0.0.1:1/', body: {}, retries: 0 })
    await client.publishJSON({ url: `${destination.url}/slow`, body: {}, retries: 0, timeout: 1 })
    await qstash.idle()
    expect(destination.received.map(({ path }) => path)).not.toContain('/b')
    expect(
      qstash
        .deliveries()
        .map(({ status }) => status)
        .toSorted((a, b) => a - b),
    ).toEqual([0, 0, 302])
    expect((await client.dlq.listMessages()).messages).toHaveLength(3)
  })
})

describe('callbacks', () => {
  it('are signed messages of their own, one for each try; the failure callback names the DLQ entry', async () => {
    const { client, qstash, destination, receiver } = await setUp()
    destination.answer = ({ path }) => (path === '/work' ? json(500, { no: true }) : json(200, {}))
    const { messageId } = await client.publishJSON({
      url: `${destination.url}/work`,
      body: { n: 1 },
      retries: 1,
      callback: `${destination.url}/each`,
      failureCallback: `${destination.url}/failed`,
      headers: { 'Upstash-Callback-Forward-X-Tag': 'mine' },
    })
    await qstash.advance(13_000)
    const each = destination.received.filter(({ path }) => path === '/each')
    expect(each.map(({ body }) => JSON.parse(body.toString()))).toMatchObject([
      { status: 500, retried: 0, maxRetries: 1, sourceMessageId: messageId, url: `${destination.url}/work` },
      { status: 500, retried: 1, maxRetries: 1, sourceMessageId: messageId },
    ])
    expect(each[0]?.headers['x-tag']).toBe('mine')
    const [failed] = destination.received.filter(({ path }) => path === '/failed')
    if (!failed) throw new Error('no failure callback')
    const told = JSON.parse(failed.body.toString()) as Record<string, string>
    expect(Buffer.from(told['sourceBody'] ?? '', 'base64').toString()).toBe('{"n":1}')
    expect(Buffer.from(told['body'] ?? '', 'base64').toString()).toBe('{"no":true}')
    expect((await client.dlq.listMessages()).messages[0]?.dlqId).toBe(told['dlqId'])
    expect(failed.headers['upstash-message-id']).not.toBe(messageId)
    await expect(receiver.verify(proofOf(failed, destination))).resolves.toBe(true)
  })
})

describe('order and limits', () => {
  it('a queue is first in, first out, and waits for the retries of its head', async () => {
    const { client, qstash, destination } = await setUp()
    let fails = 1
    destination.answer = ({ path }) => (path === '/1' && fails-- > 0 ? failing() : json(200, {}))
    const queue = client.queue({ queueName: 'orders' })
    for (const n of [1, 2, 3]) await queue.enqueueJSON({ url: `${destination.url}/${n}`, body: {} })
    await client.publishJSON({ url: `${destination.url}/other`, body: {} })
    await qstash.idle()
    expect(destination.received.map(({ path }) => path)).toEqual(['/1', '/other'])
    await qstash.advance(13_000)
    expect(destination.received.map(({ path }) => path)).toEqual(['/1', '/other', '/1', '/2', '/3'])
  })

  it('a queue also waits for the callbacks of its head', async () => {
    const { client, qstash, destination } = await setUp()
    let fails = 1
    destination.answer = ({ path }) => (path === '/told' && fails-- > 0 ? failing() : json(200, {}))
    const queue = client.queue({ queueName: 'orders' })
    await queue.enqueueJSON({ url: `${destination.url}/1`, body: {}, callback: `${destination.url}/told` })
    await queue.enqueueJSON({ url: `${destination.url}/2`, body: {} })
    await qstash.idle()
    expect(destination.received.map(({ path }) => path)).toEqual(['/1', '/told'])
    await qstash.advance(13_000)
    expect(destination.received.map(({ path }) => path)).toEqual(['/1', '/told', '/told', '/2'])
  })

  it('flow control: no more at once than parallelism, no more per period than rate', async () => {
    const { client, qstash, destination } = await setUp()
    let now = 0
    let most = 0
    destination.answer = async () => {
      most = Math.max(most, ++now)
      await new Promise((resolve) => setTimeout(resolve, 30))
      now--
      return json(200, {})
    }
    const flowControl = { key: 'airtel', parallelism: 2 }
    for (let i = 0; i < 6; i++) await client.publishJSON({ url: `${destination.url}/p`, body: { i }, flowControl })
    await expect.poll(() => destination.received.length).toBe(6)
    expect(most).toBe(2)
    const rate = { key: 'mtn', rate: 2, period: '1m' as const }
    for (let i = 0; i < 5; i++)
      await client.publishJSON({ url: `${destination.url}/r`, body: { i }, flowControl: rate })
    const arrived = () => destination.received.filter(({ path }) => path === '/r').length
    await qstash.idle()
    expect(arrived()).toBe(2)
    await qstash.advance(61_000)
    expect(arrived()).toBe(4)
    await qstash.advance(61_000)
    expect(arrived()).toBe(5)
  })

  it('flow control: a thousand that wait for one flow hold up no other, and all arrive', async () => {
    const { client, qstash, destination } = await setUp()
    qstash.persona({ holdDeliveries: true })
    const flowControl = { key: 'slow', parallelism: 5 }
    const many = Array.from({ length: 1_000 }, (_, i) => ({
      url: `${destination.url}/slow`,
      body: `{"i":${i}}`,
      flowControl,
    }))
    for (let i = 0; i < many.length; i += 100) await client.batch(many.slice(i, i + 100))
    await client.publishJSON({ url: `${destination.url}/other`, body: {} })
    let atOther = -1
    destination.answer = ({ path: to }) => {
      if (to === '/other') atOther = destination.received.length
      return json(200, {})
    }
    qstash.persona({ holdDeliveries: false })
    await expect.poll(() => destination.received.length, { timeout: 15_000 }).toBe(1_001)
    expect(atOther).toBeLessThan(20)
  })
})
