import { describe, expect, it } from 'vitest'
import type { PaymentRecord } from '../../../src/consumer/payment-record.ts'
import { compactAtMs } from '../../../src/consumer/retention.ts'
import type { PaymentState } from '../../../src/contracts/decide.ts'
import { attempt, NOW, record, refund } from './records.ts'

const DAY = 24 * 3_600_000
const ENDED = NOW + 1_000
const TOLD = { key: '', revision: 1, atMs: null, tries: 0 }

const fulfilled = { status: 'fulfilled', deliveredVia: 'qstash', atMs: NOW } as const
const PAID: Partial<PaymentState> = {
  status: 'succeeded',
  attempts: [attempt(1, { status: 'failed' }), attempt(2, { status: 'succeeded' })],
  fulfilment: fulfilled,
}
const FAILED: Partial<PaymentState> = { status: 'failed', attempts: [attempt(1, { status: 'failed' })] }

describe('an object is made small 30 days after the last that happened', () => {
  it.each<[string, PaymentRecord]>([
    ['paid and fulfilled', record(PAID)],
    ['failed', record(FAILED)],
    ['expired', record({ status: 'expired', attempts: [attempt(1, { status: 'expired' })] })],
    ['never sent', record({ status: 'created', attempts: [attempt(1, { status: 'failed' })] })],
    ['given back', record({ ...PAID, refunds: [refund(1, 1, {}), refund(2, 1, { status: 'failed' })] })],
    ['from before it could be made small', record(PAID, { compactedAtMs: undefined as never })],
    ['from before there were refunds', record({ ...PAID, refunds: undefined as never })],
    ['told to the index', record(PAID, { index: TOLD })],
    ['made small, and something happened since', record(PAID, { compactedAtMs: ENDED - 1 })],
  ])('when it is %s', (_, kept) => {
    expect(compactAtMs(kept)).toBe(ENDED + 30 * DAY)
  })

  it('or after the last key that came to it, small or not', () => {
    const lastKeyAtMs = ENDED + 40 * DAY
    for (const compactedAtMs of [null, undefined as never])
      expect(compactAtMs(record(PAID, { compactedAtMs, lastKeyAtMs }))).toBe(lastKeyAtMs + 30 * DAY)
    expect(compactAtMs(record(PAID, { compactedAtMs: null, lastKeyAtMs: NOW }))).toBe(ENDED + 30 * DAY)
  })

  it.each<[string, PaymentRecord]>([
    ['open', record()],
    ['unknown', record({ status: 'unknown' })],
    ['waiting for the customer', record({ status: 'needs_action', attempts: [attempt(1, { status: 'failed' })] })],
    ['in review', record({ ...PAID, status: 'review' })],
    ['paid and not fulfilled', record({ ...PAID, fulfilment: { ...fulfilled, status: 'pending' } })],
    [
      'paid, with an attempt that may yet be captured',
      record({ ...PAID, attempts: [attempt(1, { status: 'succeeded' }), attempt(2)] }),
    ],
    ['failed, with an attempt that is open', record({ ...FAILED, attempts: [attempt(1)] })],
    ['owing a refund', record({ ...PAID, refunds: [refund(1, 1, { status: 'due' })] })],
    ['giving back', record({ ...PAID, refunds: [refund(1, 1, {}), refund(2, 1, { status: 'unknown' })] })],
    ['asking the gateway', record(PAID, { questions: [{ n: 1, atMs: NOW, tries: 0 }] })],
    ['owing the index a word', record(PAID, { index: { ...TOLD, atMs: NOW } })],
    ['small already', record(PAID, { compactedAtMs: ENDED })],
  ])('and not when it is %s', (_, kept) => {
    expect(compactAtMs(kept)).toBeNull()
  })
})
