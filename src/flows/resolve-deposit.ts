import type { DecideCore } from '../contracts/decide.ts'
import type { PredictOutcome } from '../contracts/vault.ts'
import type { FieldError, PaymentError } from '../domain/errors.ts'
import type { Msisdn } from '../domain/ids.ts'
import { err, ok, type Result } from '../domain/result.ts'
import { homeCountry, readPhoneNumber } from './phone-number.ts'

/** What a caller asked for, field by field; what is undefined was missing or already found wrong. */
export interface DepositWish {
  readonly amount?: string | undefined
  readonly currency?: string | undefined
  readonly phoneNumber?: string | undefined
  readonly provider?: string | undefined
}

export interface ResolvedDeposit {
  readonly amountMinor: string
  readonly currency: string
  readonly phoneNumber: Msisdn
  readonly provider: string
}

export interface ResolveDepositPorts {
  readonly decide: Pick<DecideCore, 'checkDeposit' | 'knownCurrency' | 'parseAmount' | 'predictProvider'>
  /** Asks the gateway. May throw and may be called twice; slow only for numbers that the core cannot place. */
  readonly predictProvider: (phoneNumber: string) => Promise<PredictOutcome>
}

const NOT_A_NUMBER: FieldError = {
  field: 'phoneNumber',
  message: 'This is not a phone number. Write it with country code, such as "+260763456789".',
}

const PROVIDER_WANTED: FieldError = {
  field: 'provider',
  message: 'Name the provider, such as "MTN_MOMO_ZMB": whose number this is cannot be found out here.',
}

const checkMoney = (decide: ResolveDepositPorts['decide'], wish: DepositWish): FieldError | undefined => {
  if (wish.currency === undefined) return undefined
  if (!decide.knownCurrency(wish.currency)) return { field: 'currency', message: 'This currency is not known.' }
  if (wish.amount === undefined) return undefined
  const minor = decide.parseAmount(wish.amount, wish.currency)
  if (minor === null) return { field: 'amount', message: `This does not fit the decimals of ${wish.currency}.` }
  return BigInt(minor) === 0n ? { field: 'amount', message: 'Send an amount above zero.' } : undefined
}

/** `unavailable`: who can say it could not be asked. Not the request's fault, and a repetition of it may have been sent before. */
const findProvider = async (
  ports: ResolveDepositPorts,
  phoneNumber: Msisdn,
): Promise<Result<string, FieldError | 'unavailable'>> => {
  const placed = ports.decide.predictProvider(phoneNumber)
  if (placed) return ok(placed.provider)
  const told = await ports
    .predictProvider(phoneNumber)
    .catch((): PredictOutcome => ({ kind: 'unknown', reason: 'rpc' }))
  switch (told.kind) {
    case 'found':
      return ok(told.provider)
    case 'invalid':
      return err(NOT_A_NUMBER)
    case 'unknown':
      return err(told.nobodyPredicts ? PROVIDER_WANTED : 'unavailable')
  }
}

const readWishedNumber = (wish: DepositWish): Msisdn | undefined =>
  wish.phoneNumber === undefined
    ? undefined
    : readPhoneNumber(wish.phoneNumber, homeCountry(wish.provider, wish.currency))

/** What can be told wrong from each field by itself: to be said together with what is wrong elsewhere in the request. */
export const checkWish = (decide: ResolveDepositPorts['decide'], wish: DepositWish): readonly FieldError[] => {
  const money = checkMoney(decide, wish)
  const number = wish.phoneNumber !== undefined && readWishedNumber(wish) === undefined ? NOT_A_NUMBER : undefined
  return [money, number].filter((error) => error !== undefined)
}

const invalid = (errors: readonly FieldError[]): PaymentError => ({ reason: 'invalid_request', errors })

/** Turns what was asked into what can be sent: minor units, digits, a provider. The gateway is asked last, if at all. */
export const resolveDeposit = async (
  ports: ResolveDepositPorts,
  wish: DepositWish,
): Promise<Result<ResolvedDeposit, PaymentError>> => {
  const { amount, currency } = wish
  const phoneNumber = readWishedNumber(wish)
  const errors = checkWish(ports.decide, wish)
  if (errors.length > 0 || amount === undefined || currency === undefined || phoneNumber === undefined)
    return err(invalid(errors))

  const provider = wish.provider === undefined ? await findProvider(ports, phoneNumber) : ok(wish.provider)
  if (!provider.ok)
    return err(
      provider.error === 'unavailable' ? { reason: 'unavailable', part: 'provider' } : invalid([provider.error]),
    )
  const checked = ports.decide.checkDeposit({ amount, currency, provider: provider.value, phoneNumber })
  if (!checked.ok) return err(invalid(checked.errors))
  return ok({ amountMinor: checked.amountMinor, currency, phoneNumber, provider: provider.value })
}
