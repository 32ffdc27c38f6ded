import type { TestProject } from 'vitest/node'
import { type Arrived, json, serve } from '../../emulators/kit/server.ts'
import { startRedisRest } from '../../emulators/upstash-redis/server.ts'

export const REDIS_TOKEN = 'redis-token-of-the-edge-tests'
export const QSTASH_TOKEN = 'qstash-token-of-the-edge-tests'

declare module 'vitest' {
  interface ProvidedContext {
    redisUrl: string
    queueUrl: string
  }
}

/** Takes what is published and tells what it took; `POST /_sim/down` makes it refuse. No queue: nothing is delivered. */
const startQueue = async () => {
  let down = false
  let published: { target: string; dedupId: string | undefined; authorized: boolean; body: string }[] = []
  return serve({
    name: 'queue of the edge tests',
    port: 0,
    portVariable: 'none',
    handle: ({ method, target, headers, body }: Arrived) => {
      if (method === 'GET' && target === '/_sim/published') return json(200, published)
      if (method === 'POST' && target === '/_sim/down') {
        down = true
        return json(200, {})
      }
      if (method === 'POST' && target === '/_sim/reset') {
        down = false
        published = []
        return json(200, {})
      }
      if (down) return json(500, { error: 'down' })
      published.push({
        target,
        dedupId: headers['upstash-deduplication-id'],
        authorized: headers['authorization'] === `Bearer ${QSTASH_TOKEN}`,
        body: body.toString(),
      })
      return json(200, { messageId: `msg_${published.length}` })
    },
  })
}

export default async (project: TestProject) => {
  const redis = await startRedisRest({ port: 0, token: REDIS_TOKEN, backend: 'embedded' })
  const queue = await startQueue()
  project.provide('redisUrl', redis.url)
  project.provide('queueUrl', queue.url)
  return async () => {
    await redis.close()
    await queue.close()
  }
}
