import { createHmac } from 'node:crypto'
import type { Charge } from '../kit/charges.ts'
import { type Gateway, type GatewayOptions, type GatewayPersona, startGateway, USUAL } from '../kit/gateway.ts'
import { transactionOf } from './answers.ts'
import { routeCalls } from './api.ts'

/** Paystack's own settings; those of every gateway are in `kit/gateway.ts`. README.md has a line for each. */
export interface PaystackPersona extends GatewayPersona {
  /** What a charge is answered with, and so what the customer has to do next. */
  readonly step: 'pay_offline' | 'send_otp' | 'pending' | 'success' | 'failed' | 'open_url'
  /** The charge is turned away before it exists. */
  readonly refuse: { readonly status: number; readonly message: string; readonly code?: string } | null
  /** Vodafone's voucher, or what else the customer is asked for. */
  readonly otp: string
  /** How a wrong code is answered: with an error, or with the charge that still waits for one. */
  readonly wrongOtp: 'error' | 'send_otp'
  /** How long the charge waits for a code before it fails; null: for ever. */
  readonly otpWithinMs: number | null
}

export const USUAL_PAYSTACK: PaystackPersona = {
  ...USUAL,
  step: 'pay_offline',
  refuse: null,
  otp: '123456',
  wrongOtp: 'error',
  otpWithinMs: null,
}

export interface PaystackOptions extends GatewayOptions {
  /** `sk_…`: clients must send it, and callbacks are signed with it. */
  readonly secretKey: string
}

export type Paystack = Gateway<PaystackPersona>

const MINUTE_MS = 60_000
/** Every 3 minutes for the first 4 tries, then hourly for 72 hours (paystack.com/docs/payments/webhooks). */
const RETRY_MS = [...Array<number>(4).fill(3 * MINUTE_MS), ...Array<number>(72).fill(60 * MINUTE_MS)]

const signed = (secretKey: string, body: string): string => createHmac('sha512', secretKey).update(body).digest('hex')

/** `charge.success` and nothing else: no event tells of a mobile money charge that failed. */
const callbackOf = (secretKey: string) => (charge: Charge<PaystackPersona>, persona: PaystackPersona) => {
  if (charge.state !== 'succeeded') return null
  const body = JSON.stringify({ event: 'charge.success', data: transactionOf(charge, persona) })
  const key = persona.callbackAuthentication === 'forged' ? `${secretKey}x` : secretKey
  const headers: Record<string, string> =
    persona.callbackAuthentication === 'unsigned' ? {} : { 'x-paystack-signature': signed(key, body) }
  return { headers, body }
}

/** Paystack's Charge API for mobile money, on the loopback interface. */
export const startPaystack = (options: PaystackOptions): Promise<Paystack> =>
  startGateway(
    {
      name: 'Paystack simulator',
      portVariable: 'LANGO_PAYSTACK_PORT',
      usual: USUAL_PAYSTACK,
      retryMs: RETRY_MS,
      route: routeCalls(options.secretKey),
      callback: callbackOf(options.secretKey),
    },
    options,
  )
