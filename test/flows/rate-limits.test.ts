import { execFileSync } from 'node:child_process'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createRedisPaymentLock } from '../../src/adapters/redis-payment-lock.ts'
import type { Claim, LimitName, Meter } from '../../src/contracts/payment-lock.ts'
import type { PaymentId } from '../../src/domain/ids.ts'
import { DEFAULT_LIMITS, parseLimit } from '../../src/edge/limits.ts'
import { type RedisRest, startRedisRest } from '../emulators/upstash-redis/server.ts'
import { MERCHANT, PRINT, snapshot, view } from './fakes.ts'

const haveRedisServer = (() => {
  try {
    execFileSync('redis-server', ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
})()

const meter = (name: LimitName, count: number, windowMs: number, of = `${name}-1`): Meter => ({
  name,
  of,
  limit: { count, windowMs },
})

let counter = 0
/** Of a payment, a key and a request like no other. */
const fresh = (over: Partial<Claim> = {}): Claim => {
  const hex = (++counter).toString(16)
  return {
    merchantId: MERCHANT,
    mode: 'test',
    paymentId: `pay_${hex.padStart(26, '0')}` as PaymentId,
    keyHash: hex.padStart(64, '0'),
    owner: hex.padStart(32, '0'),
    fingerprint: PRINT,
    ...over,
  }
}
/** The same payment again, by another key and another request. */
const otherKey = (claim: Claim): Claim => ({ ...fresh(), paymentId: claim.paymentId })
const sameKey = (claim: Claim): Claim => ({ ...claim, owner: fresh().owner })

const ENGINES = haveRedisServer ? (['embedded', 'redis-server'] as const) : (['embedded'] as const)

describe.each(ENGINES)('T57: limits inside the claim, on %s', (backend) => {
  let redis: RedisRest
  const newLock = () =>
    createRedisPaymentLock({
      url: redis.url,
      token: redis.token,
      nowMs: () => 0,
      // A busy machine is not a slow Redis.
      tryTimeoutMs: 15_000,
      onFailure: () => {},
    })
  beforeAll(async () => {
    redis = await startRedisRest({ port: 0, token: 'test-token-0123456789', backend })
  })
  afterAll(() => redis.close())
  beforeEach(() => redis.control.reset({ flush: true }))
  const keys = async () => (await redis.control.keys()).map(({ key }) => key)

  it('so many pass at once and no more; which limit it was, and how long to wait', async () => {
    const lock = newLock()
    const meters = [meter('merchant', 100, 60_000), meter('phone', 3, 60_000), meter('gateway', 100, 60_000)]
    for (let i = 0; i < 3; i++) expect(await lock.claim(fresh(), meters)).toEqual({ kind: 'first' })
    const limited = await lock.claim(fresh(), meters)
    expect(limited).toMatchObject({ kind: 'limited', limit: 'phone' })
    const { retryAfterMs } = limited as Extract<typeof limited, { kind: 'limited' }>
    expect(retryAfterMs).toBeGreaterThan(0)
    expect(retryAfterMs).toBeLessThanOrEqual(20_000)
    // Another number, another merchant's meter, or no limit: not touched by it.
    expect(await lock.claim(fresh(), [meter('phone', 3, 60_000, 'phone-2')])).toEqual({ kind: 'first' })
    expect(await lock.claim(fresh(), [])).toEqual({ kind: 'first' })
  })

  it('is one command in one round trip, whatever it decides', async () => {
    const lock = newLock()
    const meters = [meter('merchant', 1, 60_000), meter('phone', 1, 60_000), meter('gateway', 1, 60_000)]
    for (const kind of ['first', 'limited']) expect(await lock.claim(fresh(), meters)).toMatchObject({ kind })
    expect(redis.control.requests().map(({ commands }) => commands.length)).toEqual([1, 1])
  })

  it('T13: one too many takes no lock, leaves no record, and charges no other meter', async () => {
    const lock = newLock()
    const [merchant, phone] = [meter('merchant', 2, 60_000), meter('phone', 1, 60_000)]
    await lock.claim(fresh(), [merchant, phone])
    const before = await keys()
    const refused = fresh()
    for (let i = 0; i < 5; i++) expect(await lock.claim(refused, [merchant, phone])).toMatchObject({ limit: 'phone' })
    expect(await keys()).toEqual(before)
    // The merchant had room for two: the refused took nothing of it, and the key that was refused is as good as new.
    expect(await lock.claim(refused, [merchant])).toEqual({ kind: 'first' })
    expect(await lock.claim(fresh(), [merchant])).toMatchObject({ limit: 'merchant' })
  })

  it('a duplicate is never limited: by its key, by another key while the payment is under way, by a kept snapshot', async () => {
    const lock = newLock()
    const meters = [meter('merchant', 1, 60_000), meter('phone', 1, 60_000)]
    const first = fresh()
    expect(await lock.claim(first, meters)).toEqual({ kind: 'first' })
    expect(await lock.claim(fresh(), meters)).toMatchObject({ kind: 'limited' })
    expect(await lock.claim(sameKey(first), meters)).toMatchObject({ kind: 'key' })
    expect(await lock.claim(otherKey(first), meters)).toMatchObject({ kind: 'payment' })
    await lock.release(first)
    for (const status of ['pending', 'succeeded'] as const) {
      const known = fresh()
      await lock.keep(known, snapshot(view({ id: known.paymentId, status })))
      expect(await lock.claim(known, meters)).toMatchObject({ kind: 'payment' })
    }
  })

  it('a new try after a failure counts, by what Redis knows of it', async () => {
    const lock = newLock()
    const meters = [meter('phone', 1, 60_000)]
    const failed = fresh()
    expect(await lock.claim(failed, meters)).toEqual({ kind: 'first' })
    const kept = snapshot(view({ id: failed.paymentId, status: 'failed' }))
    await lock.keep(failed, kept)
    expect(await lock.claim(otherKey(failed), meters)).toMatchObject({ kind: 'limited', limit: 'phone' })
    expect(await lock.claim(sameKey(failed), meters)).toMatchObject({ kind: 'key' })
    const more = [meter('phone', 3, 60_000, 'phone-2')]
    expect(await lock.claim(otherKey(failed), more)).toMatchObject({ kind: 'payment', counted: true })
    // The mark that the script looks for is no part of what was kept.
    expect(await lock.snapshot(failed)).toMatchObject(kept)
  })

  it('a new try that Redis took for a repetition counts when it is kept; beyond the limit the next one waits', async () => {
    const lock = newLock()
    const meters = [meter('merchant', 100, 60_000), meter('phone', 2, 60_000)]
    const declined = fresh()
    expect(await lock.claim(declined, meters)).toEqual({ kind: 'first' })
    // The customer declines, nobody looks, and no snapshot tells: only the lock of the first try is still there.
    for (let i = 0; i < 2; i++) {
      const again = otherKey(declined)
      expect(await lock.claim(again, meters)).toMatchObject({ kind: 'payment', counted: false })
      await lock.keep(again, { ...snapshot(view({ id: declined.paymentId })), ttlMs: 1 }, again, meters)
    }
    const refused = otherKey(declined)
    expect(await lock.claim(refused, meters)).toMatchObject({ kind: 'limited', limit: 'phone' })
    expect(await lock.claim(sameKey(declined), meters)).toMatchObject({ kind: 'key' })
    expect(await lock.claim(fresh(), meters)).toMatchObject({ kind: 'limited', limit: 'phone' })
    expect((await keys()).filter((key) => key.includes(refused.keyHash))).toEqual([])
  })

  it('a repetition that was one counts nothing, however often it is kept', async () => {
    const lock = newLock()
    const meters = [meter('phone', 2, 60_000)]
    const open = fresh()
    await lock.claim(open, meters)
    for (let i = 0; i < 5; i++) {
      const again = otherKey(open)
      expect(await lock.claim(again, meters)).toMatchObject({ kind: 'payment', counted: false })
      await lock.keep(again, snapshot(view({ id: open.paymentId })), again)
    }
    expect(await lock.claim(fresh(), meters)).toEqual({ kind: 'first' })
    expect(await lock.claim(fresh(), meters)).toMatchObject({ kind: 'limited' })
  })

  it('T09: a claim whose answer was lost is charged once', async () => {
    const lock = newLock()
    const meters = [meter('merchant', 2, 60_000)]
    await redis.control.persona({ dropAfterExecute: 1 })
    expect(await lock.claim(fresh(), meters)).toEqual({ kind: 'mine' })
    expect(await lock.claim(fresh(), meters)).toEqual({ kind: 'first' })
    expect(await lock.claim(fresh(), meters)).toMatchObject({ kind: 'limited' })
  })

  it('T04: test and live are counted apart', async () => {
    const lock = newLock()
    const meters = [meter('gateway', 1, 60_000)]
    expect(await lock.claim(fresh(), meters)).toEqual({ kind: 'first' })
    expect(await lock.claim(fresh({ mode: 'live' }), meters)).toEqual({ kind: 'first' })
    expect(await lock.claim(fresh(), meters)).toMatchObject({ kind: 'limited' })
  })

  it('of fifty at once exactly as many pass as there is room for', async () => {
    const locks = Array.from({ length: 3 }, newLock)
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, i) => locks[i % 3]?.claim(fresh(), [meter('merchant', 7, 3_600_000)])),
    )
    expect(answers.filter((answer) => answer?.kind === 'first')).toHaveLength(7)
    expect(answers.filter((answer) => answer?.kind === 'limited')).toHaveLength(43)
  })

  it('T10: without Redis there is no limit, and no other answer than that Redis is not there', async () => {
    const lock = newLock()
    const meters = [meter('merchant', 1, 60_000)]
    expect(await lock.claim(fresh(), meters)).toEqual({ kind: 'first' })
    await redis.control.persona({ down: true })
    for (let i = 0; i < 5; i++) expect(await lock.claim(fresh(), meters)).toEqual({ kind: 'unavailable' })
  })
})

