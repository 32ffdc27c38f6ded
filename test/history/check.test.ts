import { expect, it } from 'vitest'
import { checkHistory, mergeVerdicts } from './check.ts'
import type { Asked, Claim, History } from './history.ts'
import {
  capture,
  doubled,
  durable,
  ended,
  FIRST,
  fulfilled,
  one,
  only,
  PAYMENT,
  paid,
  postings,
  retried,
  SECOND,
  said,
  send,
  told,
  two,
} from './payments.ts'

const broken = (history: History): Claim[] =>
  checkHistory(history).judgements.flatMap(({ claim, holds }) => (holds ? [] : claim))

const money = { amountMinor: '1550', currency: 'ZMW' }
const ask = (over: Partial<Asked> = {}): Asked => ({
  at: 5,
  answeredAt: 25,
  merchant: 'm',
  natural: 'INV-1',
  key: 'k1',
  ...money,
  http: 201,
  paymentId: PAYMENT,
  ...over,
})
const unanswered = ({ answeredAt: _, http: __, paymentId: ___, ...rest }: Asked): Asked => rest
const refusal = (over: Partial<Asked>): Asked => {
  const { paymentId: _, ...rest } = ask({ http: 422, ...over })
  return rest
}
const LATE = 30 + 15 * 60_000

const right: Readonly<Record<string, History>> = {
  'nothing at all': only({}),
  'one payment that went well': paid(),
  'a double after the gateway had said failed': doubled(),
  'a late success, told as failed before': paid({
    told: [told('failed', 25), told('succeeded', 60)],
    said: [said('failed', 22), said('succeeded', 31)],
    ended: [ended('succeeded', { lateSuccess: true })],
  }),
  'a failure, then another attempt': retried(),
  'two requests of the shop, each of which went on once': only({
    durable: [
      durable({ gateway: 'pawapay' }),
      durable({ n: 2, reference: SECOND, gateway: 'mtn', failover: true }),
      durable({ n: 3, reference: 'ref-3', gateway: 'mtn' }),
      durable({ n: 4, reference: 'ref-4', gateway: 'pawapay', failover: true }),
    ],
  }),
  'called off, which the gateway confirmed, then another attempt': retried({ said: [said('cancelled', 22)] }),
  'forgotten by the gateway for the settling time, then another attempt': paid({
    sends: [send(), send({ at: LATE + 10, reference: SECOND })],
    // Asked again later, about a hint: what it said before is not unsaid.
    said: [said('not_found', LATE), said('not_found', LATE + 9_000_000)],
    durable: [durable(), durable({ n: 2, reference: SECOND, durableAt: LATE + 5 })],
    captures: [capture({ at: LATE + 20, reference: SECOND })],
    told: [],
    postings: postings({ reference: SECOND }),
    fulfilled: [fulfilled({ at: LATE + 30, reference: SECOND })],
    ended: [ended('succeeded', { attempts: two('expired', 'succeeded') })],
  }),
  'captured for another amount, in review': paid({
    captures: [capture({ amountMinor: '1500' })],
    told: [told('review', 60)],
    postings: [],
    fulfilled: [],
    ended: [ended('review', { reviewReason: 'amount_mismatch' })],
  }),
  'captured and taken back, in review': paid({
    captures: [capture({ reversedAt: 70 })],
    told: [told('succeeded', 60), told('review', 80)],
    ended: [ended('review', { reviewReason: 'reversal' })],
  }),
  'still under way: captured, and nobody has heard': paid({
    settled: false,
    told: [told('pending', 25)],
    postings: [],
    fulfilled: [],
    ended: [],
  }),
  'the same reference sent again': paid({ sends: [send(), send({ at: 24 })] }),
  'answers that overlap, the older truth last': paid({
    told: [told('succeeded', 60), told('pending', 61, { askedAt: 55 })],
  }),
  'twenty taps: one created, the others the same payment, one answer lost': paid({
    asked: [
      ask(),
      ask({ at: 6, answeredAt: 20, http: 202 }),
      ask({ at: 30, answeredAt: 31, http: 200 }),
      ask({ at: 32, answeredAt: 33, key: 'k2', http: 200 }),
      unanswered(ask({ at: 7 })),
      refusal({ at: 40, answeredAt: 41, http: 503, code: 'unavailable' }),
    ],
  }),
  'other content under a known key': paid({
    asked: [
      ask(),
      refusal({ at: 30, answeredAt: 31, amountMinor: '9900', code: 'idempotency_mismatch' }),
      refusal({ at: 30, answeredAt: 31, key: 'k2', amountMinor: '9900', code: 'invoice_conflict' }),
      refusal({ at: 32, answeredAt: 33, content: 'other metadata', code: 'idempotency_mismatch' }),
    ],
  }),
  'told an id, and nothing was ever sent: the key creates later': paid({
    asked: [ask({ at: 1, answeredAt: 2, http: 202 }), ask()],
  }),
  'an attempt told, and never sent: its key creates another': retried({
    asked: [
      ask(),
      ask({ at: 26, answeredAt: 27, key: 'k2', http: 202, attempts: 2 }),
      ask({ at: 30, answeredAt: 36, key: 'k2', attempts: 3 }),
    ],
    durable: [durable(), durable({ n: 3, reference: SECOND, durableAt: 32 })],
    told: [],
    ended: [
      ended('succeeded', {
        attempts: [...two('failed', 'failed', 'ref-unsent'), { n: 3, reference: SECOND, status: 'succeeded' }],
      }),
    ],
  }),
  'refused by the gateway, and replayed so': only({
    asked: [
      ask({ http: 422, code: 'payment_rejected' }),
      ask({ at: 30, answeredAt: 31, http: 422, code: 'payment_rejected' }),
    ],
    durable: [durable()],
    sends: [send()],
    said: [said('rejected', 21)],
    ended: [ended('failed')],
  }),
}

