import { expect } from 'vitest'
import { gatewaySpecs } from '../../../../scripts/provision/program.ts'
import type { GatewaySpec } from '../../../../scripts/provision/spec.ts'
import type { Msisdn } from '../../../../src/domain/ids.ts'
import { startFlutterwave } from '../../../emulators/flutterwave/server.ts'
import type { GatewayDescription } from '../description.ts'
import { onTheKit } from '../on-the-kit.ts'
import { withoutOtp } from './without-otp.ts'

const SECRET_KEY = 'FLWSECK_TEST-of-the-suite-X'
const SECRET_HASH = 'the-word-of-the-suite'

const PREFIXES: Readonly<Record<string, string>> = {
  CIV: '225',
  CMR: '237',
  GHA: '233',
  KEN: '254',
  RWA: '250',
  SEN: '221',
  TZA: '255',
  UGA: '256',
  ZMB: '260',
}

const spec = gatewaySpecs(['flutterwave'])[0] as GatewaySpec

export const flutterwave: GatewayDescription = {
  spec,
  vars: { FLUTTERWAVE_EMAIL: 'payments@shop.example' },
  keys: {
    'flutterwave.secretKey': { material: SECRET_KEY },
    'flutterwave.secretHash': { material: SECRET_HASH },
  },
  start: async (shopUrl) =>
    onTheKit(
      await startFlutterwave({
        port: 0,
        secretKey: SECRET_KEY,
        secretHash: SECRET_HASH,
        callbackUrl: `${shopUrl}/webhooks/flutterwave/deposits`,
        clock: 'stopped',
      }),
    ),
  creates: { method: 'POST', path: /^\/v3\/charges\?type=/ },
  order: {
    provider: 'MTN_MOMO_GHA',
    currency: 'GHS',
    phoneNumber: '233551234987' as Msisdn,
    amountMinor: '1550',
    resumeUrl: 'https://pay.example.com/checkout',
  },
  orderFor: (provider) => ({
    phoneNumber: `${PREFIXES[spec.providers[provider]?.country ?? '']}712345678` as Msisdn,
  }),
  limitsOf: () => ({ minMinor: 100n, maxMinor: 1_000_000_000n }),
  nextAction: 'redirect',
  acceptedText: '"message":"Charge initiated"',
  answers: [
    {
      name: 'francophone: on the phone',
      over: { provider: 'MTN_MOMO_CIV', currency: 'XOF', phoneNumber: '2250512345678' as Msisdn, amountMinor: '1000' },
      outcome: { kind: 'accepted', nextAction: { type: 'approve_on_phone' } },
    },
    {
      name: 'a page',
      outcome: { kind: 'accepted', nextAction: { type: 'redirect', url: expect.stringMatching(/^https:\/\//) } },
    },
    { name: 'failed, and charged', manner: { own: { errorThoughCharged: true } }, outcome: { kind: 'unknown' } },
    {
      name: 'an error before there is a charge',
      manner: { own: { refuse: { status: 400, message: 'Transaction Failed' } } },
      outcome: { kind: 'unknown' },
    },
  ],
  statuses: { pending: 'pending', successful: 'succeeded', failed: 'failed' },
  failures: [
    { name: 'in prose', manner: { own: { outcome: 'failed' } }, code: 'FAILED' },
    {
      name: 'as a code',
      manner: { own: { outcome: 'failed', failure: 'INSUFFICIENT_FUNDS' } },
      code: 'INSUFFICIENT_FUNDS',
    },
  ],
  refusals: [
    {
      name: 'a wrong key',
      manner: { own: { refuse: { status: 401, message: 'Invalid authorization key' } } },
      code: 'INVALID_KEY',
    },
  ],
  callbacks: { headers: ['verif-hash'], prove: 'sender', authentic: 'hint' },
  skips: {
    ...withoutOtp('the page that it redirects to asks for its code'),
    'an amount that is no multiple of what the provider takes is not sent': 'it takes every amount between its limits',
    'a token that has expired': 'its secret key does not expire',
    'a duplicate reference takes money once':
      "it does not promise to refuse a tx_ref twice: that nothing is sent twice is the payment object's work (T02)",
  },
}
