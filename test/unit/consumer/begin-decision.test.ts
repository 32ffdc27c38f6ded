import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { type BeginDecision, decideBegin } from '../../../src/consumer/begin-decision.ts'
import { recordOf } from '../../../src/consumer/begin-record.ts'
import type { KeyRow, PaymentRecord } from '../../../src/consumer/payment-record.ts'
import type { PaymentEvent, PaymentState } from '../../../src/contracts/decide.ts'
import type { BeginInput } from '../../../src/contracts/payment-object.ts'
import { createDecideCore } from '../../../src/core/decide.ts'
import type { MerchantId, PaymentId } from '../../../src/domain/ids.ts'
import { beginInput, MERCHANT, PRINT } from '../../flows/fakes.ts'

const CORE_DIR = process.env['LANGO_CORE_DIR'] ?? 'src/core/generated'
const core = createDecideCore(new WebAssembly.Module(readFileSync(`${CORE_DIR}/decide.wasm`)))
const REFERENCE_KEY = '00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff'
const NOW = 1_790_000_000_000
const NATURAL = { kind: 'invoice', value: 'INV-1' } as const
const ID = core.paymentId(MERCHANT, 'test', NATURAL)

const input = (over: Partial<BeginInput> = {}): BeginInput => beginInput({ paymentId: ID, natural: NATURAL, ...over })
const row = (attempt: number, over: Partial<KeyRow['fingerprint']> = {}): KeyRow => ({
  attempt,
  fingerprint: { ...PRINT, ...(over as Record<string, string>) },
})
const decide = (record: PaymentRecord | null, key: KeyRow | null, of: BeginInput = input()): BeginDecision =>
  decideBegin(core, REFERENCE_KEY, record, key, of, NOW)

const step = (state: PaymentState | null, event: PaymentEvent): PaymentState => {
  const answer = core.step(state, event)
  if (!answer.ok) throw new Error(answer.code)
  return answer.state
}

/** A record after `count` attempts, each ended by `ends` in turn; the last may be left open. */
const having = (...ends: ('open' | 'refused' | 'failed' | 'not_sent' | 'paid' | 'review')[]): PaymentRecord => {
  let state: PaymentState | null = null
  for (const [i, end] of ends.entries()) {
    const n = i + 1
    state = step(state, {
      type: 'begin',
      n,
      gateway: 'pawapay',
      reference: core.gatewayReference(REFERENCE_KEY, ID, n),
      amountMinor: '1050',
      currency: 'ZMW',
      nowMs: NOW - 1_000,
    })
    const told = (outcome: 'succeeded' | 'failed', amountMinor = '1050'): PaymentEvent => ({
      type: 'told',
      n,
      outcome,
      failureCode: outcome === 'failed' ? 'PAYMENT_NOT_APPROVED' : null,
      amountMinor,
      currency: 'ZMW',
      providerTransactionId: null,
      source: 'poll',
      nowMs: NOW,
    })
    if (end === 'refused') state = step(state, { type: 'sendRejected', n, code: 'PAYER_NOT_FOUND', nowMs: NOW })
    if (end === 'not_sent') state = step(state, { type: 'sendNotSent', n, nowMs: NOW })
    if (end === 'failed') state = step(state, told('failed'))
    if (end === 'paid') state = step(state, told('succeeded'))
    if (end === 'review') state = step(state, told('succeeded', '1'))
  }
  return recordOf(input(), state as PaymentState, null, null)
}

/** Attempt 1 was paid after all. */
const paidLate = (state: PaymentState): PaymentState =>
  step(state, {
    type: 'told',
    n: 1,
    outcome: 'succeeded',
    failureCode: null,
    amountMinor: '1050',
    currency: 'ZMW',
    providerTransactionId: null,
    source: 'poll',
    nowMs: NOW,
  })

