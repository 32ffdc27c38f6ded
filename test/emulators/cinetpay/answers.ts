import { decimalOf } from '../kit/amounts.ts'
import type { Charge } from '../kit/charges.ts'
import { json, type Reply } from '../kit/server.ts'
import type { CinetPayPersona } from './server.ts'

/** Codes of its table, as far as this simulator says them. `SUCCES` is spelt so. */
const CODES: Readonly<Record<string, string>> = {
  SUCCES: '00',
  CREATED: '201',
  TRANSACTION_NOT_FOUND: '404',
  PAYMENT_FAILED: '600',
  INSUFFICIENT_BALANCE: '602',
  OTP_CODE_ERROR: '604',
  MINIMUM_REQUIRED_FIELDS: '608',
  AUTH_NOT_FOUND: '609',
  ERROR_SITE_ID_NOTVALID: '613',
  TRANSACTION_CANCEL: '627',
  WAITING_CUSTOMER_PAYMENT: '662',
}

const said = (message: string, more: object) => ({
  code: CODES[message] ?? '600',
  message,
  ...more,
  api_response_id: '1718000000.1234',
})

export const problem = (message: string, description: string, code = CODES[message]): Reply =>
  json(code === '404' ? 404 : 400, { ...said(message, { description, data: [] }), code })

export const created = ({ id }: Charge<CinetPayPersona>): Reply => {
  const payment_token = `${id}`.padStart(64, 'f')
  const payment_url = `https://checkout.cinetpay.com/payment/${payment_token}`
  return json(
    201,
    said('CREATED', {
      description: 'Transaction created with success',
      data: { payment_token, payment_url },
    }),
  )
}

const STATUS = { pending: 'WAITING_FOR_CUSTOMER', succeeded: 'ACCEPTED', failed: 'REFUSED' } as const

/** What a check says (docs.cinetpay.com/api/1.0-en/checkout/verification): not whose it is, but for the metadata. */
export const checked = ({ id, request, state, reason }: Charge<CinetPayPersona>, persona: CinetPayPersona): Reply => {
  const words = {
    pending: 'WAITING_CUSTOMER_PAYMENT',
    succeeded: 'SUCCES',
    failed: reason && reason in CODES ? reason : 'PAYMENT_FAILED',
  }
  return json(
    200,
    said(words[state], {
      data: {
        amount: String(decimalOf(request.amountMinor, request.currency)),
        currency: request.currency,
        status: persona.statusWord ?? STATUS[state],
        payment_method: 'OM',
        description: 'Payment',
        metadata: request.reference,
        operator_id: state === 'succeeded' ? `MP240610.${id}` : null,
        payment_date: state === 'pending' ? '' : '2024-06-10 08:00:00',
      },
    }),
  )
}
