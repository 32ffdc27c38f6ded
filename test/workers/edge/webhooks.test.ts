import { beforeEach, describe, expect, it } from 'vitest'
import { json, order, pay, queue, redis, seen, send } from './kit.ts'

beforeEach(async () => {
  await queue.post('/_sim/reset')
  await redis.post('/_sim/reset', { flush: true })
})

const callback = (say: unknown, path = '/webhooks/pawapay/deposits') =>
  send(path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(say) })

describe('POST /webhooks/pawapay/{operation}', () => {
  it.each(['deposits', 'payouts', 'refunds'])(
    'I10: %s: 200, empty, once the queue has the attested verdict',
    async (operation) => {
      const response = await callback({ kind: 'verified' }, `/webhooks/pawapay/${operation}`)
      expect(response.status).toBe(200)
      expect(await response.text()).toBe('')
      const [published, ...more] = await queue.get('/_sim/published')
      expect(more).toEqual([])
      expect(published.target).toBe('/v2/publish/http://127.0.0.1:8788/deliveries/callback')
      expect(published.authorized).toBe(true)
      expect(published.dedupId).toMatch(/^[A-Za-z0-9_-]+$/)
      expect(JSON.parse(published.body)).toMatchObject({
        v: 1,
        kind: 'callback',
        via: 'qstash',
        attested: { v: 1, kid: '1' },
      })
    },
  )

  it('T37: the same callback again carries the same deduplication id', async () => {
    for (let i = 0; i < 3; i++) expect((await callback({ kind: 'verified' })).status).toBe(200)
    const published = await queue.get('/_sim/published')
    expect(new Set(published.map(({ dedupId }: { dedupId: string }) => dedupId)).size).toBe(1)
  })

  it('401 when it is not authentic, whatever the cause; nothing is queued', async () => {
    const response = await callback({ kind: 'refused' })
    expect(response.status).toBe(401)
    expect(await json(response)).toMatchObject({ code: 'unauthenticated' })
    expect(await queue.get('/_sim/published')).toEqual([])
  })

  it('503 when it could not be verified now', async () => {
    expect((await callback({ kind: 'unavailable' })).status).toBe(503)
  })

  it('T40: 200 when the queue is down and the object keeps it', async () => {
    const { id } = await json(await pay(order()))
    await queue.post('/_sim/down')
    expect((await callback({ kind: 'verified', paymentId: id })).status).toBe(200)
    const { kept } = await seen(id)
    expect(kept).toHaveLength(1)
    expect(JSON.parse(kept[0]?.body ?? '')).toMatchObject({ kind: 'callback', via: 'outbox' })
  })

  it.each([
    ['the object has no such payment', 'pay_00000000000000000000000000'],
    ['the reference is not ours', undefined],
  ])('T40: 503 when the queue is down and %s', async (_name, paymentId) => {
    await queue.post('/_sim/down')
    expect((await callback({ kind: 'verified', paymentId })).status).toBe(503)
  })

  it('I10: takes as many at once as it can make durable in time, and refuses the others with 503: they come again', async () => {
    await queue.post('/_sim/slow')
    const answers = await Promise.all(Array.from({ length: 200 }, () => callback({ kind: 'verified' })))
    const [taken, refused] = [200, 503].map((status) => answers.filter((answer) => answer.status === status))
    // On a busy machine the last of them come when the first are through.
    expect((await queue.get('/_sim/most')).most).toBeLessThanOrEqual(128)
    expect(taken?.length).toBeGreaterThanOrEqual(100)
    expect(refused?.[0]?.headers.get('Retry-After')).toBe('2')
    expect((await queue.get('/_sim/published')).length).toBeGreaterThanOrEqual(taken?.length ?? 0)
    expect((await callback({ kind: 'verified' })).status).toBe(200)
  })

  it.each([
    ['/webhooks/pawapay/payments', 404],
    ['/webhooks/pawapay', 404],
    ['/webhooks/MTN/deposits', 404],
  ])('%s: %i', async (path, status) => {
    expect((await callback({ kind: 'verified' }, path)).status).toBe(status)
    expect((await send(path)).status).toBe(status)
  })

  it('200 to whoever looks whether the address is there; nothing is verified or queued', async () => {
    const response = await send('/webhooks/cinetpay/deposits')
    expect([response.status, await response.text()]).toEqual([200, ''])
    expect(await queue.get('/_sim/published')).toEqual([])
  })

  it('404 for a gateway that the sealed program does not have; nothing is queued', async () => {
    const response = await callback({ kind: 'no_such_gateway' }, '/webhooks/mtn/deposits')
    expect(response.status).toBe(404)
    expect(await queue.get('/_sim/published')).toEqual([])
  })

  it('T36: 413 above 64 KiB, before anything is verified', async () => {
    const response = await send('/webhooks/pawapay/deposits', { method: 'POST', body: 'x'.repeat(64 * 1024 + 1) })
    expect(response.status).toBe(413)
  })
})

describe('the rest of the surface', () => {
  it('GET /health: 200 with core and dependencies', async () => {
    const response = await send('/health')
    expect(response.status).toBe(200)
    expect(await json(response)).toMatchObject({
      status: 'ok',
      core: { version: '0.0.0', buildId: 'fake', sealed: 'ok' },
      dependencies: { redis: 'ok', consumer: 'ok', vault: 'ok', d1: 'ok' },
    })
  })

  it('404 and 405 are problems, too', async () => {
    const missing = await send('/v1/nothing')
    expect(missing.status).toBe(404)
    expect(await json(missing)).toMatchObject({ code: 'not_found' })
    const wrong = await send('/v1/payments', { method: 'DELETE' })
    expect(wrong.status).toBe(405)
    expect(wrong.headers.get('Allow')?.split(', ').toSorted()).toEqual(['GET', 'HEAD', 'POST'])
    expect(await json(wrong)).toMatchObject({ code: 'method_not_allowed' })
  })

  it('takes a well-formed request id and no other', async () => {
    const given = 'req_0123456789abcdef'
    expect((await send('/health', { headers: { 'X-Request-Id': given } })).headers.get('X-Request-Id')).toBe(given)
    const bad = await send('/health', { headers: { 'X-Request-Id': '260763456789' } })
    expect(bad.headers.get('X-Request-Id')).toMatch(/^req_[0-9a-f]{24}$/)
  })
})