it.each(Object.entries(right))('holds: %s', (_, history) => {
  expect(checkHistory(history).judgements.flatMap(({ violations }) => violations)).toEqual([])
  expect(broken(history)).toEqual([])
})

/** Name → the claims that must fall, all of them and no others, and the history. */
const wrong: Readonly<Record<string, readonly [readonly Claim[], History]>> = {
  'two attempts captured, the first never said to have failed': [
    ['I1', 'I7'],
    doubled({ told: [], said: [said('succeeded', 47, SECOND), said('succeeded', 70)] }),
  ],
  'two attempts captured, failed said only after the second was sent': [
    ['I1', 'I7'],
    doubled({ told: [], said: [said('failed', 43)] }),
  ],
  'a double that nobody recorded': [
    ['I1', 'I5'],
    doubled({ ended: [ended('succeeded', { attempts: two('succeeded', 'succeeded') })] }),
  ],
  'a double for which no refund is due': [
    ['I1'],
    doubled({
      ended: [ended('succeeded', { attempts: two('succeeded', 'succeeded'), doubles: [1], refundsOfDoubles: [] })],
    }),
  ],
  'a double that nobody was told of': [
    ['I1'],
    doubled({
      ended: [ended('succeeded', { attempts: two('succeeded', 'succeeded'), doubles: [1], alertsOfDoubles: [] })],
    }),
  ],
  'all that was captured is a double': [['I2'], paid({ ended: [ended('succeeded', { doubles: [1] })] })],
  'captured at a second gateway, though the first had not failed': [
    ['I1', 'I7'],
    doubled({
      told: [],
      said: [],
      sends: [send(), send({ at: 42, reference: SECOND, gateway: 'mtn' })],
      captures: [capture({ at: 65 }), capture({ at: 46, reference: SECOND, gateway: 'mtn' })],
      postings: postings({ reference: SECOND }).map((each) =>
        each.direction === 'debit' ? { ...each, account: 'gateway:mtn:clearing' } : each,
      ),
    }),
  ],
  'a second failover in one request': [
    ['failover'],
    only({
      durable: [
        durable({ gateway: 'pawapay' }),
        durable({ n: 2, reference: SECOND, gateway: 'mtn', failover: true }),
        durable({ n: 3, reference: 'ref-3', gateway: 'wave', failover: true }),
      ],
      sends: [send(), send({ at: 30, reference: SECOND, gateway: 'mtn' })],
      said: [said('rejected', 21)],
    }),
  ],
  'a failover at the same gateway': [
    ['failover'],
    only({
      durable: [
        durable({ gateway: 'pawapay' }),
        durable({ n: 2, reference: SECOND, gateway: 'pawapay', failover: true }),
      ],
      sends: [send()],
      said: [said('rejected', 21)],
    }),
  ],
  'a failover on silence, which was never sent': [
    ['failover'],
    only({
      durable: [durable({ gateway: 'pawapay' }), durable({ n: 2, reference: SECOND, gateway: 'mtn', failover: true })],
      sends: [send()],
    }),
  ],
  'a failover on silence, refused only later': [
    ['I7', 'failover'],
    only({
      durable: [
        durable({ gateway: 'pawapay' }),
        durable({ n: 2, reference: SECOND, gateway: 'mtn', failover: true, durableAt: 25 }),
      ],
      sends: [send(), send({ at: 30, reference: SECOND, gateway: 'mtn' })],
      said: [said('rejected', 40)],
    }),
  ],
  'a failover on "not found", however long ago': [
    ['failover'],
    only({
      durable: [
        durable({ gateway: 'pawapay' }),
        durable({ n: 2, reference: SECOND, gateway: 'mtn', failover: true, durableAt: LATE + 5 }),
      ],
      sends: [send(), send({ at: LATE + 10, reference: SECOND, gateway: 'mtn' })],
      said: [said('not_found', LATE)],
    }),
  ],
  'sent to another gateway than was written': [['I6'], paid({ durable: [durable({ gateway: 'mtn' })] })],
  'posted to the account of another gateway': [
    ['I5'],
    paid({
      postings: postings().map((each) =>
        each.direction === 'debit' ? { ...each, account: 'gateway:mtn:clearing' } : each,
      ),
    }),
  ],
  'not found excuses no second charge': [['I1', 'I7'], doubled({ told: [], said: [said('not_found', 40)] })],
  'one reference captured twice': [['I1'], paid({ captures: [capture(), capture({ at: 33 })] })],
  'captured, and the payment failed': [
    ['I2'],
    paid({ told: [told('failed', 60)], postings: [], fulfilled: [], ended: [ended('failed')] }),
  ],
  'captured, and the payment is open for ever': [
    ['I2'],
    paid({ told: [], postings: [], fulfilled: [], ended: [ended('pending')] }),
  ],
  'captured, and the payment is nowhere': [['I2'], paid({ told: [], postings: [], fulfilled: [], ended: [] })],
  'captured, and nobody knows the reference': [
    ['I2'],
    paid({ captures: [capture(), capture({ reference: 'ref-unknown' })] }),
  ],
  'captured for another amount, and paid': [['I2', 'I5'], paid({ captures: [capture({ amountMinor: '1500' })] })],
  'captured, never taken back, and in review as if it had been': [
    ['I2'],
    paid({ told: [told('review', 80)], ended: [ended('review', { reviewReason: 'reversal' })] }),
  ],
  'told paid, nothing captured yet': [
    ['I2'],
    paid({ told: [told('succeeded', 28)], settled: false, ended: [], fulfilled: [], postings: [] }),
  ],
  'ended paid, nothing captured': [['I2', 'I3'], paid({ captures: [], told: [], postings: [], fulfilled: [] })],
  'fulfilled twice': [['I3'], paid({ fulfilled: [fulfilled(), fulfilled({ at: 55 })] })],
  'never fulfilled': [['I3'], paid({ fulfilled: [] })],
  'fulfilled, and the payment does not know': [
    ['I3'],
    paid({ ended: [ended('succeeded', { fulfilment: 'pending' })] }),
  ],
  'fulfilled before the capture': [['I3'], paid({ fulfilled: [fulfilled({ at: 29 })] })],
  "fulfilled for another payment's capture": [
    ['I3'],
    paid({
      captures: [capture(), capture({ reference: 'ref-other' })],
      durable: [durable(), durable({ paymentId: 'pay_two', reference: 'ref-other' })],
      fulfilled: [fulfilled({ reference: 'ref-other' })],
      ended: [ended('succeeded'), ended('review', { paymentId: 'pay_two', attempts: one('succeeded', 'ref-other') })],
    }),
  ],
  'succeeded, then pending': [['I4'], paid({ told: [told('succeeded', 60), told('pending', 70)] })],
  'succeeded, then failed': [['I4'], paid({ told: [told('succeeded', 60), told('failed', 70)] })],
  'succeeded, then a new attempt': [
    ['I4'],
    paid({ told: [told('succeeded', 60), told('pending', 70, { attempts: two('succeeded', 'pending') })] }),
  ],
  'failed, then pending without a new attempt': [
    ['I4'],
    paid({ told: [told('failed', 25), told('pending', 35)], ended: [ended('succeeded', { lateSuccess: true })] }),
  ],
  'failed, then succeeded, not marked': [['I4'], paid({ told: [told('failed', 25), told('succeeded', 60)] })],
  'expired, then succeeded in the end, not marked': [['I4'], paid({ told: [told('expired', 25)] })],
  'succeeded was told, failed in the end': [
    ['I2', 'I4'],
    paid({ postings: [], fulfilled: [], ended: [ended('failed')] }),
  ],
  'another amount is told': [
    ['I4'],
    paid({ told: [told('pending', 25), told('pending', 26, { amountMinor: '1551' })] }),
  ],
  'the attempt changes its reference': [
    ['I4'],
    paid({ told: [told('pending', 25), told('pending', 26, { attempts: one('pending', SECOND) })] }),
  ],
  'debits and credits differ': [
    ['I5'],
    paid({ postings: [...postings().slice(0, 1), { ...postings()[1], amountMinor: '1549' } as never] }),
  ],
  'balanced over two currencies only': [
    ['I5'],
    paid({ postings: [...postings().slice(0, 1), { ...postings()[1], currency: 'KES' } as never] }),
  ],
  'two entries that balance each other only': [
    ['I5'],
    paid({
      postings: [...postings().slice(0, 1), { ...postings()[1], entryId: 'dep_2' } as never],
    }),
  ],
  'posted and never captured': [
    ['I5'],
    paid({ postings: [...postings(), ...postings({ entryId: 'dep_9', reference: 'ref-9' })] }),
  ],
  'posted twice': [['I5'], paid({ postings: [...postings(), ...postings({ entryId: 'dep_2' })] })],
  'captured, paid, never posted': [['I5'], paid({ postings: [] })],
  'posted in another currency': [['I5'], paid({ postings: postings({ currency: 'KES' }) })],
  'one account on both sides': [['I5'], paid({ postings: postings({ account: 'a' }) })],
  'sent before it was durable': [['I6'], paid({ durable: [durable({ durableAt: 21 })] })],
  'sent and never durable': [['I6'], paid({ durable: [] })],
  'one reference for two payments': [['I6'], paid({ durable: [durable(), durable({ paymentId: 'pay_two' })] })],
  'one attempt with two references': [['I6'], paid({ durable: [durable(), durable({ reference: SECOND })] })],
  'sent for another amount': [['I6'], paid({ sends: [send({ amountMinor: '155000' })] })],
  'a second attempt beside an open one': [
    ['I7'],
    paid({
      sends: [send(), send({ at: 24, reference: SECOND })],
      durable: [durable(), durable({ n: 2, reference: SECOND, durableAt: 22 })],
    }),
  ],
  'a second attempt after "not found" before the settling time': [
    ['I7'],
    paid({
      sends: [send(), send({ at: LATE, reference: SECOND })],
      said: [said('not_found', LATE - 1_000)],
      durable: [durable(), durable({ n: 2, reference: SECOND, durableAt: 22 })],
    }),
  ],
  'one invoice, two payments': [['I13'], paid({ asked: [ask(), ask({ key: 'k2', paymentId: 'pay_two' })] })],
  'one payment for two invoices': [['I13'], paid({ asked: [ask(), ask({ key: 'k2', natural: 'INV-2' })] })],
  'one key, two payments': [
    ['register'],
    paid({ asked: [ask(), ask({ http: 202, natural: 'INV-2', paymentId: 'pay_two' })] }),
  ],
  'one key, two contents taken': [['register'], paid({ asked: [ask(), ask({ http: 202, amountMinor: '9900' })] })],
  'created twice': [['register'], paid({ asked: [ask(), ask({ at: 6, answeredAt: 26 })] })],
  'a second attempt sent, and its key creates again': [
    ['register'],
    retried({
      asked: [
        ask(),
        ask({ at: 32, answeredAt: 34, key: 'k2', http: 202, attempts: 2 }),
        ask({ at: 36, answeredAt: 37, key: 'k2', attempts: 2 }),
      ],
    }),
  ],
  'created after it was there': [['register'], paid({ asked: [ask({ http: 202 }), ask({ at: 26, answeredAt: 27 })] })],
  'back to no payment': [
    ['register'],
    paid({ asked: [ask(), refusal({ at: 30, answeredAt: 31, http: 404, code: 'not_found' })] }),
  ],
  'a mismatch for the same content': [
    ['register'],
    paid({ asked: [ask(), refusal({ at: 6, answeredAt: 31, code: 'idempotency_mismatch' })] }),
  ],
  'a mismatch for the content that was taken, though there was another': [
    ['register'],
    paid({
      asked: [
        ask(),
        refusal({ at: 30, answeredAt: 31, code: 'idempotency_mismatch' }),
        refusal({ at: 30, answeredAt: 31, amountMinor: '9900', code: 'idempotency_mismatch' }),
      ],
    }),
  ],
  'a conflict with nothing': [
    ['register'],
    paid({ asked: [ask(), refusal({ key: 'k2', at: 30, answeredAt: 31, code: 'invoice_conflict' })] }),
  ],
}

