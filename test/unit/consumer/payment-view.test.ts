import { describe, expect, it } from 'vitest'
import { failureMessage } from '../../../src/consumer/failure-messages.ts'
import { indexRow } from '../../../src/consumer/payment-index.ts'
import type { PaymentRecord } from '../../../src/consumer/payment-record.ts'
import { fulfilmentDue, maskPhoneNumber, paymentView, snapshotTtlMs } from '../../../src/consumer/payment-view.ts'
import type { PaymentState } from '../../../src/contracts/decide.ts'
import { MERCHANT, PAYMENT } from '../../flows/fakes.ts'
import { attempt, NOW, record, refund } from './records.ts'

const paid = (state: Partial<PaymentState> = {}): PaymentRecord =>
  record({
    status: 'succeeded',
    attempts: [attempt(1, { status: 'succeeded' })],
    fulfilment: { status: 'pending', deliveredVia: null, atMs: null },
    succeededAtMs: NOW + 500,
    ...state,
  })

const show = (of: PaymentRecord) => paymentView(of, (minor, currency) => `${minor} minor units of ${currency}`)

it('shows of a phone number the first four digits and the last four', () => {
  expect(maskPhoneNumber('260763456789')).toBe('2607••••6789')
})

describe('what a shop sees of a payment', () => {
  it('is no more than there is', () => {
    expect(show(record())).toEqual({
      id: PAYMENT,
      status: 'pending',
      amount: '1050 minor units of ZMW',
      currency: 'ZMW',
      phoneNumber: '2607••••6789',
      provider: 'MTN_MOMO_ZMB',
      gateway: 'pawapay',
      invoice: 'INV-1',
      sessionId: 'session-1',
      attempts: [
        {
          n: 1,
          gateway: 'pawapay',
          reference: '00000000-0000-4000-8000-000000000001',
          status: 'pending',
          createdAt: '2026-11-21T08:00:00.001Z',
        },
      ],
      fulfilment: { status: 'none' },
      refundedAmount: '0 minor units of ZMW',
      createdAt: '2026-11-21T08:00:00.000Z',
      updatedAt: '2026-11-21T08:00:01.000Z',
    })
    expect(show(record({}, { invoice: null }))).not.toHaveProperty('invoice')
  })

  it('is all that there is', () => {
    const nextAction = { type: 'redirect', url: 'https://wallet.example/1' } as const
    const fulfilment = { status: 'fulfilled', deliveredVia: 'qstash', atMs: NOW + 2_000 } as const
    const whole = record({ nextAction, fulfilment }, { metadata: { a: 'b' }, returnUrl: 'https://shop.example' })
    expect(show(whole)).toMatchObject({
      nextAction,
      fulfilment: { status: 'fulfilled', deliveredVia: 'qstash', at: '2026-11-21T08:00:02.000Z' },
      metadata: { a: 'b' },
      returnUrl: 'https://shop.example',
    })
  })

  it('T33: is given back what was given back for certain, of what paid', () => {
    const refunds = [
      refund(1, 1, { amountMinor: '300' }),
      refund(2, 1, { amountMinor: '50' }),
      refund(3, 1, { amountMinor: null }),
      refund(4, 1, { amountMinor: '7', status: 'unknown' }),
      refund(5, 1, { amountMinor: '7', status: 'failed' }),
      refund(6, 2, { amountMinor: '1050', reason: 'double' }),
    ]
    expect(show(record({ refunds, doubles: [2] })).refundedAmount).toBe('350 minor units of ZMW')
    // States from before there were any have none.
    expect(show(record({ refunds: undefined as never })).refundedAmount).toBe('0 minor units of ZMW')
  })

  it.each([
    ['PAYER_NOT_FOUND', false, 'This phone number has no wallet with the chosen provider.'],
    ['NEVER_HEARD_OF', false, 'The provider reported that the payment failed.'],
    ['NEVER_HEARD_OF', true, 'The provider refused the payment. No money was taken.'],
  ])('says of %s (refused: %s) why it failed', (failureCode, refused, message) => {
    const { failure, attempts } = show(
      record({
        status: 'failed',
        attempts: [
          attempt(1, { failureCode: 'FIRST' }),
          attempt(2, { failureCode: 'SECOND' }),
          attempt(3, { failureCode, refused }),
        ],
      }),
    )
    expect(failure).toEqual({ code: failureCode, message })
    expect(attempts.map((each) => each.failureCode)).toEqual(['FIRST', 'SECOND', failureCode])
  })

  it.each(['failed', 'expired'] as const)('has a reason for %s even when the gateway gave none', (status) => {
    const { failure, attempts } = show(record({ status }))
    expect(failure?.code).toBe(status)
    expect(attempts[0]).not.toHaveProperty('failureCode')
    expect(show(record({ status, attempts: [] })).failure).toEqual({
      code: status,
      message: failureMessage(status, false),
    })
  })

  it.each(['created', 'pending', 'needs_action', 'unknown', 'succeeded', 'review'] as const)(
    'names no failure of one that is %s, whatever an attempt said',
    (status) => {
      const failed = [attempt(1, { failureCode: 'PAYER_NOT_FOUND' })]
      expect(show(record({ status, attempts: failed }))).not.toHaveProperty('failure')
    },
  )
})

