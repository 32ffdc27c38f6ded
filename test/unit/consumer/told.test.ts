import { describe, expect, it } from 'vitest'
import { sendEvent, statusEvent, verdictEvent } from '../../../src/consumer/told.ts'
import type { Verdict } from '../../../src/contracts/vault.ts'
import type { GatewayReference } from '../../../src/domain/ids.ts'
import { PAYMENT } from '../../flows/fakes.ts'

const NOW = 1_790_000_000_000
const NOTHING = { failureCode: null, amountMinor: null, currency: null, providerTransactionId: null }

describe('what the send reported', () => {
  it('accepted, with what the customer has to do', () => {
    const nextAction = { type: 'redirect', url: 'https://wallet.example/1' } as const
    expect(sendEvent(2, { kind: 'accepted', nextAction }, NOW)).toEqual({
      type: 'sendAccepted',
      n: 2,
      nextAction,
      nowMs: NOW,
    })
    expect(sendEvent(2, { kind: 'accepted' }, NOW)).toEqual({
      type: 'sendAccepted',
      n: 2,
      nextAction: null,
      nowMs: NOW,
    })
  })
  it('rejected, with the gateway’s code', () => {
    expect(sendEvent(1, { kind: 'rejected', code: 'PAYER_LIMIT_REACHED', message: 'no' }, NOW)).toEqual({
      type: 'sendRejected',
      n: 1,
      code: 'PAYER_LIMIT_REACHED',
      nowMs: NOW,
    })
  })
  it('I7: unknown is neither of them', () => {
    expect(sendEvent(1, { kind: 'unknown', reason: 'timeout' }, NOW)).toEqual({ type: 'sendUnknown', n: 1, nowMs: NOW })
  })
  it('certainly not sent', () => {
    expect(sendEvent(3, { kind: 'not_sent', code: 'E1001' }, NOW)).toEqual({ type: 'sendNotSent', n: 3, nowMs: NOW })
  })
})

describe('the answer to a status query', () => {
  it('found: what the gateway says, and that it was asked', () => {
    const found = {
      kind: 'found',
      outcome: 'succeeded',
      amountMinor: '1550',
      currency: 'ZMW',
      providerTransactionId: 'TX1',
    } as const
    expect(statusEvent(1, found, NOW, NOW + 5)).toEqual({
      type: 'told',
      n: 1,
      outcome: 'succeeded',
      failureCode: null,
      amountMinor: '1550',
      currency: 'ZMW',
      providerTransactionId: 'TX1',
      source: 'poll',
      heardAtMs: NOW + 5,
      nowMs: NOW,
    })
  })
  it('found, with nothing but the outcome: the rest is not made up', () => {
    expect(statusEvent(1, { kind: 'found', outcome: 'pending' }, NOW, NOW + 5)).toEqual({
      type: 'told',
      n: 1,
      outcome: 'pending',
      ...NOTHING,
      source: 'poll',
      heardAtMs: NOW,
      nowMs: NOW,
    })
  })
  it('found failed, and found waiting for the customer', () => {
    expect(
      statusEvent(1, { kind: 'found', outcome: 'failed', failureCode: 'PAYMENT_NOT_APPROVED' }, NOW, NOW + 5),
    ).toMatchObject({ outcome: 'failed', failureCode: 'PAYMENT_NOT_APPROVED' })
    const nextAction = { type: 'redirect', url: 'https://wallet.example/1' } as const
    expect(statusEvent(1, { kind: 'found', outcome: 'pending', nextAction }, NOW, NOW + 5)).toMatchObject({
      nextAction,
    })
  })
  it('T21: not found is a word of the gateway', () => {
    expect(statusEvent(4, { kind: 'not_found' }, NOW, NOW + 5)).toEqual({
      type: 'told',
      n: 4,
      outcome: 'not_found',
      ...NOTHING,
      source: 'poll',
      nowMs: NOW,
    })
  })
  it('T22: a question that failed teaches nothing', () => {
    expect(statusEvent(1, { kind: 'unknown', reason: 'http_500' }, NOW, NOW + 5)).toEqual({
      type: 'pollFailed',
      n: 1,
      nowMs: NOW,
    })
  })
})

it('T39: a verdict keeps when it was heard, which may be long before it is applied', () => {
  const verdict: Verdict = {
    v: 1,
    gateway: 'pawapay',
    operation: 'deposit',
    authentic: 'signed',
    reference: '00000000-0000-4000-8000-000000000001' as GatewayReference,
    paymentId: PAYMENT,
    attempt: 7,
    outcome: 'failed',
    failureCode: 'PAYER_NOT_FOUND',
    amountMinor: '100',
    currency: 'XOF',
    providerTransactionId: 'TX9',
    bodySha256: 'ab',
    receivedAtMs: NOW - 90_000,
  }
  // The attempt is the one that the object found by its reference; what the body says of it is not used.
  expect(verdictEvent(2, verdict, NOW)).toEqual({
    type: 'told',
    n: 2,
    outcome: 'failed',
    failureCode: 'PAYER_NOT_FOUND',
    amountMinor: '100',
    currency: 'XOF',
    providerTransactionId: 'TX9',
    source: 'callback',
    heardAtMs: NOW - 90_000,
    nowMs: NOW,
  })
})