it.each(Object.entries(wrong))('is caught: %s', (_, [claims, history]) => {
  expect(broken(history)).toEqual(claims)
})

it('says how much it was asked, and names what it saw', () => {
  const verdict = checkHistory(paid({ fulfilled: [] }))
  expect(verdict.holds).toBe(false)
  expect(verdict.judgements.map(({ claim }) => claim)).toEqual([
    'I1',
    'I2',
    'I3',
    'I4',
    'I5',
    'I6',
    'I7',
    'failover',
    'I13',
    'register',
  ])
  expect(verdict.judgements.every(({ judged }) => judged > 0)).toBe(true)
  expect(verdict.judgements.find(({ claim }) => claim === 'I3')?.violations).toEqual([
    `${PAYMENT}: paid and never fulfilled`,
  ])
  expect(checkHistory(only({})).judgements.every(({ judged }) => judged === 0)).toBe(true)
})

it('names at most twenty violations, and counts on', () => {
  const captures = Array.from({ length: 30 }, (_, i) => capture({ reference: `${FIRST}-${i}` }))
  const judgement = checkHistory(only({ captures })).judgements.find(({ claim }) => claim === 'I2')
  expect(judgement).toMatchObject({ holds: false, judged: 30 })
  expect(judgement?.violations).toHaveLength(20)
})

it('adds up the verdicts of shards', () => {
  const merged = mergeVerdicts([checkHistory(paid()), checkHistory(paid({ fulfilled: [] })), checkHistory(paid())])
  expect(merged.holds).toBe(false)
  expect(merged.judgements.filter(({ holds }) => !holds).map(({ claim }) => claim)).toEqual(['I3'])
  expect(merged.judgements.find(({ claim }) => claim === 'I1')?.judged).toBe(3)
  expect(mergeVerdicts([checkHistory(paid())]).holds).toBe(true)
})
