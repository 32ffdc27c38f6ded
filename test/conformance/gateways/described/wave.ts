import { expect } from 'vitest'
import { gatewaySpecs } from '../../../../scripts/provision/program.ts'
import type { GatewaySpec } from '../../../../scripts/provision/spec.ts'
import type { Msisdn } from '../../../../src/domain/ids.ts'
import { startWave } from '../../../emulators/wave/server.ts'
import type { GatewayDescription } from '../description.ts'
import { onTheKit } from '../on-the-kit.ts'
import { withoutOtp } from './without-otp.ts'

const account = { apiKey: 'wave_sn_test_5d8e1f', webhookSecret: 'wave_sn_WHS_1f5d8e' }

const refusing = (status: number, code: string) => ({ name: code, manner: { own: { refuse: { status, code } } }, code })

export const wave: GatewayDescription = {
  spec: gatewaySpecs(['wave'])[0] as GatewaySpec,
  keys: {
    'wave.apiKey': { material: account.apiKey },
    'wave.webhookSecret': { material: account.webhookSecret },
  },
  start: async (shopUrl) =>
    onTheKit(
      await startWave({ ...account, port: 0, callbackUrl: `${shopUrl}/webhooks/wave/deposits`, clock: 'stopped' }),
    ),
  creates: { method: 'POST', path: /^\/v1\/checkout\/sessions$/ },
  order: {
    provider: 'WAVE_SEN',
    currency: 'XOF',
    phoneNumber: '221771234567' as Msisdn,
    amountMinor: '1500',
    resumeUrl: 'https://pay.example.com/c/chk_1',
  },
  orderFor: (provider) => ({ phoneNumber: (provider === 'WAVE_CIV' ? '2250701234567' : '221771234567') as Msisdn }),
  limitsOf: () => ({ minMinor: 1n, maxMinor: 2_000_000n }),
  nextAction: 'redirect',
  acceptedText: '"checkout_status":"open"',
  answers: [
    {
      name: 'open',
      outcome: {
        kind: 'accepted',
        nextAction: { type: 'redirect', url: expect.stringMatching(/^https:\/\/pay\.wave\.com\//) },
      },
    },
    { ...refusing(409, 'idempotency-mismatch'), outcome: { kind: 'unknown', reason: 'http_409' } },
    { ...refusing(404, 'not-found'), outcome: { kind: 'unknown', reason: 'http_404' } },
  ],
  // While the payment is processing.
  statuses: { open: 'pending', complete: 'pending', expired: 'pending' },
  failures: [
    { name: 'nobody paid', manner: { own: { outcome: 'failed', failure: 'expired' } }, code: 'expired' },
    {
      name: 'no funds',
      manner: { own: { outcome: 'failed', failure: 'insufficient-funds' } },
      code: 'insufficient-funds',
    },
  ],
  refusals: [refusing(400, 'request-validation-error'), refusing(401, 'invalid-auth'), refusing(403, 'invalid-wallet')],
  callbacks: { headers: ['wave-signature'], prove: 'body', authentic: 'signed' },
  skips: {
    ...withoutOtp('its page and its app ask the customer'),
    'an amount that is no multiple of what the provider takes is not sent': 'it takes every amount between its limits',
    'a callback of a failure': 'a session that expires is not told of, and a try that fails leaves it open',
    'a token that has expired': 'it has a key that is made by people',
    'a duplicate reference takes money once':
      'a second session with the same reference is a session of its own; an attempt is sent once',
    'an amount that the provider cannot express is not sent': 'there is nothing smaller than a franc',
  },
}
