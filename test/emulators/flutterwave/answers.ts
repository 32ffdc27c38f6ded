import { decimalOf } from '../kit/amounts.ts'
import type { Charge } from '../kit/charges.ts'
import { json, type Reply } from '../kit/server.ts'
import type { FlutterwavePersona } from './server.ts'

export const problem = (status: number, message: string): Reply =>
  json(status, { status: 'error', message, data: null })

const WORD = { pending: 'pending', succeeded: 'successful', failed: 'failed' } as const

const PAYMENT_TYPE: Readonly<Record<string, string>> = {
  GHS: 'mobilemoneygh',
  UGX: 'mobilemoneyug',
  RWF: 'mobilemoneyrw',
  ZMW: 'mobilemoneyzm',
  TZS: 'mobilemoneytz',
  KES: 'mpesa',
}

/** `data` of a verification, of `charge.completed` and of the charges that have one. Amounts are decimal numbers. */
export const transactionOf = (charge: Charge<FlutterwavePersona>, { statusWord }: FlutterwavePersona) => {
  const { id, request, state, reason, createdMs } = charge
  const amount = decimalOf(request.amountMinor, request.currency)
  return {
    id,
    tx_ref: request.reference,
    flw_ref: `flwm3s4m0c${id}`,
    device_fingerprint: 'N/A',
    amount,
    currency: request.currency,
    charged_amount: amount,
    app_fee: 0,
    merchant_fee: 0,
    processor_response: state === 'succeeded' ? 'Transaction Successful' : (reason ?? 'Transaction in progress'),
    auth_model: 'MOBILEMONEY',
    ip: '127.0.0.1',
    narration: 'Lango Sandbox',
    status: statusWord ?? WORD[state],
    payment_type: PAYMENT_TYPE[request.currency] ?? 'mobilemoneyfranco',
    created_at: new Date(createdMs).toISOString(),
    account_id: 17_321,
    customer: {
      id: 2_000_001,
      name: 'Anonymous Customer',
      phone_number: request.msisdn,
      email: 'customer@example.com',
    },
  }
}

/** Where the customer types a code, and then approves on the phone. */
const authorisationPage = (id: number): string => `https://checkout-v2.dev-flutterwave.com/captcha/verify/${id}`

/**
 * Most answer with a page and nothing about the charge; the francophone ones, Tanzania and M-Pesa with the charge, whose
 * customer is asked on the phone.
 */
export const initiated = (charge: Charge<FlutterwavePersona>, type: string, persona: FlutterwavePersona): Reply => {
  const answer = { status: 'success', message: 'Charge initiated' }
  const onPhone = type === 'mobile_money_franco' || type === 'mobile_money_tanzania' || type === 'mpesa'
  return onPhone
    ? json(200, {
        ...answer,
        data: transactionOf(charge, { ...persona, statusWord: null }),
        meta: { authorization: { mode: 'callback', redirect_url: null } },
      })
    : json(200, { ...answer, meta: { authorization: { redirect: authorisationPage(charge.id), mode: 'redirect' } } })
}

export const fetched = (charge: Charge<FlutterwavePersona>, persona: FlutterwavePersona): Reply =>
  json(200, {
    status: 'success',
    message: 'Transaction fetched successfully',
    data: transactionOf(charge, persona),
  })

export const notFound = (): Reply => problem(400, 'No transaction was found for this id')
