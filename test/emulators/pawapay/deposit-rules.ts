import type { Checked, WellFormed } from './deposit-request.ts'
import { depositLimits, fitsCountry } from './providers.ts'
import type { RecordedLimits } from './recorded.ts'

/** A deposit that passed every check. `metadata` is flat, as answers and callbacks show it. */
export interface DepositRequest {
  readonly depositId: string
  readonly amount: string
  readonly currency: string
  readonly country: string
  readonly phoneNumber: string
  readonly provider: string
  readonly customerMessage?: string
  readonly clientReferenceId?: string
  /** Only providers that have their customers authorise on a page of theirs. */
  readonly redirect?: { readonly successfulUrl: string; readonly failedUrl: string }
  /** Only providers that want a code first: not the one that the provider gave its customer. */
  readonly wrongCode?: true
  readonly metadata?: Readonly<Record<string, string>>
}

const AMOUNT = /^(?:0|[1-9][0-9]{0,17})(?:\.([0-9]{0,3}[1-9]))?$/

/** The sandbox takes any six digits; that these are none is decided here, so that there is a wrong code. */
const CODE = /^(?!000000)\d{6}$/

/** Ten-thousandths of a major unit: the finest that the format allows. */
const scaled = (amount: string): bigint => {
  const [whole = '0', fraction = ''] = amount.split('.')
  return BigInt(whole + fraction.padEnd(4, '0'))
}

const judgeAmount = (amount: string, row: RecordedLimits): readonly [code: string, message: string] | undefined => {
  const parts = amount.length <= 23 ? AMOUNT.exec(amount) : null
  if (!parts || (parts[1]?.length ?? 0) > (row.decimalsInAmount === 'NONE' ? 0 : 2)) {
    return ['INVALID_AMOUNT', `The amount '${amount}' is not supported by provider '${row.provider}'.`]
  }
  if (scaled(amount) < scaled(row.minAmount) || scaled(amount) > scaled(row.maxAmount)) {
    return [
      'AMOUNT_OUT_OF_BOUNDS',
      `The amount needs to be more than '${row.minAmount}' and less than '${row.maxAmount}' for provider '${row.provider}'.`,
    ]
  }
  return undefined
}

/** Business checks, HTTP 200 with `REJECTED` when they fail (400 for the two that are about parameters). */
export const judgeDeposit = (
  { preAuthorisationCode, successfulUrl, failedUrl, ...request }: WellFormed,
  available: (provider: string) => boolean,
): Checked<DepositRequest> => {
  const refuse = (http: 200 | 400, code: string, message: string): Checked<DepositRequest> => ({
    ok: false,
    refusal: { http, depositId: request.depositId, code, message },
  })
  const { provider, currency, phoneNumber, amount } = request
  const rows = depositLimits(provider)
  const [first] = rows
  if (!first) return refuse(200, 'INVALID_PROVIDER', `The provider '${provider}' is not supported.`)
  const row = rows.find((candidate) => candidate.currency === currency)
  if (!row) {
    return refuse(200, 'INVALID_CURRENCY', `The currency '${currency}' is not supported by provider '${provider}'.`)
  }
  const preAuthorised = row.authType === 'PREAUTH'
  if (preAuthorised && preAuthorisationCode === undefined) {
    return refuse(400, 'MISSING_PARAMETER', "The parameter 'preAuthorisationCode' is required.")
  }
  if (!preAuthorised && preAuthorisationCode !== undefined) {
    return refuse(400, 'UNSUPPORTED_PARAMETER', "The parameter 'preAuthorisationCode' is not supported.")
  }
  const redirects = row.authType === 'REDIRECT_AUTH'
  for (const [name, url] of Object.entries({ successfulUrl, failedUrl })) {
    if (redirects && url === undefined) {
      return refuse(400, 'MISSING_PARAMETER', `The parameter '${name}' is required.`)
    }
    if (!redirects && url !== undefined) {
      return refuse(400, 'UNSUPPORTED_PARAMETER', `The parameter '${name}' is not supported.`)
    }
  }
  if (!fitsCountry(phoneNumber, row.country)) {
    return refuse(
      200,
      'INVALID_PHONE_NUMBER',
      `The phone number '${phoneNumber}' seems to be invalid for the provider '${provider}'.`,
    )
  }
  const wrongAmount = judgeAmount(amount, row)
  if (wrongAmount) return refuse(200, ...wrongAmount)
  if (!available(provider)) {
    return refuse(
      200,
      'PROVIDER_TEMPORARILY_UNAVAILABLE',
      `The provider '${provider}' is currently not able to process payments.`,
    )
  }
  const value: DepositRequest = {
    ...request,
    country: row.country,
    ...(redirects ? { redirect: { successfulUrl: String(successfulUrl), failedUrl: String(failedUrl) } } : {}),
    ...(preAuthorised && !CODE.test(preAuthorisationCode ?? '') ? { wrongCode: true as const } : {}),
  }
  return { ok: true, value }
}
