import { describe, expect, it } from 'vitest'
import { recordOf } from '../../../src/consumer/begin-record.ts'
import { erasedRecord, refusal } from '../../../src/consumer/erasure.ts'
import { earlierPayersOf, payerOf } from '../../../src/consumer/payer.ts'
import type { PaymentRecord } from '../../../src/consumer/payment-record.ts'
import type { AttemptState, PaymentState } from '../../../src/contracts/decide.ts'
import type { Msisdn } from '../../../src/domain/ids.ts'
import { beginInput, PRINT } from '../../flows/fakes.ts'
import { attempt, NOW, record } from './records.ts'

const stateWith = (attempts: readonly AttemptState[], over: Partial<PaymentState> = {}): PaymentState =>
  record({ attempts, ...over }).state

const inputOf = (phone: string, provider = 'MTN_MOMO_ZMB') =>
  beginInput({
    phoneNumber: `26076345${phone}` as Msisdn,
    provider,
    fingerprint: { ...PRINT, phoneNumber: `hash of ${phone}` },
  })

const FAILED = { status: 'failed', failureCode: 'PAYMENT_NOT_APPROVED' } as const
const NOT_SENT = { status: 'failed', failureCode: 'not_sent' } as const

/** A record whose attempts were begun one after the other: by whom, and how the attempt stood when the next began. */
const tried = (...by: readonly (readonly [phone: string, stands: Partial<AttemptState>])[]): PaymentRecord => {
  let before: PaymentRecord | null = null
  const attempts: AttemptState[] = []
  for (const [phone, stands] of by) {
    before = recordOf(inputOf(phone), stateWith([...attempts, attempt(attempts.length + 1)]), null, before)
    attempts.push(attempt(attempts.length + 1, stands))
    before = { ...before, state: stateWith(attempts) }
  }
  if (!before) throw new Error('nobody tried')
  return before
}
/** As it is when the gateway has taken the money for attempt `n`. */
const paidBy = (kept: PaymentRecord, n: number, doubles: readonly number[] = []): PaymentRecord => {
  const attempts = kept.state.attempts.map((each) =>
    each.n === n || doubles.includes(each.n) ? { ...each, status: 'succeeded' as const } : each,
  )
  return { ...kept, state: { ...kept.state, status: 'succeeded', attempts, doubles } }
}
const suffix = (kept: PaymentRecord): string => payerOf(kept).phoneMasked.slice(-4)

describe('whose a payment is', () => {
  it('is his whose attempt was paid, whoever tried after him', () => {
    const three = tried(['7771', FAILED], ['7772', FAILED], ['7773', {}])
    expect(suffix(three)).toBe('7773')
    for (const n of [1, 2, 3]) {
      const payer = payerOf(paidBy(three, n))
      expect(payer).toMatchObject({ n, phoneMasked: `2607••••777${n}` })
      expect(payer.fingerprint['phoneNumber']).toBe(`hash of 777${n}`)
    }
  })

  it('is that of the attempt that pays, not of a double', () => {
    const two = tried(['7771', FAILED], ['7772', {}])
    expect(suffix(paidBy(two, 1, [2]))).toBe('7771')
    expect(suffix(paidBy(two, 2, [1]))).toBe('7772')
  })

  it('is not his of whose attempt nothing left', () => {
    const two = tried(['7771', FAILED], ['7772', NOT_SENT])
    expect(suffix(two)).toBe('7771')
    expect(suffix(paidBy(two, 1))).toBe('7771')
    // And nothing of him is kept when the next one tries.
    const three = tried(['7771', FAILED], ['7772', NOT_SENT], ['7773', {}])
    expect(JSON.stringify(three)).not.toContain('7772')
    expect(suffix(paidBy(three, 1))).toBe('7771')
    expect(suffix(three)).toBe('7773')
    expect(suffix(tried(['7771', NOT_SENT]))).toBe('7771')
  })

  it('goes through the gateway of that attempt, also when Lango itself went on at another', () => {
    const attempts = [attempt(1, { ...FAILED, gateway: 'mtn' }), attempt(2, { gateway: 'pawapay' })]
    const failedOver = record({ attempts }, { gateway: 'pawapay' })
    expect(payerOf(failedOver)).toMatchObject({ n: 2, gateway: 'pawapay' })
    expect(payerOf(paidBy(failedOver, 1))).toMatchObject({ n: 1, gateway: 'mtn', phoneMasked: failedOver.phoneMasked })
  })

  it('who failed over before another tried has both attempts', () => {
    const attempts = [attempt(1, { ...FAILED, gateway: 'mtn' }), attempt(2, FAILED)]
    const first = { ...recordOf(inputOf('7771'), stateWith(attempts), null, null) }
    const second = recordOf(inputOf('7772'), stateWith([...attempts, attempt(3)]), null, first)
    expect([1, 2, 3].map((n) => suffix(paidBy(second, n)))).toEqual(['7771', '7771', '7772'])
  })

  it('of a record from before there were earlier payers is who tried last', () => {
    const { earlierPayers: _, ...old } = tried(['7771', FAILED], ['7772', {}])
    expect(suffix(paidBy(old, 1))).toBe('7772')
    expect(suffix(record({ attempts: [] }))).toBe('6789')
  })
})

describe('an earlier payer', () => {
  it('is kept when the number or the provider is another, and not when only the key is', () => {
    const before = tried(['7771', FAILED])
    expect(earlierPayersOf(null, inputOf('7771'))).toEqual({})
    expect(earlierPayersOf(before, inputOf('7771'))).toEqual({})
    const kept = { n: 1, phoneMasked: '2607••••7771', provider: 'MTN_MOMO_ZMB', fingerprint: before.fingerprint }
    expect(earlierPayersOf(before, inputOf('7772'))).toEqual({ earlierPayers: [kept] })
    expect(earlierPayersOf(before, inputOf('7771', 'AIRTEL_OAPI_ZMB'))).toEqual({ earlierPayers: [kept] })
  })

  it('stays when the same customer tries again', () => {
    const three = tried(['7771', FAILED], ['7772', FAILED], ['7772', {}])
    expect(three.earlierPayers).toHaveLength(1)
    expect([1, 2, 3].map((n) => suffix(paidBy(three, n)))).toEqual(['7771', '7772', '7772'])
  })

  it('T55: is erased with the payment, and found by what it showed', () => {
    const two = paidBy(tried(['7771', FAILED], ['7772', FAILED]), 1)
    const rest = { ...two, state: { ...two.state, fulfilment: { status: 'fulfilled', deliveredVia: null, atMs: NOW } } }
    const asked = (masked: string) => refusal(rest as PaymentRecord, true, false, { v: 1, dryRun: true, masked })?.kind
    expect(['2607••••7771', '2607••••7772', '2607••••7773'].map(asked)).toEqual([
      'erasable',
      'erasable',
      'other_number',
    ])

    const erased = erasedRecord(two, NOW)
    expect(JSON.stringify(erased)).not.toMatch(/777[12]/)
    expect(payerOf(erased)).toMatchObject({ n: 1, phoneMasked: 'erased', fingerprint: { amount: PRINT['amount'] } })
    // Somebody else who tries after that is not taken for the one who was erased.
    const next = recordOf(inputOf('7773'), stateWith([attempt(1, FAILED), attempt(2, FAILED), attempt(3)]), null, {
      ...erased,
      state: two.state,
    })
    expect(suffix(next)).toBe('7773')
  })
})
