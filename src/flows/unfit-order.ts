import { UNFIT_FIELDS } from '../contracts/vault.ts'
import type { FieldError } from '../domain/errors.ts'

const WHY: Readonly<Record<(typeof UNFIT_FIELDS)[keyof typeof UNFIT_FIELDS], string>> = {
  amount:
    'The gateway that this payment goes through does not take this amount, or not in this currency, for this provider. Send an amount with fewer decimals, or name another provider.',
  phoneNumber:
    'The gateway that this payment goes through does not take this number. Send another one, or name another provider.',
  provider:
    'The gateway that this payment goes through does not reach this provider. Name another one, or send a number of another network.',
  customerMessage:
    'The gateway that this payment goes through does not take this text. Send 4–22 letters, digits and spaces, or leave it out.',
  preAuthorisationCode:
    'The gateway that this payment goes through takes no such code for this provider. Send none, or name another provider.',
}

/** Whether nothing was sent because the order itself does not suit the gateway. */
export const isUnfit = (code: string): code is keyof typeof UNFIT_FIELDS => Object.hasOwn(UNFIT_FIELDS, code)

/**
 * What a shop has to change when nothing was sent because no gateway that was chosen takes the order as it is. Undefined when it
 * was for another reason: sent again later, the same order may well go.
 */
export const unfitField = (code: string): FieldError | undefined => {
  if (!isUnfit(code)) return undefined
  const field = UNFIT_FIELDS[code]
  return { field, message: WHY[field] }
}
