import { afterEach, describe, expect, it } from 'vitest'
import { VirtualClock } from '../kit/clock.ts'
import type { Backend } from './backend.ts'
import { createEmbedded } from './embedded/engine.ts'
import { parseRedisUrl } from './redis-backend.ts'
import { command, type Reply } from './resp.ts'
import { type RedisRest, startRedisRest } from './server.ts'
import { redisPresent } from './with-redis.ts'

const closers: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close()
})

const embedded = async (clock = new VirtualClock(), scriptMsMax = 5_000): Promise<Backend> => {
  const backend = await createEmbedded(clock, scriptMsMax)
  closers.push(() => backend.close())
  return backend
}

const start = async (backend: 'redis-server' | 'embedded'): Promise<RedisRest> => {
  const server = await startRedisRest({ port: 0, token: 'secret', backend })
  closers.push(() => server.close())
  return server
}

describe('embedded engine', () => {
  it('expires keys on the injected clock', async () => {
    const clock = new VirtualClock()
    const engine = await embedded(clock)
    await engine.run(command('SET', 'k', 'v', 'PX', 60_000))
    await clock.advance(59_000)
    expect(await engine.run(command('EXISTS', 'k'))).toEqual({ type: 'integer', value: 1n })
    await clock.advance(1_000)
    for (const of of [command('EXISTS', 'k'), command('DBSIZE')]) {
      expect(await engine.run(of)).toEqual({ type: 'integer', value: 0n })
    }
    expect(await engine.run(command('SET', 'k', 'w', 'NX'))).toEqual({ type: 'simple', text: 'OK' })
  })

  it('stops a script that does not end, and goes on', async () => {
    const engine = await embedded(new VirtualClock(), 100)
    const reply = await engine.run(command('EVAL', 'while true do end', 0))
    expect(reply).toMatchObject({ type: 'error', message: expect.stringContaining('timeout') })
    expect(await engine.run(command('EVAL', 'return 1', 0))).toEqual({ type: 'integer', value: 1n })
  })

  it('keeps scripts away from the machine and from each other', async () => {
    const engine = await embedded()
    for (const name of ['io', 'require', 'load', 'debug', 'host_call', 'run_script', '_G']) {
      const reply = await engine.run(command('EVAL', `return ${name}`, 0))
      expect(reply).toMatchObject({ type: 'error', message: expect.stringContaining('nonexistent global variable') })
    }
    await engine.run(command('EVAL', 'string.leak = 1', 0))
    const run = (script: string): Promise<Reply> => engine.run(command('EVAL', script, 0, 'x'))
    expect(await run('return #ARGV')).toEqual({ type: 'integer', value: 1n })
    expect(await engine.run(command('EVAL', 'return #ARGV', 0))).toEqual({ type: 'integer', value: 0n })
  })

  it('refuses commands it does not have, never answering OK', async () => {
    const engine = await embedded()
    for (const name of ['LPUSH', 'CONSTRUCTOR', '__proto__', 'toString', '']) {
      expect(await engine.run(command(name, 'k', 'v'))).toMatchObject({ type: 'error' })
      expect(await engine.run(command('EVAL', `return redis.call('${name}', 'k', 'v')`, 0))).toMatchObject({
        type: 'error',
      })
    }
  })
})

describe.skipIf(!redisPresent('outage of redis-server'))('private redis-server', () => {
  const send = async (server: RedisRest, ...parts: (string | number)[]) => {
    const response = await fetch(server.url, {
      method: 'POST',
      headers: { authorization: 'Bearer secret' },
      body: JSON.stringify(parts),
    })
    return { status: response.status, body: await response.json() }
  }

  it('answers 500 while redis-server is away, and connects again when it is back', async () => {
    const server = await start('redis-server')
    expect(server.backend).toMatch(/^redis-server \d/)
    expect((await send(server, 'set', 'k', 'v')).status).toBe(200)
    await server.control.server?.stop()
    await expect.poll(() => send(server, 'get', 'k')).toEqual({ status: 500, body: { error: 'ERR redis unreachable' } })
    await server.control.server?.start()
    expect(await send(server, 'get', 'k')).toEqual({ status: 200, body: { result: null } })
  })

  it('gives no answer when redis-server dies with a command in flight', async () => {
    const server = await start('redis-server')
    await send(server, 'ping')
    const inFlight = send(server, 'eval', 'while true do end', 0)
    const dropped = expect(inFlight).rejects.toThrow(/fetch failed/)
    await new Promise((resolve) => setTimeout(resolve, 200))
    await server.control.server?.stop()
    await dropped
    expect(server.control.requests().at(-1)?.outcome).toBe('reply lost')
  })

  it('serves commands beyond the embedded engine, undone like the others', async () => {
    const server = await start('redis-server')
    expect((await send(server, 'geoadd', 'g', 32.58, 0.31, 'Kampala')).body).toEqual({ result: 1 })
    expect(await server.control.persona({ loseLastWrites: 1 })).toEqual({ lost: 1 })
    expect(await server.control.keys()).toEqual([])
  })
})

describe('parseRedisUrl', () => {
  it.each([
    ['redis://localhost', { host: 'localhost', port: 6379, database: 0 }],
    ['redis://:p%40ss@10.0.0.1:7000/2', { host: '10.0.0.1', port: 7000, auth: command('AUTH', 'p@ss'), database: 2 }],
    ['redis://u:p@[::1]', { host: '::1', port: 6379, auth: command('AUTH', 'u', 'p'), database: 0 }],
  ])('%s', (url, address) => {
    expect(parseRedisUrl(url)).toEqual(address)
  })

  it('refuses TLS, which is not spoken', () => {
    expect(() => parseRedisUrl('rediss://h')).toThrow(/only redis:\/\//)
  })
})