describe('the first begin', () => {
  it('is attempt 1, under the reference that the payment gives it, with an alarm', () => {
    const decision = decide(null, null)
    expect(decision).toMatchObject({
      kind: 'attempt',
      n: 1,
      reference: core.gatewayReference(REFERENCE_KEY, ID, 1),
      state: { status: 'pending', amountMinor: '1050', currency: 'ZMW', createdAtMs: NOW },
    })
    if (decision.kind === 'attempt') expect(decision.wakeAtMs).toBeGreaterThan(NOW)
  })

  it('is attempt 1 also of a payment that is known and was never tried', () => {
    const { state, ...record } = having('not_sent')
    const untried = { ...record, state: { ...state, status: 'created', attempts: [] } as PaymentState }
    expect(decide(untried, null)).toMatchObject({ kind: 'attempt', n: 1 })
  })

  it('sets no alarm when the reducer wants none', () => {
    const state = having('open').state
    const step = () => ({ ok: true, state, effects: [{ type: 'send', n: 1 }] }) as const
    expect(decideBegin({ ...core, step }, REFERENCE_KEY, null, null, input(), NOW)).toMatchObject({ wakeAtMs: null })
  })

  it('is refused under an id that is another payment’s', () => {
    const wrong = input({ paymentId: 'pay_00000000000000000000000009' as PaymentId })
    expect(decide(null, null, wrong)).toEqual({ kind: 'refused', code: 'wrong_payment_id' })
  })

  it('is refused by the reducer’s own code', () => {
    expect(decide(null, null, input({ amountMinor: '0' }))).toEqual({ kind: 'refused', code: 'bad_amount' })
    expect(decide(null, null, input({ currency: 'XXX' }))).toEqual({ kind: 'refused', code: 'unknown_currency' })
  })
})

describe('T04: two payments are never mixed into one', () => {
  const record = having('open')
  it.each([
    ['paymentId', { paymentId: 'pay_00000000000000000000000009' as PaymentId }],
    ['merchantId', { merchantId: 'mer_two' as MerchantId }],
    ['mode', { mode: 'live' }],
    ['kind', { natural: { kind: 'idempotency_key', value: 'INV-1' } }],
    ['value', { natural: { kind: 'invoice', value: 'INV-2' } }],
  ] as const)('a record that differs in %s', (_, over) => {
    expect(decide({ ...record, ...over }, null)).toEqual({ kind: 'refused', code: 'identity_collision' })
    expect(decide({ ...record, ...over }, row(1))).toEqual({ kind: 'refused', code: 'identity_collision' })
  })
})

describe('a key that is known', () => {
  it('T02: is the payment, and joins nothing', () => {
    expect(decide(having('open'), row(1))).toEqual({ kind: 'existing', refused: false, joins: false })
  })
  it('T03: with other content names what differs', () => {
    expect(decide(having('open'), row(1, { amount: 'other' }))).toEqual({ kind: 'mismatch', field: 'amount' })
    expect(decide(having('open'), row(1, { later: 'new' }))).toEqual({ kind: 'mismatch', field: 'later' })
  })
  it('is answered with its refusal while nothing came after it', () => {
    expect(decide(having('refused'), row(1))).toMatchObject({ refused: true })
    expect(decide(having('refused', 'not_sent'), row(1))).toMatchObject({ refused: true })
    expect(decide(having('refused', 'open'), row(1))).toMatchObject({ refused: false })
    expect(decide(having('refused', 'paid'), row(1))).toMatchObject({ refused: false })
  })
  it('T23: is not answered with its refusal when an attempt before it was paid after all', () => {
    const late = having('failed', 'refused')
    expect(decide({ ...late, state: paidLate(late.state) }, row(2))).toMatchObject({ refused: false })
  })
  it('is not answered with the refusal of another key', () => {
    expect(decide(having('failed', 'refused'), row(1))).toMatchObject({ refused: false })
    expect(decide(having('failed', 'refused'), row(2))).toMatchObject({ refused: true })
  })
  it('of an attempt that never left is no refusal', () => {
    expect(decide(having('not_sent'), row(1))).toEqual({ kind: 'existing', refused: false, joins: false })
  })
  it('failed later is no refusal', () => {
    expect(decide(having('failed'), row(1))).toMatchObject({ refused: false })
  })
  it('makes no attempt without a record: it is then a first begin', () => {
    expect(decide(null, row(1))).toMatchObject({ kind: 'attempt', n: 1 })
  })
})

