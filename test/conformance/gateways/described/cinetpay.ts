import { expect } from 'vitest'
import { gatewaySpecs } from '../../../../scripts/provision/program.ts'
import type { GatewaySpec } from '../../../../scripts/provision/spec.ts'
import type { Msisdn } from '../../../../src/domain/ids.ts'
import { startCinetPay } from '../../../emulators/cinetpay/server.ts'
import type { GatewayDescription } from '../description.ts'
import { onTheKit } from '../on-the-kit.ts'
import { withoutOtp } from './without-otp.ts'

const account = { apiKey: '447088687629111c58c3573.70152188', siteId: '911501', secretKey: 'of-the-back-office' }

const PREFIXES: Readonly<Record<string, string>> = {
  BEN: '22901',
  BFA: '226',
  CIV: '22507',
  CMR: '2376',
  COD: '2438',
  SEN: '22177',
}

const spec = gatewaySpecs(['cinetpay'])[0] as GatewaySpec

const refusing = (code: string, message: string) => ({ name: message, manner: { own: { refuse: { code, message } } } })
const failing = (failure: string) => ({ name: failure, manner: { own: { outcome: 'failed', failure } }, code: failure })

export const cinetpay: GatewayDescription = {
  spec,
  vars: { CINETPAY_SITE_ID: account.siteId, CINETPAY_NOTIFY_URL: 'https://shop.example/notified' },
  keys: { 'cinetpay.apiKey': { material: account.apiKey } },
  start: async (shopUrl) =>
    onTheKit(
      await startCinetPay({
        ...account,
        port: 0,
        callbackUrl: `${shopUrl}/webhooks/cinetpay/deposits`,
        clock: 'stopped',
      }),
    ),
  creates: { method: 'POST', path: /^\/v2\/payment$/ },
  order: {
    provider: 'ORANGE_CIV',
    currency: 'XOF',
    phoneNumber: '2250701234567' as Msisdn,
    amountMinor: '1500',
    resumeUrl: 'https://pay.example.com/c/chk_1',
  },
  orderFor: (provider) => ({
    phoneNumber: `${PREFIXES[spec.providers[provider]?.country ?? '']}12345678` as Msisdn,
  }),
  // Of francs whole fives.
  limitsOf: (_, currency) =>
    currency === 'CDF'
      ? { minMinor: 40_000n, maxMinor: 150_000_000n, multipleOfMinor: 500n }
      : { minMinor: 100n, maxMinor: 1_500_000n, multipleOfMinor: 5n },
  nextAction: 'redirect',
  acceptedText: '"message":"CREATED"',
  answers: [
    {
      name: 'a page',
      outcome: {
        kind: 'accepted',
        nextAction: { type: 'redirect', url: expect.stringMatching(/^https:\/\/checkout\.cinetpay\.com\/payment\//) },
      },
    },
    { ...refusing('608', 'MINIMUM_REQUIRED_FIELDS'), outcome: { kind: 'unknown', reason: 'invalid_or_known' } },
    { ...refusing('624', 'An error occurred while processing the request'), outcome: { kind: 'unknown' } },
    { ...refusing('606', 'INCORRECT_SETTINGS'), outcome: { kind: 'unknown' } },
  ],
  statuses: {
    CREATED: 'pending',
    PENDING: 'pending',
    WAITING_FOR_CUSTOMER: 'pending',
    WAITING_CUSTOMER_TO_VALIDATE: 'pending',
    WAITING_CUSTOMER_PAYMENT: 'pending',
    WAITING_CUSTOMER_OTP_CODE: 'pending',
    // Both beside the code of a transaction that waits.
    ACCEPTED: 'unrecognised',
    REFUSED: 'unrecognised',
  },
  failures: [failing('PAYMENT_FAILED'), failing('INSUFFICIENT_BALANCE'), failing('TRANSACTION_CANCEL')],
  refusals: [
    { ...refusing('609', 'AUTH_NOT_FOUND'), code: 'AUTH_NOT_FOUND' },
    { ...refusing('613', 'ERROR_SITE_ID_NOTVALID'), code: 'ERROR_SITE_ID_NOTVALID' },
  ],
  callbacks: { headers: ['x-token'], prove: 'nothing', authentic: 'hint' },
  skips: {
    ...withoutOtp('its page asks for what its networks want'),
    'a token that has expired': 'it has a key that is made by people',
  },
}
