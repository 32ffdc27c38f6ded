import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import { against, json, payment, problem } from './server.ts'

const at = (status: string, second: number) => payment({ status, updatedAt: `2026-11-21T00:00:0${second}Z` })

it('asks ever more seldom until the payment is final, and tells each change once', async () => {
  const { lango, sent, slept } = against([
    () => json(200, at('pending', 1)),
    () => json(200, at('pending', 1)),
    () => json(200, at('unknown', 2)),
    () => json(200, at('succeeded', 3)),
  ])
  const seen: string[] = []
  const result = await lango.waitForPayment('pay_1', { onChange: ({ status }) => void seen.push(status) })
  expect(result).toMatchObject({ ok: true, value: { status: 'succeeded' } })
  expect([sent.length, slept, seen]).toEqual([4, [1000, 1500, 2250], ['pending', 'unknown', 'succeeded']])
})

it('waits as long as the server says', async () => {
  const { lango, slept } = against([
    () => json(200, at('pending', 1), { 'retry-after': '4' }),
    () => json(200, at('failed', 2)),
  ])
  expect(await lango.waitForPayment('pay_1')).toMatchObject({ ok: true, value: { status: 'failed' } })
  expect(slept).toEqual([4000])
})

it('goes on after an outage, and ends at what does not pass', async () => {
  const outage = against([() => problem(503, 'unavailable'), () => 'lost', () => json(200, at('succeeded', 1))], {
    retries: 0,
  })
  expect(await outage.lango.waitForPayment('pay_1')).toMatchObject({ ok: true })
  const nobody = against([() => problem(404, 'not_found')])
  expect(await nobody.lango.waitForPayment('pay_1')).toMatchObject({ error: { reason: 'not_found' } })
  expect(nobody.sent).toHaveLength(1)
})

it('tells what it last saw when the time is over, and what went wrong when it saw nothing', async () => {
  const open = against([() => json(200, at('pending', 1))])
  expect(await open.lango.waitForPayment('pay_1', { timeoutMs: 20_000 })).toMatchObject({
    ok: false,
    error: { reason: 'still_open', payment: { status: 'pending' } },
  })
  expect(open.slept.reduce((sum, ms) => sum + ms, 0)).toBeLessThanOrEqual(20_000)
  const dead = against([() => 'lost'], { retries: 0 })
  expect(await dead.lango.waitForPayment('pay_1', { timeoutMs: 3000 })).toMatchObject({
    error: { reason: 'no_answer' },
  })
})

it('ends when the signal does, in the middle of a pause', async () => {
  const given = new AbortController()
  const { lango, sent } = against([() => json(200, at('pending', 1))], {
    sleep: async () => given.abort(),
  })
  expect(await lango.waitForPayment('pay_1', { signal: given.signal })).toMatchObject({ error: { reason: 'aborted' } })
  expect(sent).toHaveLength(1)
})

describe('a server that hangs', () => {
  it('does not prolong the wait: what was seen before counts, and nothing seen is no answer', async () => {
    const from = performance.now()
    const silent = against([() => 'hangs'], { nowMs: Date.now })
    expect(await silent.lango.waitForPayment('pay_1', { timeoutMs: 50 })).toMatchObject({
      ok: false,
      error: { reason: 'no_answer', message: expect.stringContaining('50 ms') },
    })
    const fell = against([() => json(200, at('pending', 1), { 'retry-after': '0' }), () => 'hangs'], {
      nowMs: Date.now,
    })
    expect(await fell.lango.waitForPayment('pay_1', { timeoutMs: 50 })).toMatchObject({
      ok: false,
      error: { reason: 'still_open', payment: { status: 'pending' } },
    })
    expect([silent.sent.length, fell.sent.length]).toEqual([1, 2])
    expect(performance.now() - from).toBeLessThan(5_000)
  })

  it('is aborted when it is the caller who ends it', async () => {
    const given = new AbortController()
    const { lango } = against([
      () => {
        queueMicrotask(() => given.abort())
        return 'hangs'
      },
    ])
    const waited = lango.waitForPayment('pay_1', { signal: given.signal, timeoutMs: 10_000 })
    expect(await waited).toMatchObject({ error: { reason: 'aborted' } })
  })

  it('is waited for however long that may be', async () => {
    const { lango } = against([() => json(200, at('succeeded', 1))], { nowMs: Date.now })
    for (const timeoutMs of [2 ** 31, Number.MAX_SAFE_INTEGER, Number.POSITIVE_INFINITY])
      expect(await lango.waitForPayment('pay_1', { timeoutMs })).toMatchObject({ ok: true })
  })

  it('keeps no process alive, nor does one that answers', async () => {
    const server = createServer((request, response) => {
      if (request.url?.endsWith('pay_1')) response.end(JSON.stringify(at('succeeded', 1)))
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const script = `
      import { createLango } from './packages/sdk/src/index.ts'
      const lango = createLango({ apiKey: 'sk_test_1', baseUrl: 'http://127.0.0.1:${port}' })
      const paid = await lango.waitForPayment('pay_1')
      const hung = await lango.waitForPayment('pay_2', { timeoutMs: 100 })
      console.log(paid.value.status, hung.error.reason)
    `
    try {
      const from = performance.now()
      const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      let said = ''
      child.stdout.on('data', (chunk: Buffer) => {
        said += chunk.toString()
      })
      const [code] = await once(child, 'close')
      expect([code, said]).toEqual([0, 'succeeded no_answer\n'])
      // The wait's own timer would run for 5 minutes, and each try's for 40 s.
      expect(performance.now() - from).toBeLessThan(15_000)
    } finally {
      server.closeAllConnections()
      server.close()
    }
  })
})
