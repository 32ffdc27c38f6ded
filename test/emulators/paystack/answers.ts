import type { Charge } from '../kit/charges.ts'
import { json, type Reply } from '../kit/server.ts'
import type { PaystackPersona } from './server.ts'

/** An error body: `status` is false, `type`, `code` and `meta` came later and stand beside the message. */
export const problem = (status: number, message: string, code: string, nextStep: string): Reply =>
  json(status, { status: false, message, meta: { nextStep }, type: 'validation_error', code })

export const invalidKey = (): Reply =>
  problem(401, 'Invalid key', 'invalid_Key', 'Ensure that you provide the correct authorization key for the request')

const instant = (ms: number): string => new Date(ms).toISOString()

/** Statuses of a transaction: paystack.com/docs/payments/verify-payments. */
const WORD = { pending: 'ongoing', succeeded: 'success', failed: 'failed' } as const

const BANK: Readonly<Record<string, string>> = {
  mtn: 'MTN',
  atl: 'ATMoney',
  vod: 'Telecel',
  mpesa: 'M-PESA',
  orange: 'Orange',
  wave: 'Wave',
}

/** `data` of a verification and of `charge.success`. Amounts are minor units, in XOF hundredths of a franc. */
export const transactionOf = (charge: Charge<PaystackPersona>, { statusWord }: PaystackPersona) => {
  const { id, request, state, reason, createdMs } = charge
  return {
    id,
    domain: 'test',
    status: statusWord ?? WORD[state],
    reference: request.reference,
    receipt_number: state === 'succeeded' ? String(10_000_000 + id) : null,
    amount: Number(amountOnTheWire(request.amountMinor, request.currency)),
    message: state === 'failed' ? (reason ?? null) : null,
    gateway_response: state === 'succeeded' ? 'Approved' : (reason ?? 'Pending'),
    paid_at: state === 'succeeded' ? instant(createdMs + 1_000) : null,
    created_at: instant(createdMs),
    channel: 'mobile_money',
    currency: request.currency,
    ip_address: '127.0.0.1',
    metadata: '',
    log: null,
    fees: null,
    authorization: {
      authorization_code: `AUTH_${id}`,
      bin: `${request.msisdn.slice(0, 3)}XXX`,
      last4: `X${request.msisdn.slice(-3)}`,
      channel: 'mobile_money',
      bank: BANK[request.provider],
      country_code: request.currency === 'GHS' ? 'GH' : request.currency === 'KES' ? 'KE' : 'CI',
      reusable: false,
    },
    customer: { id: 16_763, email: 'customer@example.com', customer_code: 'CUS_s3aa4mx0yyvrqye', phone: null },
  }
}

/** Two decimals in every currency, so that a franc is 100 (paystack.com/docs/api, supported currencies). */
export const minorFromTheWire = (amount: string, currency: string): string | undefined => {
  if (!/^[1-9][0-9]{0,14}$/.test(amount)) return undefined
  if (currency !== 'XOF') return amount
  return amount.endsWith('00') ? amount.slice(0, -2) : undefined
}

const amountOnTheWire = (amountMinor: string, currency: string): string =>
  currency === 'XOF' ? `${amountMinor}00` : amountMinor

export const DISPLAY = {
  pay_offline: 'Please complete authorization process on your mobile phone',
  send_otp: 'Please dial *110# to generate a voucher code, and enter it here',
  open_url: 'Please complete the payment on the page',
} as const

export const chargeAttempted = (data: object): Reply => json(200, { status: true, message: 'Charge attempted', data })

export const verified = (charge: Charge<PaystackPersona>, persona: PaystackPersona): Reply =>
  json(200, { status: true, message: 'Verification successful', data: transactionOf(charge, persona) })

export const notFound = (): Reply =>
  problem(
    400,
    'Transaction reference not found.',
    'transaction_not_found',
    "Ensure that you're passing the reference of a transaction that exists on this integration",
  )
