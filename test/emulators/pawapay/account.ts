import type { Availability, Persona } from './persona.ts'
import { limits } from './providers.ts'
import { type RecordedLimits, recordedPinPromptInstructions } from './recorded.ts'

/** ISO 3166 alpha-3 → alpha-2, for display names. */
const ALPHA2: Readonly<Record<string, string>> = {
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

const nameOf = (country: string, language: 'en' | 'fr'): string =>
  new Intl.DisplayNames([language], { type: 'region' }).of(ALPHA2[country] ?? 'ZZ') ?? country

const statusOf = (persona: Persona, provider: string): Availability => persona.availability[provider] ?? 'OPERATIONAL'

/** DELAYED holds money-out and refuses money-in; CLOSED refuses both. */
export const takesDeposits = (persona: Persona, provider: string): boolean =>
  statusOf(persona, provider) === 'OPERATIONAL'

const chosen = (query: URLSearchParams): readonly RecordedLimits[] =>
  limits.filter(
    (row) =>
      (query.get('country') ?? row.country) === row.country &&
      (query.get('operationType') ?? row.operation) === row.operation,
  )

const groups = <T>(rows: readonly T[], by: (row: T) => string): (readonly [string, readonly [T, ...T[]]])[] =>
  Object.entries(Object.groupBy(rows, by)) as [string, [T, ...T[]]][]

/** The shape is that of the recorded PIN prompt instructions; Orange Burkina Faso's own words are not published. */
const CODE_INSTRUCTIONS = {
  channels: [
    {
      type: 'USSD',
      displayName: { en: 'Get a code', fr: 'Obtenir un code' },
      quickLink: '*144*4*6#',
      variables: { shortCode: '*144*4*6#' },
      instructions: {
        en: [
          { text: 'Dial *144*4*6#', template: 'Dial {{shortCode}}' },
          { text: 'Enter the amount and your PIN', template: 'Enter the amount and your PIN' },
        ],
        fr: [
          { text: 'Composez le *144*4*6#', template: 'Composez le {{shortCode}}' },
          { text: 'Entrez le montant et votre code PIN', template: 'Entrez le montant et votre code PIN' },
        ],
      },
    },
  ],
}

const operationType = (row: RecordedLimits, persona: Persona, callbackBase: string) => ({
  minAmount: row.minAmount,
  maxAmount: row.maxAmount,
  ...(row.operation === 'DEPOSIT'
    ? {
        authType: row.authType,
        ...(row.pinPrompt
          ? { pinPrompt: row.pinPrompt, pinPromptRevivable: row.pinPromptRevivable.toLowerCase() === 'true' }
          : {}),
        ...(row.authType === 'PREAUTH' ? { authTokenInstructions: CODE_INSTRUCTIONS } : {}),
        ...(row.provider === 'MTN_MOMO_RWA' ? { pinPromptInstructions: recordedPinPromptInstructions } : {}),
      }
    : {}),
  decimalsInAmount: row.decimalsInAmount,
  status: statusOf(persona, row.provider),
  callbackUrl: `${callbackBase}/${row.operation.toLowerCase()}s`,
})

/** GET /v2/active-conf: what the account may do, in the shape of the recorded one. */
export const activeConf = (
  query: URLSearchParams,
  persona: Persona,
  account: {
    readonly companyName: string
    readonly signedRequestsOnly: boolean
    readonly signedCallbacks: boolean
    readonly callbackBase: string
  },
) => ({
  companyName: account.companyName,
  signatureConfiguration: {
    signedRequestsOnly: account.signedRequestsOnly,
    signedCallbacks: account.signedCallbacks,
  },
  countries: groups(chosen(query), (row) => row.country).map(([country, ofCountry]) => ({
    country,
    displayName: { en: nameOf(country, 'en'), fr: nameOf(country, 'fr') },
    prefix: ofCountry[0].prefix,
    flag: `https://static-content.pawapay.io/country_flags/${country.toLowerCase()}.svg`,
    providers: groups(ofCountry, (row) => row.provider).map(([provider, ofProvider]) => ({
      provider,
      nameDisplayedToCustomer: 'pawaPay',
      displayName: ofProvider[0].displayName,
      logo: `https://static-content.pawapay.io/provider_logos/${ofProvider[0].displayName.toLowerCase()}.png`,
      currencies: groups(ofProvider, (row) => row.currency).map(([currency, rows]) => ({
        currency,
        displayName: currency,
        operationTypes: Object.fromEntries(
          rows.map((row) => [row.operation, operationType(row, persona, account.callbackBase)]),
        ),
      })),
    })),
  })),
})

/** GET /v2/availability: an array as documented, or the object map that one client recorded. */
export const availability = (query: URLSearchParams, persona: Persona) =>
  groups(chosen(query), (row) => row.country).map(([country, ofCountry]) => ({
    country,
    providers: groups(ofCountry, (row) => row.provider).map(([provider, ofProvider]) => {
      const operations = [...new Set(ofProvider.map((row) => row.operation))]
      const status = statusOf(persona, provider)
      return {
        provider,
        operationTypes:
          persona.availabilityShape === 'map'
            ? Object.fromEntries(operations.map((operation) => [operation, status]))
            : operations.map((operation) => ({ operationType: operation, status })),
      }
    }),
  }))
