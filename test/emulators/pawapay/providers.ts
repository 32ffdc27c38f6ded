import { type RecordedLimits, recordedLimits, sandboxNumbers } from './recorded.ts'

/**
 * Providers that were not enabled on the account whose active-conf was recorded; Wave's have no sandbox numbers either. Decimals and
 * authType are documented (docs.pawapay.io/v2/docs/providers); their limits are not, so these are wide open.
 */
const UNRECORDED = [
  ['BFA', '226', 'ORANGE_BFA', 'Orange', 'XOF', 'NONE', 'PREAUTH'],
  ['CIV', '225', 'WAVE_CIV', 'Wave', 'XOF', 'NONE', 'REDIRECT_AUTH'],
  ['COG', '242', 'MTN_MOMO_COG', 'MTN', 'XAF', 'NONE', 'PROVIDER_AUTH'],
  ['ETH', '251', 'MPESA_ETH', 'M-Pesa', 'ETB', 'TWO_PLACES', 'PROVIDER_AUTH'],
  ['GAB', '241', 'AIRTEL_GAB', 'Airtel', 'XAF', 'TWO_PLACES', 'PROVIDER_AUTH'],
  ['LSO', '266', 'MPESA_LSO', 'M-Pesa', 'LSL', 'TWO_PLACES', 'PROVIDER_AUTH'],
  ['MOZ', '258', 'MOVITEL_MOZ', 'Movitel', 'MZN', 'NONE', 'PROVIDER_AUTH'],
  ['NGA', '234', 'AIRTEL_NGA', 'Airtel', 'NGN', 'NONE', 'PROVIDER_AUTH'],
  ['NGA', '234', 'MTN_MOMO_NGA', 'MTN', 'NGN', 'TWO_PLACES', 'PROVIDER_AUTH'],
  ['SEN', '221', 'WAVE_SEN', 'Wave', 'XOF', 'NONE', 'REDIRECT_AUTH'],
  ['TZA', '255', 'VODACOM_TZA', 'Vodacom', 'TZS', 'NONE', 'PROVIDER_AUTH'],
] as const

/** Every provider, currency and operation of the simulated account. */
export const limits: readonly RecordedLimits[] = [
  ...recordedLimits,
  ...UNRECORDED.map(([country, prefix, provider, displayName, currency, decimalsInAmount, authType]) => ({
    country,
    prefix,
    provider,
    displayName,
    currency,
    operation: 'DEPOSIT',
    minAmount: '1',
    maxAmount: '1000000',
    decimalsInAmount,
    authType,
    pinPrompt: authType === 'PROVIDER_AUTH' ? 'AUTOMATIC' : '',
    pinPromptRevivable: authType === 'PROVIDER_AUTH' ? 'False' : '',
  })),
].toSorted((a, b) => (a.country < b.country ? -1 : a.country > b.country ? 1 : 0))

export const depositLimits = (provider: string): readonly RecordedLimits[] =>
  limits.filter((row) => row.provider === provider && row.operation === 'DEPOSIT')

const prefixes = new Map(limits.map((row) => [row.country, row.prefix]))

/** How long numbers of a country are, as the sandbox numbers show; Benin's new plan (2024) is two digits longer. */
const lengths = new Map<string, Set<number>>([['BEN', new Set([13])]])
for (const { country, msisdn } of sandboxNumbers) {
  const known = lengths.get(country) ?? new Set()
  lengths.set(country, known.add(msisdn.length))
}

export const fitsCountry = (msisdn: string, country: string): boolean =>
  /^[1-9][0-9]{6,14}$/.test(msisdn) &&
  msisdn.startsWith(prefixes.get(country) ?? 'none') &&
  (lengths.get(country)?.has(msisdn.length) ?? true)

const commonDigits = (a: string, b: string): number => {
  let n = 0
  while (n < a.length && a[n] === b[n]) n++
  return n
}

export interface Prediction {
  readonly country: string
  readonly provider: string
  readonly phoneNumber: string
}

/**
 * The provider whose sandbox numbers begin most like this one. Operators' real prefixes are not published, so this is a
 * guess, as pawaPay's own is. Undefined: not a number of a country that is served.
 */
export const predict = (text: string): Prediction | undefined => {
  if (!/^[\d\s()+./-]+$/.test(text)) return undefined
  const phoneNumber = text.replaceAll(/\D/g, '').replace(/^00/, '')
  let best: { row: (typeof sandboxNumbers)[number]; digits: number } | undefined
  for (const row of sandboxNumbers) {
    if (row.operation !== 'DEPOSIT' || !fitsCountry(phoneNumber, row.country)) continue
    const digits = commonDigits(row.msisdn, phoneNumber)
    if (digits > (best?.digits ?? (prefixes.get(row.country)?.length as number))) best = { row, digits }
  }
  return best && { country: best.row.country, provider: best.row.provider, phoneNumber }
}
