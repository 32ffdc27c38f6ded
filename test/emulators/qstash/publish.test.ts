import { Client } from '@upstash/qstash'
import { describe, expect, it } from 'vitest'
import { json } from '../kit/server.ts'
import { setUp, statesOf } from './fixture.ts'

it('is what an SDK in devMode looks for: /v2/keys with the public credentials', async () => {
  const { api, qstash } = await setUp()
  expect(qstash.token).toBe('eyJVc2VySUQiOiJkZWZhdWx0VXNlciIsIlBhc3N3b3JkIjoiZGVmYXVsdFBhc3N3b3JkIn0=')
  expect(await (await api('/v2/keys')).json()).toEqual({
    current: 'sig_7kYjw48mhY7kAjqNGcy6cr29RJ6r',
    next: 'sig_5ZB6DVzB1wjE8S6rZ7eenA8Pdnhs',
  })
})

describe('publish', () => {
  it('a message is readable right after, with what it was published with', async () => {
    const { client, destination, qstash } = await setUp()
    const { messageId } = await client.publishJSON({
      url: `${destination.url}/a?b=c%20d`,
      method: 'PATCH',
      body: { n: 1 },
      retries: 7,
      retryDelay: 'pow(2, retried) * 1000',
      label: ['payments', 'callback'],
      headers: { 'x-lower-case': 'v' },
      callback: `${destination.url}/cb`,
      flowControl: { key: 'k', parallelism: 3, rate: 10, period: '1m' },
    })
    expect(messageId).toMatch(/^msg_[1-9A-HJ-NP-Za-km-z]{28}$/)
    expect(await client.messages.get(messageId)).toMatchObject({
      messageId,
      url: `${destination.url}/a?b=c%20d`,
      method: 'PATCH',
      body: '{"n":1}',
      header: { 'Content-Type': ['application/json'], 'X-Lower-Case': ['v'] },
      maxRetries: 7,
      retryDelayExpression: 'pow(2, retried) * 1000',
      label: 'payments',
      labels: ['payments', 'callback'],
      callback: `${destination.url}/cb`,
      flowControlKey: 'k',
      parallelism: 3,
      rate: 10,
      period: 60,
    })
    await qstash.idle()
    expect(destination.received[0]?.method).toBe('PATCH')
    await qstash.advance(12_000)
    await expect(client.messages.get(messageId)).rejects.toThrow('not found')
  })

  it('delay and notBefore hold it back on the virtual clock; notBefore wins', async () => {
    const { client, qstash, destination } = await setUp()
    await client.publishJSON({ url: `${destination.url}/delay`, body: {}, delay: 124_200 })
    const inAnHour = Math.floor(Date.now() / 1000) + 3600
    await client.publishJSON({ url: `${destination.url}/before`, body: {}, delay: 5, notBefore: inAnHour })
    await qstash.advance(3_590_000)
    expect(destination.received).toHaveLength(0)
    await qstash.advance(20_000)
    expect(destination.received.map(({ path }) => path)).toEqual(['/before'])
    await qstash.advance(34.5 * 3_600_000)
    expect(destination.received.map(({ path }) => path)).toEqual(['/before', '/delay'])
  })

  it('T42: one id is one message inside the window, and another outside it; also after a failure', async () => {
    const { client, qstash, destination, api } = await setUp({ dedupWindowMs: 600_000 })
    destination.answer = () => json(500, {})
    const publish = () =>
      client.publishJSON({ url: destination.url, body: {}, retries: 0, deduplicationId: 'callback_p1_1' })
    const first = await publish()
    await qstash.idle()
    expect((await client.dlq.listMessages()).messages).toHaveLength(1)
    await qstash.advance(590_000)
    expect(await publish()).toEqual({ messageId: first.messageId, deduplicated: true })
    const raw = await api(`/v2/publish/${destination.url}`, {
      method: 'POST',
      headers: { 'Upstash-Deduplication-Id': 'callback_p1_1' },
    })
    expect(raw.status).toBe(202)
    await qstash.advance(11_000)
    const again = await publish()
    expect(again.messageId).not.toBe(first.messageId)
    await qstash.idle()
    expect(destination.received).toHaveLength(2)
  })

  it('content-based: same destination, body and forwarded headers are one message', async () => {
    const { client, qstash, destination } = await setUp()
    const publish = (n: number, tag: string) =>
      client.publishJSON({ url: destination.url, body: { n }, headers: { tag }, contentBasedDeduplication: true })
    await publish(1, 'a')
    expect(await publish(1, 'a')).toMatchObject({ deduplicated: true })
    await publish(2, 'a')
    await publish(1, 'b')
    await qstash.idle()
    expect(destination.received).toHaveLength(3)
  })

  it('batch: each goes for itself; a bad item gets an error, a repeated one the old id', async () => {
    const { client, qstash, destination } = await setUp()
    const answers = await client.batchJSON([
      { url: `${destination.url}/1`, body: { n: 1 }, deduplicationId: 'one' },
      { url: `${destination.url}/2`, body: { n: 2 }, deduplicationId: 'with:colon' },
      { url: `${destination.url}/3`, body: { n: 3 }, queueName: 'orders' },
      { url: `${destination.url}/1`, body: { n: 1 }, deduplicationId: 'one' },
    ])
    expect(answers).toMatchObject([
      { messageId: expect.stringMatching(/^msg_/) },
      { error: expect.stringContaining('Upstash-Deduplication-Id') },
      { messageId: expect.stringMatching(/^msg_/) },
      { deduplicated: true },
    ])
    await qstash.idle()
    expect(destination.received.map(({ target, body }) => [target, body.toString()]).toSorted()).toEqual([
      ['/1', '{"n":1}'],
      ['/3', '{"n":3}'],
    ])
  })

  it.each([
    ['Upstash-Deduplication-Id', 'a:b'],
    ['Upstash-Delay', '10 minutes'],
    ['Upstash-Retries', '-1'],
    ['Upstash-Retry-Delay', 'process.exit(1)'],
    ['Upstash-Method', 'BREW'],
    ['Upstash-Timeout', '1w'],
    ['Upstash-Callback', 'ftp://127.0.0.1/'],
    ['Upstash-Flow-Control-Value', 'parallelism=2'],
    ['Upstash-Redact-Fields', 'everything'],
    ['Upstash-Cron', '* * * * *'],
  ])('%s: %s is refused with 400 and nothing is kept', async (name, value) => {
    const { api, destination, qstash, client } = await setUp()
    const response = await api(`/v2/publish/${destination.url}`, { method: 'POST', headers: { [name]: value } })
    expect(response.status).toBe(400)
    expect(await response.json()).toEqual({ error: expect.any(String) })
    await qstash.idle()
    expect(destination.received).toHaveLength(0)
    expect((await client.logs()).logs).toEqual([])
  })

  it('refuses a wrong token, a URL group and everything it does not know, and never pretends', async () => {
    const { qstash, api, destination, client } = await setUp()
    const stranger = new Client({ baseUrl: qstash.url, token: 'guess', retry: false, devMode: false })
    await expect(stranger.publishJSON({ url: destination.url, body: {} })).rejects.toMatchObject({ status: 401 })
    await expect(client.publishJSON({ urlGroup: 'everyone', body: {} })).rejects.toMatchObject({ status: 404 })
    for (const target of ['/v2/schedules', '/v2/topics', '/v2/flowControl/k', '/v2/queues', '/v3', '/']) {
      const response = await api(target)
      expect([target, response.status]).toEqual([target, 404])
      expect(await response.text()).toContain('does not know')
    }
  })

  it('cancel: before its time at once, during a try after it', async () => {
    const { client, qstash, destination } = await setUp()
    const later = await client.publishJSON({ url: destination.url, body: {}, delay: 60 })
    expect(await client.messages.cancel(later.messageId)).toEqual({ cancelled: 1 })
    let release = () => {}
    destination.answer = async () => {
      await new Promise<void>((resolve) => {
        release = resolve
      })
      return json(500, {})
    }
    const running = await client.publishJSON({ url: destination.url, body: {} })
    await expect.poll(() => destination.received.length).toBe(1)
    await client.messages.cancel([running.messageId])
    release()
    await qstash.advance(100_000)
    expect(destination.received).toHaveLength(1)
    expect((await statesOf(client, later.messageId)).at(-1)).toBe('CANCELLED')
    expect((await statesOf(client, running.messageId)).slice(-2)).toEqual(['ERROR', 'CANCELLED'])
    await expect(client.messages.cancel(running.messageId)).rejects.toMatchObject({ status: 404 })
  })
})

