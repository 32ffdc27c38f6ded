import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { json } from '../kit/server.ts'
import { clientOf, setUp } from './fixture.ts'
import { startQstash } from './server.ts'

const failAll = async (labels: readonly string[]) => {
  const all = await setUp()
  const { client, destination, qstash } = all
  destination.answer = () => json(500, { no: true }, { 'x-reason': 'down' })
  for (const label of labels) {
    await client.publishJSON({ url: `${destination.url}/${label}`, body: { label }, label, retries: 0 })
    await qstash.idle()
  }
  return all
}

it('shows header maps as Go spells them, with lists', async () => {
  const { client, destination } = await failAll(['a'])
  const { messages } = await client.dlq.listMessages()
  expect(messages).toMatchObject([
    {
      dlqId: expect.stringMatching(/^\d{13}-\d+$/),
      url: `${destination.url}/a`,
      header: { 'Content-Type': ['application/json'] },
      body: '{"label":"a"}',
      responseStatus: 500,
      responseHeader: { 'Content-Type': ['application/json'], 'X-Reason': ['down'] },
      responseBody: '{"no":true}',
      label: 'a',
      labels: ['a'],
      maxRetries: 0,
    },
  ])
})

it('filters: OR within a name, AND across names; an unknown name is 400', async () => {
  const { client, api, destination } = await failAll(['a', 'b', 'c'])
  const labels = async (query: string) => {
    const body = (await (await api(`/v2/dlq?${query}`)).json()) as { messages: { label: string }[] }
    return body.messages.map(({ label }) => label).toSorted()
  }
  expect(await labels('label=a&label=b')).toEqual(['a', 'b'])
  expect(await labels('label=a,c')).toEqual(['a', 'c'])
  expect(await labels(`label=a&label=b&url=${encodeURIComponent(`${destination.url}/b`)}`)).toEqual(['b'])
  expect(await labels('responseStatus=404,500')).toEqual(['a', 'b', 'c'])
  expect(await labels('responseStatus=404')).toEqual([])
  for (const query of ['lable=a', 'host=127.0.0.1', 'path=%2Fa']) {
    const response = await api(`/v2/dlq?${query}`)
    expect([query, response.status]).toEqual([query, 400])
  }
  expect((await api('/v2/dlq?lable=a', { method: 'DELETE' })).status).toBe(400)
  expect((await api('/v2/dlq', { method: 'DELETE' })).status).toBe(400)
  expect((await client.dlq.listMessages()).messages).toHaveLength(3)
})

it('pages with a cursor, newest first, and says when it ends', async () => {
  const { client } = await failAll(['a', 'b', 'c'])
  const seen: (string | undefined)[] = []
  let cursor: string | undefined
  do {
    const page = await client.dlq.listMessages({ count: 2, ...(cursor ? { cursor } : {}) })
    seen.push(...page.messages.map(({ label }) => label))
    cursor = page.cursor
  } while (cursor)
  expect(seen).toEqual(['c', 'b', 'a'])
})

it('T43: retry makes a new message with the same body, and empties the DLQ', async () => {
  const { client, qstash, destination } = await failAll(['a', 'b'])
  const { messages } = await client.dlq.listMessages()
  destination.answer = () => json(200, {})
  destination.received.length = 0
  const { responses } = await client.dlq.retry({ all: true })
  await qstash.idle()
  expect(responses).toHaveLength(2)
  const old = messages.map(({ messageId }) => messageId)
  for (const { messageId } of responses) expect(old).not.toContain(messageId)
  expect(destination.received.map(({ body }) => body.toString()).toSorted()).toEqual(['{"label":"a"}', '{"label":"b"}'])
  expect((await client.dlq.listMessages()).messages).toEqual([])
})

it('a single retry takes new settings from its headers', async () => {
  const { client, qstash, destination, api } = await failAll(['a'])
  const [dead] = (await client.dlq.listMessages()).messages
  const response = await api(`/v2/dlq/retry/${dead?.dlqId}`, {
    method: 'POST',
    headers: { 'Upstash-Delay': '1m', 'Upstash-Retries': '1', 'Upstash-Forward-X-Again': 'yes' },
  })
  expect(response.status).toBe(201)
  const { messageId } = (await response.json()) as { messageId: string }
  expect(await client.messages.get(messageId)).toMatchObject({ maxRetries: 1, label: 'a' })
  await qstash.idle()
  expect(destination.received).toHaveLength(1)
  await qstash.advance(61_000)
  expect(destination.received).toHaveLength(2)
  expect(destination.received[1]?.headers).toMatchObject({ 'x-again': 'yes', 'content-type': 'application/json' })
  expect((await api(`/v2/dlq/retry/${dead?.dlqId}`, { method: 'POST' })).status).toBe(404)
})

