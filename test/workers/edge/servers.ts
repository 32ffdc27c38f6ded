/** Redis and a queue for the edge's tests; a process of its own, which tells its parent where they are and ends with it. */
import { setTimeout as sleep } from 'node:timers/promises'
import { type Arrived, json, serve } from '../../emulators/kit/server.ts'
import { startRedisRest } from '../../emulators/upstash-redis/server.ts'

const [redisToken = '', qstashToken = ''] = process.argv.slice(2)

/**
 * Takes what is published and tells what it took; `POST /_sim/down` makes it refuse, `/_sim/slow` answer after a second. No
 * queue: nothing is delivered. `GET /_sim/most`: how many waited for an answer at once.
 */
const startQueue = async () => {
  let down = false
  let delayMs = 0
  let waiting = 0
  let most = 0
  let published: { target: string; dedupId: string | undefined; authorized: boolean; body: string }[] = []
  return serve({
    name: 'queue of the edge tests',
    port: 0,
    portVariable: 'none',
    handle: async ({ method, target, headers, body }: Arrived) => {
      if (method === 'GET' && target === '/_sim/published') return json(200, published)
      if (method === 'GET' && target === '/_sim/most') return json(200, { most })
      if (method === 'POST' && target === '/_sim/down') {
        down = true
        return json(200, {})
      }
      if (method === 'POST' && target === '/_sim/slow') {
        delayMs = 1_000
        return json(200, {})
      }
      if (method === 'POST' && target === '/_sim/reset') {
        down = false
        delayMs = 0
        most = 0
        published = []
        return json(200, {})
      }
      waiting += 1
      most = Math.max(most, waiting)
      if (delayMs > 0) await sleep(delayMs)
      waiting -= 1
      if (down) return json(500, { error: 'down' })
      published.push({
        target,
        dedupId: headers['upstash-deduplication-id'],
        authorized: headers['authorization'] === `Bearer ${qstashToken}`,
        body: body.toString(),
      })
      return json(200, { messageId: `msg_${published.length}` })
    },
  })
}

const redis = await startRedisRest({ port: 0, token: redisToken, backend: 'embedded' })
const queue = await startQueue()
process.once('disconnect', () => process.exit(0))
process.send?.({ redisUrl: redis.url, queueUrl: queue.url })
