import { decimalOf } from '../kit/amounts.ts'
import type { Charge } from '../kit/charges.ts'
import { json, type Reply } from '../kit/server.ts'
import type { MtnPersona } from './server.ts'

const WORD = { pending: 'PENDING', succeeded: 'SUCCESSFUL', failed: 'FAILED' } as const

const MESSAGES: Readonly<Record<string, string>> = {
  RESOURCE_ALREADY_EXIST: 'Duplicated reference id. Creation of resource failed.',
  RESOURCE_NOT_FOUND: 'Requested resource was not found.',
  INVALID_CURRENCY: 'Currency not supported.',
}

/** An error body of the wallet platform. */
export const problem = (status: number, code: string): Reply =>
  json(status, { code, message: MESSAGES[code] ?? 'Request does not follow the specification.' })

/** Of the API manager in front of it, which looks at keys and tokens. */
export const turnedAway = (message: string): Reply => json(401, { statusCode: 401, message })

/** A request to pay, as it is told and called back. `financialTransactionId` is there once money moved. */
export const requestToPayOf = (charge: Charge<MtnPersona>, { statusWord, reasonAs }: MtnPersona) => {
  const { id, request, state, reason } = charge
  return {
    ...(state === 'succeeded' ? { financialTransactionId: String(id) } : {}),
    externalId: request.reference,
    amount: String(decimalOf(request.amountMinor, request.currency)),
    currency: request.currency,
    payer: { partyIdType: 'MSISDN', partyId: request.msisdn },
    status: statusWord ?? WORD[state],
    ...(reason === undefined ? {} : { reason: reasonAs === 'word' ? reason : { code: reason, message: 'It failed.' } }),
  }
}
