import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type RedisRest, startRedisRest } from './server.ts'
import { redisPresent } from './with-redis.ts'

const backends = [
  'embedded',
  ...(redisPresent('wire protocol on redis-server') ? (['redis-server'] as const) : []),
] as const

describe.each(backends)('wire protocol, %s', (backend) => {
  let server: RedisRest
  beforeAll(async () => {
    server = await startRedisRest({ port: 0, token: 'secret', backend })
  })
  afterAll(() => server.close())
  beforeEach(() => server.control.reset({ flush: true }))

  const send = (path: string, body?: unknown, init: RequestInit = {}) =>
    fetch(`${server.url}${path}`, {
      method: 'POST',
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      ...init,
      headers: { authorization: 'Bearer secret', 'content-type': 'application/json', ...init.headers },
    })
  const base64 = { headers: { 'upstash-encoding': 'base64' } }
  const text = (value: string) => Buffer.from(value).toString('base64')

  it.each<[string, unknown, string]>([
    ['a status', ['set', 'k', 'v'], '{"result":"OK"}'],
    ['a missing key', ['GET', 'k'], '{"result":null}'],
    ['an integer', ['incr', 'n'], '{"result":1}'],
    ['a number argument', ['incrby', 'n', 41], '{"result":41}'],
    ['an integer beyond 2^53, in and out', '["incrby","n",9007199254740993]', '{"result":9007199254740993}'],
    ['a fraction', ['echo', 1.5], '{"result":"1.5"}'],
    ['a boolean argument', ['echo', true], '{"result":"true"}'],
    ['null, an empty string here', ['echo', null], '{"result":""}'],
    ['a nested argument, as JSON', ['echo', { a: [1] }], '{"result":"{\\"a\\":[1]}"}'],
    ['an array', ['eval', 'return {1,{KEYS[1],false},2.9}', 1, 'k'], '{"result":[1,["k",null],2]}'],
    ['other than ASCII', ['echo', 'Ünï ✓'], '{"result":"Ünï ✓"}'],
  ])('carries %s', async (_name, body, expected) => {
    const response = await send('/', body)
    expect(response.status).toBe(200)
    expect(await response.text()).toBe(expected)
  })

  it.each<[string, string, unknown, number, RegExp]>([
    ['unknown command', '/', ['nosuch', 'x'], 400, /^ERR unknown command/],
    ['wrong type', '/', ['eval', "redis.call('hset','h','f',1) return redis.call('incr','h')", 0], 400, /^WRONGTYPE /],
    ['wrong arity', '/', ['get'], 400, /^ERR wrong number of arguments for 'get' command$/],
    ['not JSON', '/', '[', 400, /^ERR failed to parse command$/],
    ['not a command', '/', { a: 1 }, 400, /^ERR failed to parse command$/],
    ['empty command', '/', [], 400, /^ERR failed to parse command$/],
    ['pipeline of no arrays', '/pipeline', ['get', 'k'], 400, /^ERR failed to parse pipeline request$/],
    ['transaction with a bad command', '/multi-exec', [['set', 'k', 'v'], ['nosuch']], 400, /^EXECABORT /],
    ['server-sent events', '/subscribe/chat', [], 400, /server-sent events/],
  ])('refuses %s', async (_name, path, body, status, error) => {
    const response = await send(path, body)
    expect(response.status).toBe(status)
    expect(((await response.json()) as { error: string }).error).toMatch(error)
    expect(response.headers.get('upstash-sync-token')).toBeTruthy()
    expect(await (await send('/', ['exists', 'k'])).json()).toEqual({ result: 0 })
  })

  it.each([
    'watch k',
    'multi',
    'subscribe c',
    'blpop l 0',
    'xread block 0 streams s $',
    'monitor',
    'shutdown',
    'select 1',
  ])('refuses %s, which a stateless request cannot carry', async (line) => {
    for (const [path, body] of [
      ['/', line.split(' ')],
      ['/multi-exec', [['set', 'k', 'v'], line.split(' ')]],
    ] as const) {
      const response = await send(path, body)
      expect(response.status).toBe(400)
      expect(((await response.json()) as { error: string }).error).toMatch(/^ERR Command is not available over REST/)
    }
    expect(await (await send('/', ['exists', 'k'])).json()).toEqual({ result: 0 })
  })

  it('answers 401 to a wrong or missing token, and 405 to other verbs', async () => {
    for (const authorization of ['Bearer secre', 'Bearer secret2', 'secret', '']) {
      const response = await send('/', ['set', 'k', 'v'], { headers: { authorization } })
      expect(response.status).toBe(401)
      expect(await response.json()).toEqual({ error: 'WRONGPASS invalid or missing auth token' })
    }
    for (const method of ['DELETE', 'PATCH']) {
      expect((await send('/', ['set', 'k', 'v'], { method })).status).toBe(405)
    }
    expect(await server.control.keys()).toEqual([])
  })

  it('encodes every string in base64 mode but OK and errors', async () => {
    const commands = [['set', 'k', 'v'], ['ping'], ['type', 'k'], ['nosuch'], ['incr', 'n'], ['get', 'none']]
    const script = ['eval', "return {'a',{'b',1},{ok='c'},{ok='OK'}}", 0]
    const response = await send('/pipeline', [...commands, script], base64)
    expect(response.status).toBe(200)
    expect(await response.json()).toEqual([
      { result: 'OK' },
      { result: text('PONG') },
      { result: text('string') },
      { error: expect.stringMatching(/^ERR unknown command/) },
      { result: 1 },
      { result: null },
      { result: [text('a'), [text('b'), 1], text('c'), 'OK'] },
    ])
  })

  it('keeps bytes that are no text', async () => {
    const bytes = Buffer.from([0, 10, 13, 37, 128, 255])
    await fetch(`${server.url}/set/raw`, { method: 'POST', body: bytes, headers: { authorization: 'Bearer secret' } })
    expect(await (await send('/', ['get', 'raw'], base64)).json()).toEqual({ result: bytes.toString('base64') })
    const throughLua = [
      'eval',
      "local v = redis.call('get', KEYS[1]) redis.call('set', KEYS[1], v .. v) return #v",
      1,
      'raw',
    ]
    expect(await (await send('/', throughLua)).json()).toEqual({ result: 6 })
    expect(await (await send('/', ['get', 'raw'], base64)).json()).toEqual({
      result: Buffer.concat([bytes, bytes]).toString('base64'),
    })
  })

  it('runs a transaction without rollback', async () => {
    const response = await send('/multi-exec', [
      ['set', 'k', 'v'],
      ['incr', 'k'],
      ['get', 'k'],
    ])
    expect(response.status).toBe(200)
    expect(await response.json()).toEqual([
      { result: 'OK' },
      { error: 'ERR value is not an integer or out of range' },
      { result: 'v' },
    ])
  })

  it('keeps concurrent transactions apart', async () => {
    const bump = (i: number) =>
      send('/multi-exec', [
        ['set', 'who', `w${i}`],
        ['incr', 'n'],
        ['get', 'who'],
      ])
    const replies = await Promise.all(Array.from({ length: 20 }, async (_, i) => (await bump(i)).json()))
    const seen = replies.map((reply) => (reply as { result: unknown }[])[1]?.result)
    expect(seen.toSorted((a, b) => Number(a) - Number(b))).toEqual(Array.from({ length: 20 }, (_, i) => i + 1))
    replies.forEach((reply, i) => {
      expect((reply as { result: unknown }[])[2]?.result).toBe(`w${i}`)
    })
  })

  it('takes commands in the path', async () => {
    expect(await (await send('/set/foo', 'ba/r', { method: 'POST' })).json()).toEqual({ result: 'OK' })
    expect(await (await fetch(`${server.url}/get/foo?_token=secret`)).json()).toEqual({ result: 'ba/r' })
    expect(await (await send('/set/a%20b/v?EX=100', undefined, { method: 'GET' })).json()).toEqual({ result: 'OK' })
    expect(await (await send('/ttl/a%20b', undefined, { method: 'GET' })).json()).toEqual({ result: 100 })
    const head = await send('/get/foo', undefined, { method: 'HEAD' })
    expect([head.status, await head.text()]).toEqual([200, ''])
  })

  it('gives a new sync token with each reply', async () => {
    const tokens = await Promise.all(
      [['get', 'k'], ['set', 'k', 'v'], ['nosuch']].map(async (body) =>
        (await send('/', body)).headers.get('upstash-sync-token'),
      ),
    )
    expect(new Set(tokens).size).toBe(3)
    expect(tokens.every((token) => token !== null && token !== '')).toBe(true)
  })

  it('runs scripts that ask for key locking, under the digest of their own text', async () => {
    const script = '#!lua flags=allow-key-locking\nreturn KEYS[1]'
    expect(await (await send('/', ['eval', script, 1, 'k'])).json()).toEqual({ result: 'k' })
    const { createHash } = await import('node:crypto')
    const sha = createHash('sha1').update(script).digest('hex')
    expect(await (await send('/', ['evalsha', sha, 1, 'k'])).json()).toEqual({ result: 'k' })
    expect(await (await send('/', ['script', 'load', script])).json()).toEqual({ result: sha })
  })
})
