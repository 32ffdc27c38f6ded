import type { VirtualClock } from '../kit/clock.ts'
import type { Backend } from './backend.ts'
import { createEmbedded } from './embedded/engine.ts'
import { parseRedisUrl, redisBackend } from './redis-backend.ts'
import { redisServerVersion, spawnRedis } from './redis-process.ts'

/** `auto`: REDIS_URL if set, else a private redis-server if one is on PATH, else the embedded engine. */
export type BackendChoice = 'auto' | 'embedded' | 'redis-server' | { readonly redisUrl: string }

export const openBackend = async (
  choice: BackendChoice,
  clock: VirtualClock,
  stateDir: string | undefined,
): Promise<Backend> => {
  const redisUrl =
    typeof choice === 'object' ? choice.redisUrl : choice === 'auto' ? process.env['REDIS_URL'] : undefined
  if (redisUrl) {
    const address = parseRedisUrl(redisUrl)
    const backend = redisBackend(`Redis at ${new URL(redisUrl).host}`, address)
    try {
      await backend.run([Buffer.from('PING')])
    } catch (error) {
      await backend.close()
      throw error
    }
    return backend
  }
  const version = choice === 'embedded' ? undefined : redisServerVersion()
  if (version) {
    const spawned = await spawnRedis(stateDir)
    return redisBackend(`redis-server ${version}, private`, { path: spawned.socketPath }, spawned)
  }
  if (choice === 'redis-server') throw new Error('no redis-server on PATH')
  return createEmbedded(clock)
}