describe('how long a snapshot may lie in Redis', () => {
  it.each([
    ['pending', 'none', 2_000],
    ['unknown', 'none', 2_000],
    ['review', 'none', 2_000],
    ['failed', 'none', 10_000],
    ['expired', 'none', 10_000],
    ['succeeded', 'pending', 2_000],
    ['succeeded', 'fulfilled', 60_000],
    ['review', 'fulfilled', 2_000],
  ] as const)('%s, fulfilment %s: %i ms', (status, fulfilment, ttlMs) => {
    const state = { status, fulfilment: { status: fulfilment, deliveredVia: null, atMs: null } }
    expect(snapshotTtlMs(record(state))).toBe(ttlMs)
  })
})

describe('what is still to be fulfilled', () => {
  it('is the paid attempt, by its own row', () => {
    expect(fulfilmentDue(paid())).toEqual({
      paymentId: PAYMENT,
      merchantId: MERCHANT,
      mode: 'test',
      invoice: 'INV-1',
      gateway: 'pawapay',
      reference: '00000000-0000-4000-8000-000000000001',
      attempt: 1,
      amountMinor: '1050',
      currency: 'ZMW',
      succeededAtMs: NOW + 500,
      index: indexRow(paid()),
    })
  })

  it('I1: is never a double, whichever of the two came first', () => {
    const both = [attempt(1, { status: 'succeeded' }), attempt(2, { status: 'succeeded' })]
    expect(fulfilmentDue(paid({ attempts: both, doubles: [1] }))?.attempt).toBe(2)
    expect(fulfilmentDue(paid({ attempts: both, doubles: [2] }))?.attempt).toBe(1)
  })

  it('T23: is the attempt that succeeded, not one that failed before or after it', () => {
    const attempts = [
      attempt(1, { status: 'failed' }),
      attempt(2, { status: 'succeeded' }),
      attempt(3, { status: 'failed' }),
    ]
    expect(fulfilmentDue(paid({ attempts }))?.attempt).toBe(2)
  })

  it.each<[string, Partial<PaymentState>]>([
    ['not paid', { status: 'pending' }],
    ['taken back', { status: 'review' }],
    ['fulfilled already', { fulfilment: { status: 'fulfilled', deliveredVia: 'qstash', atMs: NOW } }],
    ['never due', { fulfilment: { status: 'none', deliveredVia: null, atMs: null } }],
    ['paid by no attempt', { attempts: [attempt(1, { status: 'failed' })] }],
    ['paid by doubles alone', { doubles: [1] }],
    ['paid at no time', { succeededAtMs: null }],
  ])('is nothing when it is %s', (_, state) => {
    expect(fulfilmentDue(paid(state))).toBeNull()
  })
})
