import path from 'node:path'
import { readGateways } from '../../../../scripts/provision/gateways.ts'
import type { GatewaySpec } from '../../../../scripts/provision/spec.ts'
import type { Msisdn } from '../../../../src/domain/ids.ts'
import { startToypay } from '../../../gateways/toypay/simulator.ts'
import type { GatewayDescription } from '../description.ts'
import { onTheKit } from '../on-the-kit.ts'
import { withoutOtp } from './without-otp.ts'

const [spec] = readGateways(path.resolve(import.meta.dirname, '../../../gateways')).filter(
  ({ gateway }) => gateway === 'toypay',
)

const account = { user: 'shop', password: 'toypay-password', webhookSecret: 'toypay-webhook-secret' }

export const toypay: GatewayDescription = {
  spec: spec as GatewaySpec,
  vars: { TOYPAY_USER: account.user },
  keys: {
    'toypay.password': { material: account.password },
    'toypay.webhookSecret': { material: account.webhookSecret },
  },
  start: async (shopUrl) =>
    onTheKit(
      await startToypay({ ...account, port: 0, callbackUrl: `${shopUrl}/webhooks/toypay/deposits`, clock: 'stopped' }),
    ),
  creates: { method: 'POST', path: /^\/charges$/ },
  order: { provider: 'MTN_MOMO_ZMB', currency: 'ZMW', phoneNumber: '260763456789' as Msisdn, amountMinor: '1550' },
  orderFor: () => ({ phoneNumber: '260763456789' as Msisdn }),
  limitsOf: () => ({ minMinor: 100n, maxMinor: 100_000_000n }),
  nextAction: 'approve_on_phone',
  acceptedText: '"state":"queued"',
  answers: [{ name: 'queued', outcome: { kind: 'accepted', nextAction: { type: 'approve_on_phone' } } }],
  statuses: { queued: 'pending', paid: 'succeeded', void: 'failed' },
  failures: [{ name: 'void', manner: { own: { outcome: 'failed' } }, code: 'VOID' }],
  refusals: [{ name: 'a network that is down', manner: { own: { refuse: 'NETWORK_DOWN' } }, code: 'NETWORK_DOWN' }],
  callbacks: { headers: ['toypay-mac'], prove: 'body', authentic: 'signed' },
  skips: {
    ...withoutOtp('it has no codes'),
    'an amount that is no multiple of what the provider takes is not sent': 'it takes every amount between its limits',
    'a token that has expired': 'it has user and password, and no token',
    'an amount that the provider cannot express is not sent': 'its providers take every decimal of their currencies',
  },
}