describe('T58: a meter', () => {
  it('drains by Redis’ own clock, evenly, and leaves nothing behind', async () => {
    const redis = await startRedisRest({ port: 0, token: 'test-token-0123456789', backend: 'embedded' })
    try {
      // The isolate's own clock stands still, and jumps: neither counts.
      let nowMs = 0
      const lock = createRedisPaymentLock({
        url: redis.url,
        token: redis.token,
        nowMs: () => nowMs,
        tryTimeoutMs: 15_000,
        onFailure: () => {},
      })
      const meters = [meter('phone', 3, 60_000)]
      for (let i = 0; i < 3; i++) expect(await lock.claim(fresh(), meters)).toEqual({ kind: 'first' })
      nowMs = 3_600_000
      expect(await lock.claim(fresh(), meters)).toMatchObject({ kind: 'limited' })
      await redis.control.advance?.(20_000)
      expect(await lock.claim(fresh(), meters)).toEqual({ kind: 'first' })
      expect(await lock.claim(fresh(), meters)).toMatchObject({ kind: 'limited' })
      await redis.control.advance?.(60_000)
      expect((await redis.control.keys()).filter(({ key }) => key.includes(':m:'))).toEqual([])
    } finally {
      await redis.close()
    }
  })
})

describe('a limit as the environment writes it', () => {
  it.each([
    ['30/10m', { count: 30, windowMs: 600_000 }],
    ['1000/1s', { count: 1000, windowMs: 1_000 }],
    ['1/24h', { count: 1, windowMs: 86_400_000 }],
    ['off', null],
    ['', undefined],
    ['30', undefined],
    ['0/10m', undefined],
    ['-1/10m', undefined],
    ['30/0m', undefined],
    ['30/10', undefined],
    ['30/10d', undefined],
    ['30 / 10m', undefined],
    // More than one a millisecond cannot be counted.
    ['1001/1s', undefined],
  ])('%s', (text, expected) => expect(parseLimit(text)).toEqual(expected))

  it('the defaults are such', () => {
    for (const text of Object.values(DEFAULT_LIMITS))
      expect(parseLimit(text)).toMatchObject({ count: expect.anything() })
  })
})
