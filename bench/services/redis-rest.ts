import { serve as listen } from '../../test/emulators/kit/server.ts'
import { redisBackend } from '../../test/emulators/upstash-redis/redis-backend.ts'
import { spawnRedis } from '../../test/emulators/upstash-redis/redis-process.ts'
import { command, type Reply } from '../../test/emulators/upstash-redis/resp.ts'
import { shebangFilter } from '../../test/emulators/upstash-redis/shebang.ts'
import { encodeReplies, encodeReply, readRequest } from '../../test/emulators/upstash-redis/wire.ts'
import { serve } from '../service.ts'
import type { Hop } from '../trace.ts'

/**
 * A real redis-server behind the least that speaks Upstash's REST: no journal, no faults, no log unless a trace is asked
 * for. The tests' emulator would cost more than the product.
 */
export interface RedisRestOptions {
  readonly token: string
}

export interface RedisRestShape {
  url(): string
  socketPath(): string
  /** The round trip of a Redis far away: waited before the command is carried out and after, half each. */
  setDelay(roundTripMs: number): void
  startTrace(): void
  /** Requests since `startTrace`. */
  trace(): readonly Hop[]
  /** HTTP requests answered, and commands that redis-server says it ran (those of scripts included). */
  counts(): Promise<{ readonly requests: number; readonly commands: number }>
  flush(): Promise<void>
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
const nowMs = () => performance.timeOrigin + performance.now()

serve(async ({ token }: RedisRestOptions) => {
  const server = await spawnRedis()
  const backend = redisBackend('redis-server', { path: server.socketPath }, server)
  const withoutUpstashFlag = shebangFilter()
  let delayMs = 0
  let requests = 0
  let trace: Hop[] | undefined

  const listening = await listen({
    name: 'bench Redis',
    port: 0,
    portVariable: '',
    handle: async (arrived) => {
      const fromMs = nowMs()
      requests += 1
      const answer = (status: number, body: string) => ({
        status,
        headers: { 'content-type': 'application/json' },
        body,
      })
      if (arrived.headers['authorization'] !== `Bearer ${token}`) return answer(401, '{"error":"WRONGPASS"}')
      const asked = readRequest(arrived)
      if ('status' in asked) return answer(asked.status, JSON.stringify({ error: asked.error }))
      if (delayMs > 0) await sleep(delayMs / 2)
      const replies = await Promise.all(
        asked.commands.map(async (words): Promise<Reply> => {
          const { command: plain, answer: translate } = withoutUpstashFlag(words)
          return translate(await backend.run(plain))
        }),
      )
      if (delayMs > 0) await sleep(delayMs / 2)
      const base64 = arrived.headers['upstash-encoding'] === 'base64'
      trace?.push({
        to: 'redis',
        what: asked.commands.map((words) => words[0]?.toString() ?? '').join(' '),
        fromMs,
        toMs: nowMs(),
      })
      if (asked.shape !== 'single') return answer(200, encodeReplies(replies, base64))
      const [reply] = replies as [Reply]
      return answer(reply.type === 'error' ? 400 : 200, encodeReply(reply, base64))
    },
  })
  const info = async (section: string): Promise<string> => {
    const reply = await backend.run(command('INFO', section))
    return reply.type === 'bulk' ? reply.bytes.toString() : ''
  }
  return {
    url: () => listening.url,
    socketPath: () => server.socketPath,
    setDelay: (ms: number) => {
      delayMs = ms
    },
    startTrace: () => {
      trace = []
    },
    trace: () => trace ?? [],
    counts: async () => {
      // What the bench itself asks is not the product's.
      const calls = [...(await info('commandstats')).matchAll(/^cmdstat_([a-z|]+):calls=(\d+)/gm)]
      const commands = calls.reduce((sum, [, name, count]) => (name === 'info' ? sum : sum + Number(count)), 0)
      return { requests, commands }
    },
    flush: async () => {
      await backend.run(command('FLUSHALL'))
    },
    close: async () => {
      await listening.close()
      await backend.close()
    },
  }
})
