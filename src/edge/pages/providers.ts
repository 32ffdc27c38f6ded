import type { DecideCore, ProviderCountry } from '../../contracts/decide.ts'
import type { PhoneInstructions, ProviderConditions } from '../../contracts/vault.ts'
import { alpha2Of } from '../../flows/phone-number.ts'

/** One network that a customer may choose for a checkout. Amounts are decimal strings. */
export interface ProviderChoice {
  /** The gateway's code. */
  readonly provider: string
  /** What the public calls it. */
  readonly name: string
  /** ISO 3166-1 alpha-2. */
  readonly country: string
  readonly auth: 'provider' | 'preauth' | 'redirect'
  /** First digits of its numbers, with calling code. */
  readonly prefixes: readonly string[]
  /** How many digits a whole number has, with calling code. */
  readonly digits: readonly number[]
  readonly callingCode: string
  /** Why it cannot take this payment now; null when it can. */
  readonly barred:
    | { readonly why: 'closed' }
    | { readonly why: 'decimals' }
    | { readonly why: 'limits'; readonly least: string; readonly most: string }
    | null
  readonly shownAs: string | null
  readonly instructions: PhoneInstructions | null
}

/** The public's names of pawaPay's providers. A code that is not here is shown by its first word. */
const NAMES: Readonly<Record<string, string>> = {
  AIRTELTIGO_GHA: 'AT Money',
  FREE_SEN: 'Free Money',
  HALOTEL_TZA: 'HaloPesa',
  MOVITEL_MOZ: 'e-Mola',
  MPESA_ETH: 'M-Pesa',
  MPESA_KEN: 'M-Pesa',
  MPESA_LSO: 'M-Pesa',
  TIGO_TZA: 'Mixx by Yas',
  TNM_MWI: 'TNM Mpamba',
  VODACOM_MOZ: 'M-Pesa',
  VODACOM_MPESA_COD: 'Vodacom M-Pesa',
  VODACOM_TZA: 'M-Pesa',
  VODAFONE_GHA: 'Telecel Cash',
  ZAMTEL_ZMB: 'Zamtel Kwacha',
}
const FAMILIES: readonly (readonly [start: string, name: string])[] = [
  ['MTN_MOMO', 'MTN MoMo'],
  ['AIRTEL', 'Airtel Money'],
  ['ORANGE', 'Orange Money'],
  ['MOOV', 'Moov Money'],
  ['WAVE', 'Wave'],
]

export const providerName = (code: string): string =>
  NAMES[code] ?? FAMILIES.find(([start]) => code.startsWith(start))?.[1] ?? code.split('_')[0] ?? code

/** Numbers of Benin have 01 in front since November 2024, which the numbering plan's prefixes do not say. */
const prefixesOf = (country: ProviderCountry, prefixes: readonly string[]): readonly string[] =>
  (country.code === 'BEN' ? ['', '01'] : ['']).flatMap((before) =>
    prefixes.map((prefix) => `${country.callingCode}${before}${prefix}`),
  )

const decimalsOf = (amount: string): number => (amount.split('.')[1] ?? '').replace(/0+$/, '').length

const barredBy = (
  decide: Pick<DecideCore, 'parseAmount'>,
  amount: string,
  currency: string,
  decimals: number,
  conditions: ProviderConditions | undefined,
): ProviderChoice['barred'] => {
  if (conditions && conditions.state !== 'operational') return { why: 'closed' }
  if (decimalsOf(amount) > decimals) return { why: 'decimals' }
  const minor = (text: string | null | undefined) => (text ? decide.parseAmount(text, currency) : null)
  const [asked, least, most] = [amount, conditions?.minAmount, conditions?.maxAmount].map(minor)
  const outside = asked && ((least && BigInt(asked) < BigInt(least)) || (most && BigInt(asked) > BigInt(most)))
  return outside ? { why: 'limits', least: conditions?.minAmount ?? '0', most: conditions?.maxAmount ?? '' } : null
}

/** The networks of a checkout: the core's table, with what the gateway says of each at the moment. */
export const providerChoices = (
  decide: Pick<DecideCore, 'parseAmount' | 'providersOf'>,
  amount: string,
  currency: string,
  conditions: readonly ProviderConditions[],
): readonly ProviderChoice[] =>
  decide.providersOf(currency).flatMap((country) =>
    country.providers.map(({ code, decimals, auth, prefixes }): ProviderChoice => {
      const told = conditions.find((each) => each.provider === code && each.currency === currency)
      return {
        provider: code,
        name: providerName(code),
        country: alpha2Of(country.code) ?? country.code,
        auth,
        prefixes: prefixesOf(country, prefixes),
        digits: country.numberDigits.map((digits) => country.callingCode.length + digits),
        callingCode: country.callingCode,
        barred: barredBy(decide, amount, currency, decimals, told),
        shownAs: told?.shownAs ?? null,
        instructions: told?.instructions ?? null,
      }
    }),
  )