it('get and delete, one and many', async () => {
  const { client, api } = await failAll(['a', 'b', 'c'])
  const [c, b] = (await client.dlq.listMessages()).messages
  expect(await (await api(`/v2/dlq/${c?.dlqId}`)).json()).toMatchObject({ dlqId: c?.dlqId, label: 'c' })
  expect(await client.dlq.delete(c?.dlqId ?? '')).toEqual({ deleted: 1 })
  expect((await api(`/v2/dlq/${c?.dlqId}`)).status).toBe(404)
  expect(await client.dlq.delete({ dlqIds: [b?.dlqId ?? ''] })).toMatchObject({ deleted: 1 })
  expect((await client.dlq.listMessages()).messages.map(({ label }) => label)).toEqual(['a'])
})

it('T43: what stays too long is gone', async () => {
  const { client, qstash } = await failAll(['a'])
  await qstash.advance(7 * 86_400_000 - 60_000)
  expect((await client.dlq.listMessages()).messages).toHaveLength(1)
  await qstash.advance(120_000)
  expect((await client.dlq.listMessages()).messages).toEqual([])
})

it('events and logs tell each step, newest first, and filter by state', async () => {
  const { client, api } = await failAll(['a'])
  const events = (await client.events()).events
  expect(events.map(({ state }) => state)).toEqual(['FAILED', 'ERROR', 'ACTIVE', 'CREATED'])
  expect(events[1]).toMatchObject({
    error: 'status code 500',
    responseStatus: 500,
    header: { 'Content-Type': ['application/json'] },
  })
  const { logs } = (await (await api('/v2/logs?state=FAILED')).json()) as { logs: { state: string }[] }
  expect(logs.map(({ state }) => state)).toEqual(['FAILED'])
  expect((await client.logs({ filter: { host: '127.0.0.2' } })).logs).toEqual([])
  expect((await api('/v2/events?colour=red')).status).toBe(400)
})

it('T43: what is dead passes away when the virtual clock has moved past the retention, and not before', async () => {
  const { client, qstash, destination } = await setUp({ dlqRetentionMs: 3 * 86_400_000 })
  destination.answer = () => json(500, {})
  await client.publishJSON({ url: destination.url, body: {}, retries: 0 })
  await qstash.idle()
  const [dead] = (await client.dlq.listMessages()).messages
  await qstash.advance(3 * 86_400_000 - 60_000)
  expect((await client.dlq.listMessages()).messages).toHaveLength(1)
  await qstash.advance(120_000)
  expect((await client.dlq.listMessages()).messages).toEqual([])
  expect((await client.dlq.retry(dead?.dlqId ?? '')).responses).toEqual([])
})

it('T43: a failure callback that fails is dead itself, and one that is lost leaves the DLQ alone', async () => {
  const { client, qstash, destination } = await setUp()
  destination.answer = () => json(500, {})
  const failureCallback = `${destination.url}/failed`
  await client.publishJSON({ url: `${destination.url}/a`, body: {}, retries: 0, failureCallback })
  await qstash.idle()
  qstash.persona({ loseFailureCallbacks: 1 })
  await client.publishJSON({ url: `${destination.url}/b`, body: {}, retries: 0, failureCallback })
  await qstash.idle()
  const urls = (await client.dlq.listMessages()).messages.map(({ url }) => url.slice(destination.url.length))
  expect(urls).toEqual(['/b', '/failed', '/a'])
})

it('T43: the same dead letter is there after a restart, and can be retried', async () => {
  const stateDir = mkdtempSync(path.join(tmpdir(), 'lango-qstash-dlq-'))
  onTestFinished(() => rmSync(stateDir, { recursive: true, force: true }))
  const { client, qstash, destination } = await setUp({ stateDir })
  destination.answer = () => json(500, {})
  const flowControl = { key: 'one', parallelism: 1 }
  await client.publishJSON({ url: destination.url, body: { n: 1 }, retries: 0, flowControl })
  await qstash.idle()
  const [before] = (await client.dlq.listMessages()).messages
  await qstash.close()
  destination.answer = () => json(200, {})
  const again = await startQstash({ port: 0, stateDir })
  onTestFinished(() => again.close())
  const [after] = (await clientOf(again).dlq.listMessages()).messages
  expect(after).toEqual(before)
  await clientOf(again).dlq.retry(after?.dlqId ?? '')
  await again.idle()
  expect(destination.received.map(({ body }) => body.toString())).toEqual(['{"n":1}', '{"n":1}'])
})
