import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readRetryAfterMs } from '../../src/adapters/webhook-send.ts'
import type { TryOutcome } from '../../src/contracts/webhook-delivery.ts'
import { decideNext, FAILING_MS_MAX, TRIES_MAX } from '../../src/flows/webhook-schedule.ts'

const NOW = Date.UTC(2026, 10, 21, 8)
const HOUR = 3_600_000
const answered = (status: number, retryAfterMs: number | null = null, applied = false): TryOutcome => ({
  kind: 'answered',
  status,
  applied,
  retryAfterMs,
})
const at = (n: number, over = {}) => ({ n, startedAtMs: NOW, failingSinceMs: null, ...over })
const pauseAfter = (n: number, outcome = answered(500), random = 0) => {
  const step = decideNext(outcome, at(n, { failingSinceMs: NOW }), NOW, random)
  return step.kind === 'retry' ? step.pauseMs : step.kind
}

describe('T46: after a try', () => {
  it('the pauses are those that Standard Webhooks publishes, then no more', () => {
    const minutes = Array.from({ length: TRIES_MAX - 1 }, (_, i) => Number(pauseAfter(i + 1)) / 60_000)
    expect(minutes).toEqual([5 / 60, 5, 30, 120, 300, 600, 840, 1200, 1440])
    expect(TRIES_MAX).toBe(10)
    expect(pauseAfter(TRIES_MAX)).toBe('disable')
  })

  it('jitter only adds, a tenth at most', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), fc.double({ min: 0, max: 0.999, noNaN: true }), (n, random) => {
        const [plain, spread] = [Number(pauseAfter(n)), Number(pauseAfter(n, answered(500), random))]
        expect(spread).toBeGreaterThanOrEqual(plain)
        expect(spread).toBeLessThanOrEqual(plain * 1.1 + 1)
      }),
    )
  })

  it.each([200, 201, 204, 299])('%i is done', (status) => {
    expect(decideNext(answered(status), at(1), NOW, 0)).toEqual({ kind: 'delivered', applied: false })
  })

  it('T48: that it was applied is what the shop says, and nothing else', () => {
    expect(decideNext(answered(200, null, true), at(1), NOW, 0)).toEqual({ kind: 'delivered', applied: true })
    expect(decideNext(answered(500, null, true), at(1), NOW, 0)).toMatchObject({ kind: 'retry' })
  })

  it.each([100, 199, 300, 301, 302, 307, 400, 401, 404, 429, 500, 503])('%i is tried again', (status) => {
    expect(decideNext(answered(status), at(1), NOW, 0)).toEqual({ kind: 'retry', pauseMs: 5_000 })
  })

  it('silence is tried again', () => {
    expect(decideNext({ kind: 'failed', why: 'timeout' }, at(1), NOW, 0)).toEqual({ kind: 'retry', pauseMs: 5_000 })
  })

  it('Retry-After makes a pause longer, never shorter, and a day at most', () => {
    expect(pauseAfter(1, answered(429, 60_000))).toBe(60_000)
    expect(pauseAfter(2, answered(503, 60_000))).toBe(300_000)
    expect(pauseAfter(1, answered(429, 99 * 24 * HOUR))).toBe(24 * HOUR)
  })

  it('410 disables at once, whatever was before', () => {
    expect(decideNext(answered(410), at(1), NOW, 0)).toEqual({ kind: 'disable', reason: 'gone' })
  })

  it('three days of nothing but failure disable, at whichever try', () => {
    const since = { failingSinceMs: NOW - FAILING_MS_MAX }
    expect(decideNext(answered(500), at(1, since), NOW, 0)).toEqual({ kind: 'disable', reason: 'failing' })
    expect(decideNext(answered(500), at(1, { failingSinceMs: NOW - FAILING_MS_MAX + 1 }), NOW, 0).kind).toBe('retry')
  })

  it('the last try in vain disables, unless the endpoint has taken something else meanwhile', () => {
    const started = { startedAtMs: NOW - 76 * HOUR }
    expect(decideNext(answered(500), at(10, { ...started, failingSinceMs: NOW - 75.9 * HOUR }), NOW, 0)).toEqual({
      kind: 'disable',
      reason: 'failing',
    })
    expect(decideNext(answered(500), at(10, { ...started, failingSinceMs: NOW - HOUR }), NOW, 0)).toEqual({
      kind: 'give_up',
    })
    expect(decideNext(answered(500), at(10, started), NOW, 0)).toEqual({ kind: 'give_up' })
  })
})

it.each([
  ['120', 120_000],
  ['0', 0],
  ['Sat, 21 Nov 2026 08:02:00 GMT', 120_000],
  ['Sat, 21 Nov 2026 07:00:00 GMT', 0],
  ['-5', null],
  ['1.5', null],
  ['soon', null],
  ['Thu, 31 Dec 2026 25:00:00 GMT', null],
  ['Thu, 00 Jan 2026 08:00:00 GMT', null],
  ['Mon, 05 Okt 2026 08:00:00 GMT', null],
  ['', null],
  [null, null],
])('Retry-After %j is %j ms', (header, ms) => {
  expect(readRetryAfterMs(header, NOW)).toBe(ms)
})
