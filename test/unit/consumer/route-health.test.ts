import { expect, it } from 'vitest'
import { isGatewaysOwn } from '../../../src/consumer/failover-decision.ts'
import { isProbeDue, seenIn } from '../../../src/consumer/route-health.ts'
import type { AttemptState, PaymentEvent } from '../../../src/contracts/decide.ts'
import { attempt, NOW, record } from './records.ts'

const poll: PaymentEvent = { type: 'pollFailed', n: 1, nowMs: NOW }
const accepted: PaymentEvent = { type: 'sendAccepted', n: 1, nextAction: null, nowMs: NOW + 2_501 }
const seen = (was: Partial<AttemptState>, is: Partial<AttemptState>, event: PaymentEvent = poll) =>
  seenIn(
    record({ attempts: [attempt(1, { status: 'created', ...was })] }).state,
    record({ attempts: [attempt(1, { status: 'created', ...is })] }).state,
    event,
  ).map((each) => each.seen)

it.each<[Partial<AttemptState>, Partial<AttemptState>, PaymentEvent, unknown]>([
  [{}, { status: 'pending' }, accepted, { kind: 'prompted', afterMs: 2_500 }],
  [{}, { status: 'needs_action' }, accepted, { kind: 'prompted', afterMs: 2_500 }],
  [{}, { status: 'unknown' }, poll, { kind: 'unknown' }],
  [{ status: 'pending' }, { status: 'succeeded' }, poll, { kind: 'succeeded' }],
  [{ status: 'pending' }, { status: 'expired' }, poll, { kind: 'failed', cause: 'customer' }],
  [{}, { status: 'failed', failureCode: 'INVALID_KEY' }, poll, { kind: 'failed', cause: 'gateway' }],
  [{}, { status: 'failed', failureCode: 'SERVICE_UNAVAILABLE' }, poll, { kind: 'failed', cause: 'operator' }],
])('%j, then %j: %j shows %j', (was, is, event, what) => {
  expect(seen(was, is, event)).toEqual([what])
})

it('sees nothing in what did not change, was found by asking, or never left', () => {
  expect(seen({ status: 'pending' }, { status: 'pending', polls: 1 })).toEqual([])
  expect(seen({ status: 'unknown' }, { status: 'pending' })).toEqual([])
  expect(seen({}, { status: 'failed', failureCode: 'not_sent' })).toEqual([])
})

it('a gateway that gave no token has failed; a closed vault says nothing of it', () => {
  expect(isGatewaysOwn({ kind: 'not_sent', code: 'E1322' })).toBe(true)
  expect(isGatewaysOwn({ kind: 'not_sent', code: 'E1001' })).toBe(false)
  expect(isGatewaysOwn({ kind: 'rejected', code: 'E1322' })).toBe(false)
})

it('knows which probe a question would be', () => {
  const asked = { gateway: 'mtn', rail: 'MTN_MOMO_ZMB' }
  expect(isProbeDue([], asked)).toBe(false)
  expect(isProbeDue([{ gateway: 'mtn', rail: 'MTN_MOMO_UGA' }], asked)).toBe(false)
  expect(isProbeDue([{ gateway: 'wave', rail: null }], asked)).toBe(false)
  for (const probe of [asked, { gateway: 'mtn', rail: null }, { gateway: null, rail: 'MTN_MOMO_ZMB' }])
    expect(isProbeDue([probe], asked)).toBe(true)
})
