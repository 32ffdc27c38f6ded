import { type CountryCode, parsePhoneNumberFromString } from 'libphonenumber-js/min'
import type { Msisdn } from '../domain/ids.ts'

/** Where pawaPay's providers are: ISO 3166 alpha-3 (the end of every provider code) → alpha-2. */
const COUNTRIES: Readonly<Record<string, CountryCode>> = {
  BEN: 'BJ',
  BFA: 'BF',
  CIV: 'CI',
  CMR: 'CM',
  COD: 'CD',
  COG: 'CG',
  ETH: 'ET',
  GAB: 'GA',
  GHA: 'GH',
  KEN: 'KE',
  LSO: 'LS',
  MOZ: 'MZ',
  MWI: 'MW',
  NGA: 'NG',
  RWA: 'RW',
  SEN: 'SN',
  SLE: 'SL',
  TZA: 'TZ',
  UGA: 'UG',
  ZMB: 'ZM',
}

/** Currencies that one country alone uses. The CFA francs and the dollar tell no country. */
const COUNTRY_OF_CURRENCY: Readonly<Record<string, CountryCode>> = {
  CDF: 'CD',
  ETB: 'ET',
  GHS: 'GH',
  KES: 'KE',
  LSL: 'LS',
  MWK: 'MW',
  MZN: 'MZ',
  NGN: 'NG',
  RWF: 'RW',
  SLE: 'SL',
  TZS: 'TZ',
  UGX: 'UG',
  ZMW: 'ZM',
}

/** ISO 3166-1 alpha-3 of a country that pawaPay serves → alpha-2. */
export const alpha2Of = (code: string): string | undefined => COUNTRIES[code]

/** The country that a local number ("0763 456 789") is of, when provider or currency tell. */
export const homeCountry = (provider: string | undefined, currency: string | undefined): CountryCode | undefined =>
  COUNTRIES[provider?.slice(-3) ?? ''] ?? COUNTRY_OF_CURRENCY[currency ?? '']

const parse = (text: string, country: CountryCode | undefined) =>
  parsePhoneNumberFromString(text, country ? { defaultCountry: country, extract: false } : { extract: false })

/**
 * Any usual form of a phone number to digits with country code: `+260 763-456-789`, `00260763456789`,
 * `260763456789`, and with a home country `0763 456 789` or `763456789`. Undefined: not a phone number.
 *
 * Lenient on length: numbering plans change before metadata does (Benin went from 8 digits to 10 in 2024, and its
 * sandbox numbers still have 8). The core checks country code and length against the provider.
 */
export const readPhoneNumber = (text: string, country: CountryCode | undefined): Msisdn | undefined => {
  const trimmed = text.normalize('NFKC').trim()
  if (!/^\+?[\d\s().\-/‐‑–]+$/.test(trimmed)) return undefined
  const digits = trimmed.replace(/\D/g, '')
  if (digits.length < 6 || digits.length > 20) return undefined

  const international = trimmed.startsWith('+') ? trimmed : digits.startsWith('00') ? `+${digits.slice(2)}` : undefined
  if (international) return e164(international)
  if (digits.startsWith('0')) return country ? possible(digits, country) : undefined
  // Digits alone: with the home country's code in front they are complete, else they are a local number without its 0.
  const complete = parse(`+${digits}`, undefined)
  const local = country ? parse(digits, country) : undefined
  if (complete?.isPossible() && (!country || complete.countryCallingCode === local?.countryCallingCode))
    return e164(`+${digits}`)
  if (country) {
    const found = possible(digits, country)
    if (found) return found
  }
  return e164(`+${digits}`)
}

const possible = (digits: string, country: CountryCode): Msisdn | undefined => {
  const number = parse(digits, country)
  return number?.isPossible() ? (number.number.slice(1) as Msisdn) : undefined
}

const e164 = (text: string): Msisdn | undefined => {
  const number = parse(text, undefined)
  if (!number) return undefined
  const digits = number.number.slice(1)
  return /^[1-9]\d{7,14}$/.test(digits) ? (digits as Msisdn) : undefined
}
