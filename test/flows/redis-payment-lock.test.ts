import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  BREAKER,
  createRedisPaymentLock,
  REDIS_ADDS_MS_MAX,
  TRY_TIMEOUT_MS,
} from '../../src/adapters/redis-payment-lock.ts'
import type { Claim } from '../../src/contracts/payment-lock.ts'
import { type RedisRest, startRedisRest } from '../emulators/upstash-redis/server.ts'
import { MERCHANT, OTHER_PAYMENT, PAYMENT, PRINT, snapshot, view } from './fakes.ts'

let redis: RedisRest
let nowMs = 0
const failures: [string, string][] = []
/** Patient, so that a busy machine is not taken for a slow Redis; where that is the point, with the true patience. */
const newLock = (tryTimeoutMs = 15_000) =>
  createRedisPaymentLock({
    tryTimeoutMs,
    url: redis.url,
    token: redis.token,
    nowMs: () => nowMs,
    onFailure: (operation, name) => failures.push([operation, name]),
  })

beforeAll(async () => {
  redis = await startRedisRest({ port: 0, token: 'test-token-0123456789', backend: 'embedded' })
})
afterAll(() => redis.close())
beforeEach(async () => {
  await redis.control.reset({ flush: true })
  failures.length = 0
})

const claim = (over: Partial<Claim> = {}): Claim => ({
  merchantId: MERCHANT,
  mode: 'test',
  paymentId: PAYMENT,
  keyHash: 'a'.repeat(64),
  owner: '1'.repeat(32),
  fingerprint: PRINT,
  ...over,
})
const OTHER_OWNER = '2'.repeat(32)
const owner = { merchantId: MERCHANT, mode: 'test', paymentId: PAYMENT } as const

describe('a claim', () => {
  it('is one round trip of one command', async () => {
    expect(await newLock().claim(claim())).toEqual({ kind: 'first' })
    const requests = redis.control.requests()
    expect(requests).toHaveLength(1)
    expect(requests[0]?.commands).toHaveLength(1)
  })

  it('finds its key used, with what it was used for and the snapshot', async () => {
    const lock = newLock()
    await lock.claim(claim())
    const kept = snapshot(view())
    await lock.keep(owner, kept)
    expect(await lock.claim(claim({ owner: OTHER_OWNER }))).toEqual({
      kind: 'key',
      record: { v: 1, paymentId: PAYMENT, fingerprint: PRINT, begun: false },
      snapshot: kept,
    })
  })

  it('finds its key known to the object once that was told, whatever became of the snapshot', async () => {
    const lock = newLock()
    await lock.claim(claim())
    await lock.keep(owner, snapshot(view({ updatedAt: '2026-11-21T09:00:00.000Z' })))
    await lock.keep(owner, snapshot(view()), claim())
    expect(await lock.claim(claim({ owner: OTHER_OWNER }))).toMatchObject({
      kind: 'key',
      record: { begun: true },
      snapshot: { text: expect.stringContaining('09:00:00') },
    })
    await lock.release(claim())
    expect(await lock.claim(claim({ owner: OTHER_OWNER }))).toEqual({
      kind: 'payment',
      snapshot: expect.anything(),
      counted: false,
    })
  })

  it('finds its key used for another payment', async () => {
    const lock = newLock()
    await lock.claim(claim())
    expect(await lock.claim(claim({ owner: OTHER_OWNER, paymentId: OTHER_PAYMENT }))).toMatchObject({
      kind: 'key',
      record: { paymentId: PAYMENT },
    })
  })

  it('finds its payment under another key, and remembers its own key', async () => {
    const lock = newLock()
    await lock.claim(claim())
    const second = claim({ owner: OTHER_OWNER, keyHash: 'b'.repeat(64) })
    expect(await lock.claim(second)).toEqual({ kind: 'payment', snapshot: null, counted: false })
    expect(await lock.claim({ ...second, owner: '3'.repeat(32) })).toMatchObject({ kind: 'key' })
  })

  it('T04: meets neither the other mode nor another merchant', async () => {
    const lock = newLock()
    await lock.claim(claim())
    expect(await lock.claim(claim({ mode: 'live', owner: OTHER_OWNER }))).toEqual({ kind: 'first' })
  })

  it('T02: of fifty at once is first once', async () => {
    const locks = Array.from({ length: 3 }, () => newLock())
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, i) =>
        (locks[i % 3] as ReturnType<typeof newLock>).claim(claim({ owner: String(i).padStart(32, '0') })),
      ),
    )
    expect(answers.filter(({ kind }) => kind === 'first')).toHaveLength(1)
    expect(answers.filter(({ kind }) => kind === 'key')).toHaveLength(49)
  })

  it('T09: whose answer was lost is recognised as its own', async () => {
    await redis.control.persona({ dropAfterExecute: 1 })
    expect(await newLock().claim(claim())).toEqual({ kind: 'mine' })
    expect(redis.control.requests()).toHaveLength(2)
    expect(failures).toEqual([['claim', 'TypeError']])
  })

  it('T09: whose answer was lost under a payment of others is not its own', async () => {
    const lock = newLock()
    await lock.claim(claim({ owner: OTHER_OWNER, keyHash: 'b'.repeat(64) }))
    await redis.control.persona({ dropAfterExecute: 1 })
    expect(await lock.claim(claim())).toMatchObject({ kind: 'payment' })
  })

  it('T11: that takes too long is no answer, and never read as a free key', async () => {
    await redis.control.persona({ delayReplyMs: 3_000 })
    expect(await newLock(TRY_TIMEOUT_MS).claim(claim())).toEqual({ kind: 'unavailable' })
    expect(failures.map(([, name]) => name)).toEqual(['TimeoutError', 'TimeoutError'])
  })

  it('can be taken back, by its owner only', async () => {
    const lock = newLock()
    await lock.claim(claim())
    await lock.release(claim({ owner: OTHER_OWNER }))
    expect(await redis.control.keys()).toHaveLength(2)
    await lock.release(claim())
    expect(await redis.control.keys()).toEqual([])
    expect(await lock.claim(claim({ owner: OTHER_OWNER }))).toEqual({ kind: 'first' })
  })

  it('keeps the key for 30 days and the lock for a minute; T55: no number stands in Redis', async () => {
    const lock = newLock()
    await lock.claim(claim())
    await lock.keep(owner, snapshot(view()))
    const keys = await redis.control.keys()
    expect(keys.map(({ key }) => key)).toEqual([
      `lango:test:k:${'a'.repeat(64)}`,
      `lango:test:p:${PAYMENT}`,
      `lango:test:s:${PAYMENT}`,
    ])
    const [record, held, kept] = keys.map(({ pttlMs }) => pttlMs)
    expect(record).toBeGreaterThan(29.9 * 86_400_000)
    expect(record).toBeLessThanOrEqual(30 * 86_400_000)
    for (const pttlMs of [held, kept]) {
      // -1: never.
      expect(pttlMs).toBeGreaterThan(0)
      expect(pttlMs).toBeLessThanOrEqual(60_000)
    }
    expect(JSON.stringify(keys)).not.toMatch(/260763456789/)
  })
})

