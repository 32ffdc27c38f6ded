import { Redis } from '@upstash/redis/cloudflare'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type RedisRest, startRedisRest } from './server.ts'
import { redisPresent } from './with-redis.ts'

const ACQUIRE = `if redis.call('SET',KEYS[1],ARGV[1],'NX','PX',ARGV[2]) then return 1
  elseif redis.call('GET',KEYS[1])==ARGV[1] then return 2 else return 0 end`

const backends = ['embedded', ...(redisPresent('faults on redis-server') ? (['redis-server'] as const) : [])] as const

describe.each(backends)('faults, %s', (backend) => {
  let server: RedisRest
  beforeAll(async () => {
    server = await startRedisRest({ port: 0, token: 'secret', backend })
  })
  afterAll(() => server.close())
  beforeEach(() => server.control.reset({ flush: true }))

  const client = (options: { retries?: number; timeoutMs?: number } = {}) =>
    new Redis({
      url: server.url,
      token: 'secret',
      retry: { retries: options.retries ?? 0, backoff: () => 1 },
      enableAutoPipelining: false,
      automaticDeserialization: false,
      signal: () => AbortSignal.timeout(options.timeoutMs ?? 5_000),
    })
  const persona = async (change: unknown) => {
    const response = await fetch(`${server.url}/_sim/persona`, { method: 'POST', body: JSON.stringify(change) })
    return { status: response.status, body: await response.json() }
  }
  const outcomes = () => server.control.requests().map((request) => request.outcome)
  const acquire = (redis: Redis, token: string) => redis.eval(ACQUIRE, ['lock'], [token, '60000'])

  it('T09: a lost answer to SET NX makes the SDK read "held", though the lock is its own', async () => {
    await persona({ dropAfterExecute: 1 })
    expect(await client({ retries: 1 }).set('lock', 'mine', { nx: true, px: 60_000 })).toBeNull()
    expect(outcomes()).toEqual(['dropped after', '200'])
    expect(await server.control.keys()).toMatchObject([{ key: 'lock', value: 'mine' }])
  })

  it('T09: the acquire script knows its own token again after a lost answer', async () => {
    await persona({ dropAfterExecute: 1 })
    const redis = client()
    await expect(acquire(redis, 'mine')).rejects.toThrow()
    expect(await acquire(redis, 'mine')).toBe(2)
    expect(await acquire(redis, 'theirs')).toBe(0)
  })

  it('T09: with every answer lost the SDK sends six times, and each was executed', async () => {
    await persona({ dropAfterExecute: true })
    await expect(client({ retries: 5 }).incr('n')).rejects.toThrow()
    await persona({ dropAfterExecute: false })
    expect(await client().get('n')).toBe('6')
    expect(
      server.control
        .requests()
        .map((request) => request.retry)
        .slice(0, 6),
    ).toEqual(['', '1', '2', '3', '4', '5'])
  })

  it('T11: an answer that comes too late leaves the write in place', async () => {
    await persona({ delayReplyMs: 300 })
    await expect(client({ timeoutMs: 100 }).set('k', 'v')).rejects.toThrow()
    await persona({ delayReplyMs: 0 })
    expect(await client().get('k')).toBe('v')
  })

  it('T11: a write that is executed late lands after the client gave up', async () => {
    await persona({ delayMs: 300 })
    await expect(client({ timeoutMs: 100 }).set('k', 'late')).rejects.toThrow()
    await persona({ delayMs: 0 })
    expect(await client().get('k')).toBeNull()
    await expect.poll(() => client().get('k')).toBe('late')
  })

  it('drops a request before it is executed', async () => {
    await persona({ dropBeforeExecute: 1 })
    await expect(client().set('k', 'v')).rejects.toThrow()
    expect(await client().get('k')).toBeNull()
  })

  it('answers 500, which the SDK does not retry', async () => {
    await persona({ error500: 1 })
    await expect(client({ retries: 5 }).set('k', 'v')).rejects.toThrow(/ERR internal error/)
    expect(outcomes()).toEqual(['500'])
    expect(await client().get('k')).toBeNull()
  })

  it('executes a request twice', async () => {
    await persona({ duplicate: 1 })
    expect(await client().incr('n')).toBe(2)
    expect(await client().incr('n')).toBe(3)
    await persona({ duplicate: 1 })
    expect(await acquire(client(), 'mine')).toBe(2)
    expect(server.control.requests().map((request) => request.executions)).toEqual([2, 1, 2])
  })

  it('limits a fault to the commands named', async () => {
    await persona({ dropBeforeExecute: true, commands: ['EVAL'] })
    expect(await client().set('k', 'v')).toBe('OK')
    await expect(acquire(client(), 'mine')).rejects.toThrow()
  })

  it('is down, and comes back', async () => {
    await persona({ down: true })
    await expect(client().get('k')).rejects.toThrow()
    await persona({ down: false })
    expect(await client().get('k')).toBeNull()
  })

  it('reads stale from a replica, unless the sync token covers the write; scripts see the leader', async () => {
    const writer = client()
    await writer.set('k', '1')
    await writer.hset('h', { f: '1' })
    await writer.set('k', '2')
    await writer.set('k', '3')
    await persona({ staleReads: 2 })
    expect(await writer.get('k')).toBe('3')
    expect(await client().get('k')).toBe('1')
    expect(await client().mget('k', 'none')).toEqual(['1', null])
    expect(await client().eval("return redis.call('GET', KEYS[1])", ['k'], [])).toBe('3')
    await persona({ staleReads: 4 })
    expect(await client().get('k')).toBeNull()
    expect(await client().exists('h')).toBe(0)
    await persona({ staleReads: 0 })
    expect(await client().get('k')).toBe('3')
  })

  it('loses the last writes in a failover, expiry included', async () => {
    const redis = client()
    await redis.set('k', 'old', { px: 60_000 })
    await redis.set('gone', '1')
    await redis.set('k', 'new')
    await acquire(redis, 'mine')
    await redis.get('k')
    expect(await acquire(redis, 'theirs')).toBe(0)
    expect((await persona({ loseLastWrites: 2 })).body).toEqual({ lost: 2 })
    expect(await redis.get('k')).toBe('old')
    expect(await redis.pttl('k')).toBeGreaterThan(50_000)
    expect(await redis.exists('lock')).toBe(0)
    expect(await redis.get('gone')).toBe('1')
    expect((await persona({ loseLastWrites: 9 })).body).toEqual({ lost: 2 })
    expect(await server.control.keys()).toEqual([])
  })

  it('refuses a persona it does not know', async () => {
    for (const wrong of [{ dropAfterExcute: 1 }, { delayMs: -1 }, { down: 1 }, { error500: 'x' }, []]) {
      expect((await persona(wrong)).status).toBe(400)
    }
  })

  it('logs requests without long values, and dumps keys', async () => {
    const secret = 's'.repeat(65)
    const longKey = `key:${'k'.repeat(100)}`
    await client().set(longKey, secret, { px: 60_000 })
    await client().hset('h', { f: 'v' })
    const log = await (await fetch(`${server.url}/_sim/requests`)).json()
    expect(log).toMatchObject([
      { commands: [['set', longKey, expect.stringMatching(/^<65 bytes, sha256 /), 'px', '60000']], outcome: '200' },
      { commands: [['hset', 'h', 'f', 'v']], executions: 1, tookMs: expect.any(Number) },
    ])
    expect(JSON.stringify(log)).not.toContain(secret)
    expect(await (await fetch(`${server.url}/_sim/keys`)).json()).toEqual([
      { key: 'h', type: 'hash', value: { f: 'v' }, pttlMs: -1 },
      { key: longKey, type: 'string', value: secret, pttlMs: expect.any(Number) },
    ])
  })

  it('moves expiry where time is its own, and says so where it is not', async () => {
    await client().set('k', 'v', { px: 60_000 })
    const response = await fetch(`${server.url}/_sim/clock`, { method: 'POST', body: '{"advanceMs":60000}' })
    expect(response.status).toBe(backend === 'embedded' ? 200 : 501)
    expect(await client().get('k')).toBe(backend === 'embedded' ? null : 'v')
  })
})