describe('T14, T15: another key for the same payment', () => {
  it.each(['open', 'paid', 'review'] as const)('joins it while it is %s', (end) => {
    expect(decide(having(end), null)).toEqual({ kind: 'existing', refused: false, joins: true })
  })
  it.each(['amount', 'currency', 'phoneNumber'])('conflicts while it is open when %s differs', (field) => {
    const other = input({ fingerprint: { ...PRINT, [field]: 'other' } })
    expect(decide(having('open'), null, other)).toEqual({ kind: 'conflict', field })
    expect(decide(having('paid'), null, other)).toEqual({ kind: 'conflict', field })
  })
  it('does not conflict when anything else differs', () => {
    const other = input({ fingerprint: { ...PRINT, provider: 'other', returnUrl: 'other' } })
    expect(decide(having('open'), null, other)).toMatchObject({ kind: 'existing' })
  })

  it('T23: is compared with whose attempt was paid, whoever tried after it', () => {
    const by = (phone: string) => input({ fingerprint: { ...PRINT, phoneNumber: phone } })
    const { state } = having('failed', 'open')
    const first = recordOf(by('first'), having('failed').state, null, null)
    const both = recordOf(by('second'), state, null, first)
    expect(decide(both, null, by('first'))).toEqual({ kind: 'conflict', field: 'phoneNumber' })
    const late = { ...both, state: paidLate(state) }
    expect(decide(late, null, by('first'))).toEqual({ kind: 'existing', refused: false, joins: true })
    expect(decide(late, null, by('second'))).toEqual({ kind: 'conflict', field: 'phoneNumber' })
  })

  it.each(['failed', 'refused', 'not_sent'] as const)('makes the next attempt after one that %s', (end) => {
    expect(decide(having(end), null)).toMatchObject({
      kind: 'attempt',
      n: 2,
      reference: core.gatewayReference(REFERENCE_KEY, ID, 2),
    })
  })
  it.each(['failed', 'not_sent'] as const)('stays with the amount that a shop was told, after one that %s', (end) => {
    const other = input({ amountMinor: '1051', fingerprint: { ...PRINT, amount: 'other' } })
    expect(decide(having(end), null, other)).toEqual({ kind: 'conflict', field: 'amount' })
  })
  it('may then pay from another number, and not another amount', () => {
    const other = (field: string) => input({ fingerprint: { ...PRINT, [field]: 'other' } })
    expect(decide(having('failed'), null, other('phoneNumber'))).toMatchObject({ kind: 'attempt', n: 2 })
    expect(decide(having('failed'), null, other('amount'))).toEqual({ kind: 'conflict', field: 'amount' })
    expect(decide(having('failed'), null, other('currency'))).toEqual({ kind: 'conflict', field: 'currency' })
  })
  it('the reducer has the last word on amount and currency', () => {
    expect(decide(having('failed'), null, input({ amountMinor: '1051' }))).toEqual({
      kind: 'conflict',
      field: 'amount',
    })
    expect(decide(having('failed'), null, input({ currency: 'KES' }))).toEqual({ kind: 'conflict', field: 'currency' })
  })
})

it('T53: a state that the reducer cannot read is no refusal: nothing is said of the payment', () => {
  const record = having('open')
  const later = { ...record, state: { ...record.state, v: 9 } as unknown as PaymentState }
  expect(() => decide(later, null)).toThrow('the reducer cannot read: malformed_')
})

it('an attempt’s number fits one byte of its reference: there is no 256th', () => {
  const record = having('failed')
  const last = record.state.attempts[0]
  if (!last) throw new Error('no attempt')
  const full = (count: number): PaymentRecord => ({
    ...record,
    state: {
      ...record.state,
      attempts: Array.from({ length: count }, (_, i) => ({
        ...last,
        n: i + 1,
        reference: core.gatewayReference(REFERENCE_KEY, ID, i + 1),
      })),
    },
  })
  expect(decide(full(254), null)).toMatchObject({ kind: 'attempt', n: 255 })
  expect(decide(full(255), null)).toEqual({ kind: 'refused', code: 'attempts_exhausted' })
  // Open or paid, it is found all the same.
  for (const status of ['pending', 'succeeded'] as const) {
    const last = full(255)
    const attempts = last.state.attempts.map((each) => (each.n === 255 ? { ...each, status } : each))
    expect(decide({ ...last, state: { ...last.state, status, attempts } }, null)).toMatchObject({ kind: 'existing' })
  }
})
