import { generateKeyPairSync } from 'node:crypto'
import { gatewaySpecs } from '../../../../scripts/provision/program.ts'
import type { GatewaySpec } from '../../../../scripts/provision/spec.ts'
import type { Msisdn } from '../../../../src/domain/ids.ts'
import { minorOf } from '../../../emulators/kit/amounts.ts'
import { depositLimits } from '../../../emulators/pawapay/providers.ts'
import { sandboxNumbers } from '../../../emulators/pawapay/recorded.ts'
import { startPawapay } from '../../../emulators/pawapay/server.ts'
import type { GatewayDescription, Simulator } from '../description.ts'
import { withoutOtp } from './without-otp.ts'

const spec = gatewaySpecs(['pawapay'])[0] as GatewaySpec

const TOKEN = 'pawapay-token'
const KEY_ID = 'LANGO:1'
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const pem = (key: typeof privateKey, type: 'pkcs8' | 'spki') => key.export({ type, format: 'pem' }) as string

const start = async (shopUrl: string): Promise<Simulator> => {
  const pawapay = await startPawapay({
    port: 0,
    token: TOKEN,
    callbackBase: `${shopUrl}/webhooks/pawapay`,
    requestKeys: { [KEY_ID]: pem(publicKey, 'spki') },
    enforceSignatures: true,
    clock: 'stopped',
  })
  return {
    url: pawapay.url,
    requests: pawapay.requests,
    captures: () =>
      pawapay.captures().map(({ reference, amount, currency }) => ({
        reference,
        currency,
        amountMinor: minorOf(amount, currency) ?? `not an amount: ${amount}`,
      })),
    behave: ({ on = 'create', own = {}, statusWord, ...manner }) => {
      pawapay.persona({
        faultsOn: [on === 'create' ? 'deposits' : 'status'],
        ...(statusWord === undefined ? {} : { unknownStatus: statusWord }),
        ...manner,
        ...own,
      })
    },
    advance: pawapay.advance,
    reset: pawapay.reset,
    close: pawapay.close,
  }
}

/** One number for each way that a deposit of MTN Zambia's can fail. */
const failing = sandboxNumbers.filter(
  ({ provider, operation, v2_outcome }) =>
    provider === 'MTN_MOMO_ZMB' && operation === 'DEPOSIT' && v2_outcome.startsWith('FAILED/'),
)

/** A number that pays; where the sandbox has none for a provider, any other of its country. */
const paying = (provider: string): string => {
  const pays = sandboxNumbers.find(
    (row) => row.provider === provider && row.operation === 'DEPOSIT' && row.v2_outcome === 'COMPLETED',
  )
  if (pays) return pays.msisdn
  const { country, prefix } = depositLimits(provider)[0] ?? {}
  const neighbour = sandboxNumbers.find((row) => row.country === country)?.msisdn ?? `${prefix}712345678`
  return `${neighbour.slice(0, -4)}0000`
}

export const pawapay: GatewayDescription = {
  spec,
  keys: {
    'pawapay.signing': { material: pem(privateKey, 'pkcs8'), kid: KEY_ID },
    'pawapay.token': { material: TOKEN },
  },
  start,
  creates: { method: 'POST', path: /^\/v2\/deposits$/ },
  order: { provider: 'MTN_MOMO_ZMB', currency: 'ZMW', phoneNumber: '260763456789' as Msisdn, amountMinor: '1550' },
  orderFor: (provider) => ({
    phoneNumber: paying(provider) as Msisdn,
    ...(spec.providers[provider]?.auth === 'preauth' ? { preAuthorisationCode: '123456' } : {}),
    ...(spec.providers[provider]?.auth === 'redirect' ? { resumeUrl: 'https://pay.example.com/checkout' } : {}),
  }),
  limitsOf: (provider, currency) => {
    const row = depositLimits(provider).find((limits) => limits.currency === currency)
    const minor = (amount: string) => BigInt(minorOf(amount, currency) ?? 0)
    return row && { minMinor: minor(row.minAmount), maxMinor: minor(row.maxAmount) }
  },
  nextAction: 'approve_on_phone',
  acceptedText: '"status":"ACCEPTED"',
  answers: [
    {
      name: 'a page of the provider, asked for later',
      over: {
        provider: 'WAVE_SEN',
        currency: 'XOF',
        phoneNumber: paying('WAVE_SEN') as Msisdn,
        amountMinor: '1000',
        resumeUrl: 'https://pay.example.com/checkout',
      },
      outcome: { kind: 'accepted', nextAction: { type: 'redirect' } },
    },
    { name: 'UNKNOWN_ERROR before', manner: { own: { unknownError: 'before' } }, outcome: { kind: 'unknown' } },
    { name: 'UNKNOWN_ERROR after', manner: { own: { unknownError: 'after' } }, outcome: { kind: 'unknown' } },
  ],
  statuses: {
    ACCEPTED: 'pending',
    SUBMITTED: 'pending',
    ENQUEUED: 'pending',
    PROCESSING: 'pending',
    IN_RECONCILIATION: 'pending',
    COMPLETED: 'succeeded',
    FAILED: 'failed',
  },
  failures: failing.map(({ msisdn, v2_outcome }) => {
    const code = v2_outcome.slice('FAILED/'.length)
    return { name: code, over: { phoneNumber: msisdn as Msisdn }, code }
  }),
  refusals: [
    {
      name: 'a provider that is closed',
      manner: { own: { availability: { MTN_MOMO_ZMB: 'CLOSED' } } },
      code: 'PROVIDER_TEMPORARILY_UNAVAILABLE',
    },
    { name: 'deposits are not allowed', manner: { own: { depositsNotAllowed: true } }, code: 'DEPOSITS_NOT_ALLOWED' },
    { name: 'too small an amount', over: { amountMinor: '1' }, code: 'AMOUNT_OUT_OF_BOUNDS' },
    { name: "another country's number", over: { phoneNumber: '250783456789' as Msisdn }, code: 'INVALID_PHONE_NUMBER' },
  ],
  callbacks: {
    headers: ['signature', 'signature-input', 'signature-date', 'content-digest'],
    prove: 'body',
    authentic: 'signed',
  },
  skips: {
    ...withoutOtp('its networks want a code before the charge, or none'),
    'an amount that is no multiple of what the provider takes is not sent': 'it takes every amount between its limits',
    'a token that has expired': 'its token is made by people and does not expire',
  },
}
