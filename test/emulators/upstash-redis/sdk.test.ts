import { Redis as DefaultRedis } from '@upstash/redis'
import { Redis as CloudflareRedis } from '@upstash/redis/cloudflare'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type RedisRest, startRedisRest } from './server.ts'
import { redisPresent } from './with-redis.ts'

const backends = [
  'embedded',
  ...(redisPresent('@upstash/redis on redis-server') ? (['redis-server'] as const) : []),
] as const
const builds = { default: DefaultRedis, cloudflare: CloudflareRedis }

const cases = backends.flatMap((backend) => (['default', 'cloudflare'] as const).map((build) => ({ backend, build })))

describe.each(cases)('@upstash/redis, $build build, $backend', ({ backend, build }) => {
  let server: RedisRest
  beforeAll(async () => {
    server = await startRedisRest({ port: 0, token: 'secret', backend })
  })
  afterAll(() => server.close())
  beforeEach(() => server.control.reset({ flush: true }))

  /** The settings of the money path: each command alone, sent once, text kept as text. */
  const careful = () =>
    new builds[build]({
      url: server.url,
      token: 'secret',
      retry: { retries: 0 },
      enableAutoPipelining: false,
      automaticDeserialization: false,
      enableTelemetry: false,
      signal: () => AbortSignal.timeout(5_000),
    })

  it('sends single commands', async () => {
    const redis = careful()
    expect(await redis.set('k', '256772123456', { nx: true, px: 60_000 })).toBe('OK')
    expect(await redis.set('k', 'other', { nx: true })).toBeNull()
    expect(await redis.get('k')).toBe('256772123456')
    expect(await redis.pttl('k')).toBeGreaterThan(50_000)
    expect(await redis.hset('h', { amount: '1500.00', state: 'Ünï' })).toBe(2)
    expect(await redis.hget('h', 'amount')).toBe('1500.00')
    expect(await redis.mget('k', 'none')).toEqual(['256772123456', null])
    expect(await redis.ping()).toBe('PONG')
    expect(await redis.type('h')).toBe('hash')
    expect(await redis.dbsize()).toBe(2)
    expect(await redis.del('k', 'h')).toBe(2)
    expect(server.control.requests().map((request) => request.path)).toEqual(Array(11).fill('/'))
  })

  it('keeps its documented conversions with default settings', async () => {
    const redis = new builds[build]({ url: server.url, token: 'secret' })
    const [, number] = await Promise.all([redis.set('n', '123'), redis.set('o', { a: 1 }).then(() => redis.get('n'))])
    expect(number).toBe(123)
    expect(await redis.get('o')).toEqual({ a: 1 })
    expect(server.control.requests().some((request) => request.path === '/pipeline')).toBe(true)
  })

  it('sends pipelines and transactions', async () => {
    const redis = careful()
    expect(await redis.pipeline().set('a', '1').incr('a').get('a').exec()).toEqual(['OK', 2, '2'])
    expect(await redis.multi().set('a', 'x').get('a').exec()).toEqual(['OK', 'x'])
    const mixed = await redis.pipeline().incr('a').set('b', '1').exec({ keepErrors: true })
    expect(mixed[0]).toMatchObject({ error: expect.stringContaining('not an integer') })
    expect(mixed[1]).toMatchObject({ result: 'OK' })
    await expect(redis.multi().exec()).rejects.toThrow()
  })

  it('evaluates scripts; nested arrays come back decoded', async () => {
    const redis = careful()
    const script = "return {KEYS[1], {ARGV[1], {'ü', 7, false}}, redis.status_reply('FINE')}"
    expect(await redis.eval(script, ['k'], ['v'])).toEqual(['k', ['v', ['ü', 7, null]], 'FINE'])
    const saved = redis.createScript<number>("return redis.call('INCRBY', KEYS[1], ARGV[1])")
    expect(await saved.exec(['n'], ['5'])).toBe(5)
    expect(await saved.exec(['n'], ['5'])).toBe(10)
    const sent = server.control.requests().map((request) => request.commands[0]?.[0])
    expect(sent).toEqual(['eval', 'evalsha', 'eval', 'evalsha'])
  })

  it('reports errors', async () => {
    const redis = careful()
    await redis.hset('h', { f: 1 })
    await expect(redis.get('h')).rejects.toThrow(/^WRONGTYPE .*, command was: /)
    await expect(redis.exec(['WATCH', 'h'])).rejects.toThrow(/not available over REST/)
    const stranger = new builds[build]({ url: server.url, token: 'wrong', enableAutoPipelining: false })
    await expect(stranger.get('h')).rejects.toThrow(/WRONGPASS/)
    expect(server.control.requests().filter((request) => request.outcome === '401')).toHaveLength(1)
  })

  it('hands the sync token of the last reply to the next request', async () => {
    const redis = careful()
    await redis.set('k', '1')
    const afterFirst = redis.readYourWritesSyncToken
    await redis.get('k')
    const sent = server.control.requests().map((request) => request.syncToken)
    expect(sent[0]).toBe('')
    expect(sent[1]).toBe(afterFirst)
    expect(redis.readYourWritesSyncToken).not.toBe(afterFirst)
  })
})
