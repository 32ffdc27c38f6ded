import type { Backend, KeyImage } from './backend.ts'
import type { RedisProcess } from './redis-process.ts'
import { array, type Command, command, failure, type Reply } from './resp.ts'
import { type RedisAddress, RespClient } from './resp-client.ts'

/** `redis://[user:password@]host[:port][/database]`. TLS is not spoken here. */
export const parseRedisUrl = (text: string): RedisAddress => {
  const url = new URL(text)
  if (url.protocol !== 'redis:') throw new Error(`REDIS_URL: only redis:// is supported, not ${url.protocol}//`)
  const credentials = [url.username, url.password].filter((part) => part !== '').map(decodeURIComponent)
  return {
    host: url.hostname.replace(/^\[|\]$/g, '') || '127.0.0.1',
    port: Number(url.port || 6379),
    ...(credentials.length > 0 ? { auth: command('AUTH', ...credentials) } : {}),
    database: Number(url.pathname.slice(1) || 0),
  }
}

const bytesOf = (reply: Reply | undefined): Buffer | null => (reply?.type === 'bulk' ? reply.bytes : null)

/** A real redis-server. With `process`, one that this emulator started and may stop. */
export const redisBackend = (name: string, address: RedisAddress, process?: RedisProcess): Backend => {
  const client = new RespClient(address)

  const must = async (...parts: readonly (string | number | Buffer)[]): Promise<Reply> => {
    const reply = await client.send(command(...parts))
    if (reply.type === 'error') throw new Error(reply.message)
    return reply
  }

  const transaction = async (commands: readonly Command[]): Promise<Reply> => {
    const connection = await client.dedicated()
    try {
      const replies = await Promise.all(
        [command('MULTI'), ...commands, command('EXEC')].map((part) => connection.send(part)),
      )
      return replies.at(-1) ?? failure('ERR no reply to EXEC')
    } finally {
      connection.close()
    }
  }

  const imageOf = async (key: Buffer): Promise<KeyImage> => {
    const [dump, ttl] = await Promise.all([must('DUMP', key), must('PTTL', key)])
    const content = bytesOf(dump)
    if (!content) return { key, saved: null }
    const leftMs = ttl.type === 'integer' ? Number(ttl.value) : -1
    return { key, saved: { content, expiresAtMs: leftMs < 0 ? null : Date.now() + leftMs } }
  }

  const allKeys = async (): Promise<Buffer[]> => {
    const reply = await must('KEYS', '*')
    return reply.type === 'array' ? reply.items.flatMap((item) => bytesOf(item) ?? []) : []
  }

  return {
    name,
    run: (words) => client.send(words),
    transaction: (commands) => (commands.length === 0 ? Promise.resolve(array([])) : transaction(commands)),
    keysOf: async (words) => {
      const reply = await client.send(command('COMMAND', 'GETKEYS', ...words))
      return reply.type === 'array' ? reply.items.flatMap((item) => bytesOf(item) ?? []) : []
    },
    image: async (keys) => Promise.all((keys === 'all' ? await allKeys() : keys).map(imageOf)),
    restore: async (images) => {
      for (const { key, saved } of images) {
        const gone = saved === null || (saved.expiresAtMs !== null && saved.expiresAtMs <= Date.now())
        if (gone) await must('DEL', key)
        else await must('RESTORE', key, saved.expiresAtMs ?? 0, saved.content as Buffer, 'REPLACE', 'ABSTTL')
      }
    },
    ...(process ? { server: { stop: process.stop, start: process.start } } : {}),
    close: async () => {
      await client.close()
      await process?.close()
    },
  }
}