describe('a snapshot', () => {
  const at = (second: number, over = {}) => snapshot(view({ updatedAt: `2026-11-21T08:00:0${second}.000Z`, ...over }))

  it('comes back as it was kept', async () => {
    const lock = newLock()
    expect(await lock.snapshot(owner)).toBeNull()
    await lock.keep(owner, at(1))
    expect(await lock.snapshot(owner)).toEqual(at(1))
  })

  it('is replaced by a newer one and never by an older', async () => {
    const lock = newLock()
    await lock.keep(owner, at(2, { status: 'succeeded' }))
    await lock.keep(owner, at(1))
    expect(await lock.snapshot(owner)).toEqual(at(2, { status: 'succeeded' }))
    await lock.keep(owner, at(3))
    expect(await lock.snapshot(owner)).toEqual(at(3))
  })

  it('that may not be kept is not', async () => {
    const lock = newLock()
    await lock.keep(owner, { ...at(1), ttlMs: 0 })
    expect(await redis.control.keys()).toEqual([])
  })
})

describe('T10: a Redis that is down', () => {
  it('adds less than two seconds by its timeouts: two tries of a claim, and one of what is waited for after it', async () => {
    expect(REDIS_ADDS_MS_MAX).toBeLessThanOrEqual(2_000)
    const lock = newLock()
    await redis.control.persona({ down: true })
    await lock.claim(claim())
    expect(redis.control.requests()).toHaveLength(2)
    await lock.keep(owner, snapshot(view()), claim())
    expect(redis.control.requests()).toHaveLength(3)
    expect(await lock.snapshot(owner)).toBeNull()
    expect(redis.control.requests()).toHaveLength(4)
  })

  it('is left alone after three failures of any kind; one try in each pause finds out whether it is back', async () => {
    const lock = newLock()
    await redis.control.persona({ down: true })
    await lock.snapshot(owner)
    await lock.keep(owner, snapshot(view()))
    await lock.ping()
    expect(redis.control.requests()).toHaveLength(BREAKER.failuresMax)
    for (const pause of [0, 1, 2]) {
      nowMs += pause === 0 ? BREAKER.pauseMs - 1 : BREAKER.pauseMs
      const before = redis.control.requests().length
      for (let i = 0; i < 20; i++) await lock.snapshot(owner)
      expect(redis.control.requests().length - before).toBe(pause === 0 ? 0 : 1)
    }
    await redis.control.reset()
    nowMs += BREAKER.pauseMs
    expect(await lock.claim(claim())).toEqual({ kind: 'first' })
    for (let i = 0; i < 5; i++) expect(await lock.ping()).toBe('ok')
  })

  it('costs little, is asked no more after three failures, and is asked again after five seconds', async () => {
    const lock = newLock()
    await redis.control.persona({ down: true })
    for (let i = 0; i < 3; i++) expect(await lock.claim(claim())).toEqual({ kind: 'unavailable' })
    expect(redis.control.requests()).toHaveLength(6)
    expect(await lock.claim(claim())).toEqual({ kind: 'unavailable' })
    await lock.keep(owner, snapshot(view()))
    expect(await lock.snapshot(owner)).toBeNull()
    expect(redis.control.requests()).toHaveLength(6)

    await redis.control.reset()
    nowMs += 5_000
    expect(await lock.claim(claim())).toEqual({ kind: 'first' })
    expect(await lock.claim(claim({ owner: OTHER_OWNER }))).toMatchObject({ kind: 'key' })
  })

  it('that answers with errors is not asked twice', async () => {
    await redis.control.persona({ error500: true })
    expect(await newLock().claim(claim())).toEqual({ kind: 'unavailable' })
    expect(redis.control.requests()).toHaveLength(1)
    expect(failures).toEqual([['claim', 'UpstashError']])
  })

  it('T55: is reported by the class of its error only', async () => {
    const lock = createRedisPaymentLock({
      url: redis.url,
      token: 'a wrong token',
      nowMs: () => 0,
      onFailure: (operation, name) => failures.push([operation, name]),
    })
    await lock.claim(claim())
    expect(failures).toEqual([['claim', 'UpstashError']])
  })
})