describe('redaction', () => {
  it('logs, DLQ and messages show digests; the delivery keeps the originals', async () => {
    const { client, qstash, destination } = await setUp()
    destination.answer = () => json(489, {}, { 'Upstash-NonRetryable-Error': 'true' })
    const { messageId } = await client.publishJSON({
      url: destination.url,
      body: { phone: '260763456789' },
      headers: { authorization: 'Bearer s3cret', 'x-kind': 'plain' },
      redact: { body: true, header: ['Authorization'] },
    })
    const message = await client.messages.get(messageId)
    await qstash.idle()
    expect(destination.received[0]?.body.toString()).toBe('{"phone":"260763456789"}')
    expect(destination.received[0]?.headers['authorization']).toBe('Bearer s3cret')
    const { messages } = await client.dlq.listMessages()
    const { logs } = await client.logs()
    for (const shown of [message, ...messages]) {
      expect(shown.body).toMatch(/^REDACTED:[0-9a-f]{64}$/)
      expect(shown.header).toMatchObject({ 'X-Kind': ['plain'] })
    }
    const all = JSON.stringify([message, messages, logs])
    expect(all).not.toContain('s3cret')
    expect(all).not.toContain('260763456789')
    expect(all).not.toContain(Buffer.from('{"phone":"260763456789"}').toString('base64'))
  })
})
