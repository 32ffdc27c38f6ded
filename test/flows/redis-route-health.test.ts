import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  createRedisRouteHealth,
  HEARD_MS,
  ISOLATES_MAX,
  OWN_BYTES_MAX,
  ROUTE_HEALTH_KEY,
  SUM_BYTES_MAX,
} from '../../src/adapters/redis-route-health.ts'
import { type RedisRest, startRedisRest } from '../emulators/upstash-redis/server.ts'

const TOKEN = 'test-token-0123456789'
const NOW_MS = 1_790_000_000_000

let redis: RedisRest
const newExchange = (timeoutMs = 15_000) => createRedisRouteHealth({ url: redis.url, token: TOKEN }, timeoutMs)

beforeAll(async () => {
  redis = await startRedisRest({ port: 0, token: TOKEN, backend: 'embedded' })
})
afterAll(() => redis.close())
beforeEach(() => redis.control.reset({ flush: true }))

const command = async (...words: string[]): Promise<unknown> => {
  const response = await fetch(redis.url, {
    method: 'POST',
    headers: { Authorization: `Bearer ${TOKEN}` },
    body: JSON.stringify(words),
  })
  return ((await response.json()) as { result: unknown }).result
}
const fields = async (): Promise<string[]> =>
  ((await command('HGETALL', ROUTE_HEALTH_KEY)) as string[]).filter((_, i) => i % 2 === 0)

describe('what isolates tell each other of gateways', () => {
  it('is told and heard in one round trip of one command, under one key that expires', async () => {
    const exchange = newExchange()
    expect(await exchange('one', '{"a":1}', NOW_MS)).toEqual([])
    expect(await exchange('two', '{"b":2}', NOW_MS + 1)).toEqual(['{"a":1}'])
    expect(await exchange('one', '', NOW_MS + 2)).toEqual(['{"b":2}'])
    expect(redis.control.requests().map(({ commands }) => commands.length)).toEqual([1, 1, 1])
    expect(await command('KEYS', '*')).toEqual([ROUTE_HEALTH_KEY])
    expect(Number(await command('PTTL', ROUTE_HEALTH_KEY))).toBeGreaterThan(HEARD_MS / 2)
  })

  it('is the newest of each, newest first, and not what is an hour old', async () => {
    const exchange = newExchange()
    await exchange('old', '{"old":1}', NOW_MS - HEARD_MS)
    await exchange('one', '{"a":1}', NOW_MS)
    await exchange('one', '{"a":2}', NOW_MS + 1)
    await exchange('two', '{"b":1}', NOW_MS + 2)
    expect(await exchange('three', '', NOW_MS + 3)).toEqual(['{"b":1}', '{"a":2}'])
    expect((await fields()).toSorted()).toEqual(['one', 'two'])
  })

  it('is bounded in number and in size, whoever has written it', async () => {
    const exchange = newExchange()
    await command(
      'HSET',
      ROUTE_HEALTH_KEY,
      'nonsense',
      'nonsense',
      'empty',
      '',
      'long',
      `${NOW_MS}${'x'.repeat(SUM_BYTES_MAX)}`,
    )
    for (let i = 0; i < ISOLATES_MAX + 8; i++) await exchange(`isolate-${i}`, `{"i":${i}}`, NOW_MS + i)
    const heard = await exchange('isolate-39', '', NOW_MS + 40)
    expect(heard).toHaveLength(ISOLATES_MAX - 1)
    expect([heard.at(0), heard.at(-1)]).toEqual(['{"i":38}', '{"i":8}'])
    expect(await fields()).toHaveLength(ISOLATES_MAX)
    await exchange('huge', 'x'.repeat(OWN_BYTES_MAX + 1), NOW_MS + 41)
    expect(await fields()).not.toContain('huge')
    await exchange('large', 'x'.repeat(OWN_BYTES_MAX), NOW_MS + 42)
    await exchange('isolate-39', '', NOW_MS + 43)
    expect(await fields()).toContain('large')
  })

  it.each([{ down: true }, { error500: true }, { delayReplyMs: 60_000 }])(
    'rejects when Redis is %j',
    async (persona) => {
      await redis.control.persona(persona)
      await expect(newExchange(200)('one', '{}', NOW_MS)).rejects.toThrow()
      // One that is answered late is written down late.
      expect(redis.control.requests().length).toBeLessThanOrEqual(1)
    },
  )

  it('rejects when the token is another', async () => {
    await expect(
      createRedisRouteHealth({ url: redis.url, token: 'another-token-012345' })('one', '{}', NOW_MS),
    ).rejects.toThrow()
  })
})
