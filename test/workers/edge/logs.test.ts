import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createWorker } from '../../../src/edge/worker.ts'
import { get, invoice, json, KEY, order, pay, queue, redis, send } from './kit.ts'
import { QSTASH_TOKEN, REDIS_TOKEN } from './tokens.ts'

beforeEach(async () => {
  await queue.post('/_sim/reset')
  await redis.post('/_sim/reset', { flush: true })
})
afterEach(() => void vi.restoreAllMocks())

const captured = () => {
  const lines: string[] = []
  for (const method of ['log', 'warn', 'error', 'info', 'debug'] as const)
    vi.spyOn(console, method).mockImplementation((...args: unknown[]) => void lines.push(args.map(String).join(' ')))
  return lines
}

describe('T55: the log', () => {
  it('has one JSON line per request, and of none the number, the key, a token or the body', async () => {
    const lines = captured()
    const key = 'idempotency-key-of-the-log-test'
    const body = order({ customerMessage: 'Secret words', invoice: invoice('throw') })
    await pay(body, { 'Idempotency-Key': key })
    await redis.post('/_sim/persona', { error500: true })
    const { id } = await json(await pay(order({ customerMessage: 'Secret words' }), { 'Idempotency-Key': key }))
    await get(id)
    await queue.post('/_sim/down')
    await send('/webhooks/pawapay/deposits', {
      method: 'POST',
      body: JSON.stringify({ kind: 'verified', payer: '260763456789' }),
    })
    await pay({ ...order(), phoneNumber: '+260 763 456 789 and more' })

    const text = lines.join('\n')
    expect(text).toContain('begin_failed')
    expect(text).toContain('redis_failed')
    expect(text).toContain('publish_failed')
    for (const secret of ['260763456789', '763 456 789', key, KEY, REDIS_TOKEN, QSTASH_TOKEN, 'Secret words'])
      expect(text).not.toContain(secret)
    const requests = lines.filter((line) => line.includes('"event":"request"')).map((line) => JSON.parse(line))
    expect(requests).toHaveLength(5)
    expect(requests[0]).toMatchObject({
      route: '/v1/payments',
      method: 'POST',
      status: 503,
      code: 'unavailable',
      merchant: 'mer_dev',
      mode: 'test',
    })
    expect(requests[0].requestId).toMatch(/^req_/)
  })
})

describe('a Worker that is not configured', () => {
  it('answers 500 to everything and names the variable in the log only', async () => {
    const lines = captured()
    const ctx = { waitUntil: () => {}, passThroughOnException: () => {} } as unknown as ExecutionContext
    const env = { LANGO_ENVIRONMENT: 'production', LANGO_PUBLIC_ORIGIN: 'https://pay.example.com/path' }
    const response = await createWorker().fetch(new Request('https://pay.example.com/health'), env, ctx)
    expect(response.status).toBe(500)
    const text = await response.text()
    expect(JSON.parse(text)).toMatchObject({ code: 'internal' })
    expect(text).not.toContain('LANGO_')
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      { worker: 'edge', event: 'misconfigured', variable: 'LANGO_PUBLIC_ORIGIN' },
    ])
  })
})
