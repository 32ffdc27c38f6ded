import { Client } from '@upstash/qstash'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createQstashMessages, type QstashMessage } from '../../../src/adapters/qstash-message.ts'

const QSTASH = { url: 'https://qstash.example', token: 'a token' }
const MESSAGE: QstashMessage = {
  url: 'https://consumer.example/deliveries/callback',
  body: '{"v":1}',
  deduplicationId: 'cb_pawapay_1',
  timeoutS: 30,
  retries: 3,
  failureCallback: 'https://consumer.example/deliveries/failure',
  flow: { key: 'callback_consumer-example', parallelism: 10 },
  label: 'callback',
}

/** What is asked of QStash by `work`, which is answered with this. */
const asked = async (work: () => Promise<unknown>, answer = Response.json({ messageId: 'msg_1' })) => {
  const requests: Request[] = []
  vi.stubGlobal('fetch', async (url: string, init: RequestInit) => {
    requests.push(new Request(url, init))
    return answer
  })
  const answered = await work().then(
    (value) => ({ value }),
    (error: Error) => ({ error: error.message }),
  )
  const sent = await Promise.all(
    requests.map(async (request) => ({
      method: request.method,
      url: request.url,
      headers: Object.fromEntries(request.headers),
      body: await request.text(),
    })),
  )
  return { sent, answered }
}

afterEach(() => vi.unstubAllGlobals())

describe('a message for QStash', () => {
  it.each([
    [undefined, QSTASH],
    [0, QSTASH],
    [90, { ...QSTASH, url: `${QSTASH.url}/` }],
  ])('is what its SDK would send, delayed by %j', async (delayS, qstash) => {
    const message = delayS === undefined ? MESSAGE : { ...MESSAGE, delayS }
    const sdk = new Client({
      baseUrl: qstash.url,
      token: qstash.token,
      retry: false,
      devMode: false,
      enableTelemetry: false,
    })
    const bySdk = await asked(() =>
      sdk.publish({
        url: message.url,
        body: message.body,
        headers: { 'content-type': 'application/json' },
        deduplicationId: message.deduplicationId,
        ...(delayS ? { delay: delayS } : {}),
        timeout: message.timeoutS,
        retries: message.retries,
        failureCallback: message.failureCallback,
        flowControl: message.flow,
        label: message.label,
        redact: { header: true },
      }),
    )
    const own = await asked(() => createQstashMessages(qstash)(message))
    expect(own.sent).toEqual(bySdk.sent)
    expect(own.sent).toHaveLength(1)
    expect(own.answered).toEqual({ value: { messageId: 'msg_1' } })
  })

  it.each([
    ['an error', new Response('quota of msisdn 260763456789', { status: 429 }), 'QStash answered 429'],
    ['no message id', Response.json({}), 'QStash named no message'],
    ['several, as for a group of addresses', Response.json([{ messageId: 'msg_1' }]), 'QStash named no message'],
  ])('is not taken when the answer is %s, of which nothing is quoted', async (_, answer, error) => {
    const { sent, answered } = await asked(() => createQstashMessages(QSTASH)(MESSAGE), answer)
    expect(sent).toHaveLength(1)
    expect(answered).toEqual({ error })
  })

  it('nor when it is not JSON, or there is none', async () => {
    const { answered } = await asked(() => createQstashMessages(QSTASH)(MESSAGE), new Response('<html>'))
    expect(answered).toHaveProperty('error')
    vi.stubGlobal('fetch', () => Promise.reject(new Error('connection lost')))
    await expect(createQstashMessages(QSTASH)(MESSAGE)).rejects.toThrow('connection lost')
  })
})
