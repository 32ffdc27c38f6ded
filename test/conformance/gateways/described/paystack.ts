import { expect } from 'vitest'
import { gatewaySpecs } from '../../../../scripts/provision/program.ts'
import type { GatewaySpec } from '../../../../scripts/provision/spec.ts'
import type { Msisdn } from '../../../../src/domain/ids.ts'
import { startPaystack } from '../../../emulators/paystack/server.ts'
import type { GatewayDescription } from '../description.ts'
import { onTheKit } from '../on-the-kit.ts'

const SECRET_KEY = 'sk_test_of_the_suite'

const NUMBERS: Readonly<Record<string, string>> = { GHA: '233551234987', KEN: '254710000000', CIV: '2250700000000' }

const spec = gatewaySpecs(['paystack'])[0] as GatewaySpec

const refusal = (status: number, message: string, code: string) => ({
  name: message,
  manner: { own: { refuse: { status, message } } },
  code,
})

export const paystack: GatewayDescription = {
  spec,
  vars: { PAYSTACK_EMAIL: 'payments@shop.example' },
  keys: { 'paystack.secretKey': { material: SECRET_KEY } },
  start: async (shopUrl) =>
    onTheKit(
      await startPaystack({
        port: 0,
        secretKey: SECRET_KEY,
        callbackUrl: `${shopUrl}/webhooks/paystack/deposits`,
        clock: 'stopped',
      }),
    ),
  creates: { method: 'POST', path: /^\/charge$/ },
  order: { provider: 'MTN_MOMO_GHA', currency: 'GHS', phoneNumber: NUMBERS['GHA'] as Msisdn, amountMinor: '1550' },
  orderFor: (provider) => ({ phoneNumber: NUMBERS[spec.providers[provider]?.country ?? ''] as Msisdn }),
  limitsOf: () => ({ minMinor: 10n, maxMinor: 1_000_000_000n }),
  nextAction: 'approve_on_phone',
  acceptedText: '"status":"pay_offline"',
  answers: [
    {
      name: 'pending',
      manner: { own: { step: 'pending' } },
      outcome: { kind: 'accepted', nextAction: { type: 'approve_on_phone' } },
    },
    {
      name: 'open_url',
      manner: { own: { step: 'open_url' } },
      outcome: {
        kind: 'accepted',
        nextAction: { type: 'redirect', url: expect.stringMatching(/^https:\/\/standard\.paystack\.co\//) },
      },
    },
    { name: 'success', manner: { own: { step: 'success' } }, outcome: { kind: 'accepted' } },
    {
      name: 'send_otp',
      manner: { own: { step: 'send_otp' } },
      outcome: { kind: 'accepted', nextAction: { type: 'otp', message: expect.stringContaining('dial *110#') } },
    },
    {
      name: 'an older word for a duplicate',
      manner: { own: { refuse: { status: 400, message: 'Duplicate Transaction Reference' } } },
      outcome: { kind: 'unknown' },
    },
    {
      name: 'an error that is not documented',
      manner: { own: { refuse: { status: 400, message: 'Something went wrong' } } },
      outcome: { kind: 'unknown' },
    },
  ],
  // paystack.com/docs/payments/verify-payments
  statuses: {
    abandoned: 'pending',
    failed: 'failed',
    ongoing: 'pending',
    pending: 'pending',
    processing: 'pending',
    queued: 'pending',
    reversed: 'unrecognised',
    success: 'succeeded',
  },
  failures: [
    { name: 'declined', manner: { own: { outcome: 'failed' } }, code: 'FAILED' },
    {
      name: 'no money',
      manner: { own: { outcome: 'failed', failure: 'LOW_BALANCE_OR_PAYEE_LIMIT_REACHED_OR_NOT_ALLOWED' } },
      code: 'LOW_BALANCE_OR_PAYEE_LIMIT_REACHED_OR_NOT_ALLOWED',
    },
  ],
  refusals: [
    { name: 'failed at once', manner: { own: { step: 'failed', outcome: 'failed' } }, code: 'FAILED' },
    refusal(401, 'Invalid key', 'INVALID_KEY'),
    refusal(400, 'Currency not supported by merchant', 'CURRENCY_NOT_SUPPORTED'),
    refusal(400, 'Amount must be an integer', 'INVALID_AMOUNT'),
    refusal(400, 'Transaction amount limit exceeded', 'AMOUNT_LIMIT_EXCEEDED'),
    refusal(400, 'Email address is required to create charge', 'INVALID_EMAIL'),
    refusal(400, 'Integration has been deactivated', 'ACCOUNT_DEACTIVATED'),
  ],
  otp: {
    over: { provider: 'VODAFONE_GHA', phoneNumber: '233201234567' as Msisdn },
    manner: { own: { step: 'send_otp' } },
    right: '123456',
    wrong: '654321',
    wrongs: [{ own: { wrongOtp: 'error' } }, { own: { wrongOtp: 'send_otp' } }],
    expiring: { own: { otpWithinMs: 1_000 } },
  },
  callbacks: { headers: ['x-paystack-signature'], prove: 'body', authentic: 'signed' },
  skips: {
    'an amount that is no multiple of what the provider takes is not sent': 'it takes every amount between its limits',
    'a token that has expired': 'its secret key does not expire',
    'a callback of a failure': 'it has no event for a mobile money charge that failed',
  },
}
