import { createHmac } from 'node:crypto'
import { decimalOf } from '../kit/amounts.ts'
import type { Charge } from '../kit/charges.ts'
import type { CinetPayPersona } from './server.ts'

const instant = (ms: number): string => new Date(ms).toISOString().slice(0, 19).replace('T', ' ')

/** A notification's fields, in the order in which `x-token` takes them (docs.cinetpay.com, checkout, HMAC). Its last says the outcome. */
export const notificationOf = (
  { id, request, state, reason, createdMs }: Charge<CinetPayPersona>,
  siteId: string,
  { statusWord }: Pick<CinetPayPersona, 'statusWord'>,
): Readonly<Record<string, string>> => ({
  cpm_site_id: siteId,
  cpm_trans_id: request.reference,
  cpm_trans_date: instant(createdMs),
  cpm_amount: String(decimalOf(request.amountMinor, request.currency)),
  cpm_currency: request.currency,
  signature: `${id}`.padStart(40, '0'),
  payment_method: 'OM',
  cel_phone_num: request.msisdn.slice(3),
  cpm_phone_prefixe: request.msisdn.slice(0, 3),
  cpm_language: 'fr',
  cpm_version: 'V4',
  cpm_payment_config: 'SINGLE',
  cpm_page_action: 'PAYMENT',
  cpm_custom: request.reference,
  cpm_designation: 'Payment',
  cpm_error_message: statusWord ?? (state === 'succeeded' ? 'SUCCES' : (reason ?? 'PAYMENT_FAILED')),
})

/** Hex HMAC-SHA256 of all values, one behind the other. */
export const tokenOf = (fields: Readonly<Record<string, string>>, key: string): string =>
  createHmac('sha256', key).update(Object.values(fields).join('')).digest('hex')
