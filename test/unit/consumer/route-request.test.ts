import { expect, it } from 'vitest'
import { causeOf } from '../../../src/consumer/refusal-cause.ts'
import { routedAttempt, routeRequest } from '../../../src/consumer/route-request.ts'
import type { AttemptState } from '../../../src/contracts/decide.ts'
import { createDecideCore } from '../../../src/core/decide.ts'
import { createRouteCore } from '../../../src/core/route.ts'
import { beginInput } from '../../flows/fakes.ts'
import { loadModule } from '../core/artefacts.ts'
import { attempt } from './records.ts'

const { providersOf } = createDecideCore(loadModule('decide.wasm'))
const { mayFailOver } = createRouteCore(loadModule('route.wasm'))
const NOW_MS = 1_790_000_000_000

it('asks about the rail, its country and the amount, and says nothing of the customer', () => {
  const input = beginInput({ provider: 'MTN_MOMO_ZMB', currency: 'ZMW', amountMinor: '1050' })
  const request = routeRequest(input, 'request', [attempt(1, { status: 'expired' })], providersOf, NOW_MS)
  expect(request).toEqual({
    paymentId: input.paymentId,
    merchant: input.merchantId,
    country: 'ZMB',
    provider: 'MTN_MOMO_ZMB',
    currency: 'ZMW',
    amountMinor: '1050',
    trigger: 'request',
    attempts: [{ gateway: 'pawapay', outcome: 'expired' }],
    nowMs: NOW_MS,
  })
  expect(JSON.stringify(request)).not.toContain(input.phoneNumber)
  expect(routeRequest({ ...input, provider: 'NOBODY' }, 'request', [], providersOf, NOW_MS).country).toBe('')
})

it.each<[string, Partial<AttemptState>, string]>([
  ['open', { status: 'created' }, 'may_still_be_captured'],
  ['lost', { status: 'unknown' }, 'may_still_be_captured'],
  ['pending', { status: 'pending' }, 'may_still_be_captured'],
  ['waiting for the customer', { status: 'needs_action' }, 'may_still_be_captured'],
  ['paid', { status: 'succeeded' }, 'already_paid'],
  [
    'refused by the customer’s doing',
    { status: 'failed', refused: true, failureCode: 'PAYER_LIMIT_REACHED' },
    'customers_own',
  ],
  [
    'refused with a word that nobody knows',
    { status: 'failed', refused: true, failureCode: 'NEW_WORD' },
    'customers_own',
  ],
  ['failed without a word', { status: 'failed', failureCode: null }, 'customers_own'],
  ['never found', { status: 'failed', failureCode: 'not_received' }, 'customers_own'],
  ['lapsed', { status: 'expired' }, 'customers_own'],
  [
    'refused by the gateway’s',
    { status: 'failed', refused: true, failureCode: 'AUTHENTICATION_ERROR' },
    'refused_for_good',
  ],
  [
    'refused by the operator’s',
    { status: 'failed', refused: true, failureCode: 'PROVIDER_TEMPORARILY_UNAVAILABLE' },
    'refused_for_good',
  ],
  ['never sent', { status: 'failed', failureCode: 'not_sent' }, 'nothing_sent'],
])('I7: an attempt that is %s is %j to the router: %s', (_, over, why) => {
  expect(mayFailOver([routedAttempt(attempt(1, over))]).why).toBe(why)
})

it.each(['CURRENCY_NOT_SUPPORTED', 'INVALID_EMAIL', 'INVALID_CURRENCY'])(
  '%s is of what we have set up at that gateway: another may take the payment',
  (failureCode) => {
    expect(causeOf(failureCode)).toBe('gateway')
    expect(mayFailOver([routedAttempt(attempt(1, { status: 'failed', refused: true, failureCode }))])).toMatchObject({
      allowed: true,
      why: 'refused_for_good',
    })
  },
)

it('knows whose doing a refusal was, and takes what it does not know for the customer’s', () => {
  expect(['INVALID_KEY', 'api-key-revoked', 'AUTH_NOT_FOUND'].map(causeOf)).toEqual(Array(3).fill('gateway'))
  expect(causeOf('SERVICE_UNAVAILABLE')).toBe('operator')
  // MTN says the last of these mostly when there is no money (momodeveloper.mtn.com, common errors).
  const customers = ['INSUFFICIENT_BALANCE', 'policy_day_cap', null, 'INTERNAL_PROCESSING_ERROR']
  expect(customers.map(causeOf)).toEqual(customers.map(() => 'customer'))
})
