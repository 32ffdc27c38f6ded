import { gatewaySpecs } from '../../../../scripts/provision/program.ts'
import type { GatewaySpec } from '../../../../scripts/provision/spec.ts'
import type { Msisdn } from '../../../../src/domain/ids.ts'
import { startMtn } from '../../../emulators/mtn/server.ts'
import type { GatewayDescription } from '../description.ts'
import { onTheKit } from '../on-the-kit.ts'
import { withoutOtp } from './without-otp.ts'

const account = {
  apiUser: 'c72025f5-5cd1-4630-99e4-8ba4722fad56',
  apiKey: 'f1db798c98df4bcf83b538175893bbf0',
  subscriptionKey: 'd484a1f0d34f4301916d0f2c9e9106a2',
  targetEnvironment: 'mtnzambia',
}

const failing = (failure: string) => ({ name: failure, manner: { own: { outcome: 'failed', failure } }, code: failure })
const refusing = (status: number, code: string) => ({ name: code, manner: { own: { refuse: { status, code } } }, code })

export const mtn: GatewayDescription = {
  spec: gatewaySpecs(['mtn'])[0] as GatewaySpec,
  vars: {
    MTN_API_USER: account.apiUser,
    MTN_TARGET_ENVIRONMENT: account.targetEnvironment,
    MTN_CALLBACK_URL: 'https://pay.example.com/webhooks/mtn/deposits',
  },
  keys: {
    'mtn.apiKey': { material: account.apiKey },
    'mtn.subscriptionKey': { material: account.subscriptionKey },
  },
  start: async (shopUrl) => {
    const simulator = await startMtn({
      ...account,
      port: 0,
      callbackUrl: `${shopUrl}/webhooks/mtn/deposits`,
      clock: 'stopped',
    })
    return { ...onTheKit(simulator), expireTokens: simulator.expireTokens }
  },
  creates: { method: 'POST', path: /^\/collection\/v1_0\/requesttopay$/ },
  order: { provider: 'MTN_MOMO_ZMB', currency: 'ZMW', phoneNumber: '260763456789' as Msisdn, amountMinor: '1550' },
  orderFor: () => ({ phoneNumber: '260763456789' as Msisdn }),
  // An account belongs to one country.
  limitsOf: (provider) => (provider === 'MTN_MOMO_ZMB' ? { minMinor: 100n, maxMinor: 100_000_000n } : undefined),
  nextAction: 'approve_on_phone',
  acceptedText: '',
  answers: [
    { name: '202 without a body', outcome: { kind: 'accepted', nextAction: { type: 'approve_on_phone' } } },
    { ...refusing(409, 'RESOURCE_ALREADY_EXIST'), outcome: { kind: 'unknown', reason: 'duplicate' } },
    { ...refusing(400, 'A_NEW_CODE'), outcome: { kind: 'unknown', reason: 'http_400' } },
    { ...refusing(404, 'RESOURCE_NOT_FOUND'), outcome: { kind: 'unknown', reason: 'http_404' } },
  ],
  statuses: { PENDING: 'pending', SUCCESSFUL: 'succeeded', FAILED: 'failed' },
  failures: [
    failing('APPROVAL_REJECTED'),
    failing('EXPIRED'),
    failing('NOT_ENOUGH_FUNDS'),
    failing('PAYER_LIMIT_REACHED'),
    failing('INTERNAL_PROCESSING_ERROR'),
    {
      ...failing('PAYER_NOT_FOUND'),
      manner: { own: { outcome: 'failed', failure: 'PAYER_NOT_FOUND', reasonAs: 'object' } },
    },
  ],
  refusals: [refusing(400, 'BAD_REQUEST'), refusing(400, 'INVALID_CURRENCY'), refusing(400, 'PAYER_NOT_FOUND')],
  callbacks: { headers: [], prove: 'nothing', authentic: 'hint' },
  skips: {
    ...withoutOtp('it asks for a PIN on the phone'),
    'an amount that is no multiple of what the provider takes is not sent': 'it takes every amount between its limits',
    'the answer drips': 'what takes a request to pay has no body that could',
    'half an answer': 'what takes a request to pay has no body to be cut',
    'an unknown word as answer to the send': 'a request to pay is taken with 202 and no word at all',
    'an amount that the provider cannot express is not sent':
      'the one country of the account takes every decimal of its currency',
  },
}
