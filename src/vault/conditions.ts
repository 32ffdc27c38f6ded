import type { ConditionsOutcome, PhoneInstructions, ProviderConditions } from '../contracts/vault.ts'
import type { Exchanged } from './transport.ts'

/** As JSON may be anything, so may every part of it. */
type Part = { readonly [name: string]: Part } | readonly Part[] | string | number | boolean | null | undefined

const field = (part: Part, name: string): Part =>
  typeof part === 'object' && part !== null && !Array.isArray(part)
    ? (part as Readonly<Record<string, Part>>)[name]
    : undefined
const list = (part: Part): readonly Part[] => (Array.isArray(part) ? part : [])
const text = (part: Part, max: number): string | null => (typeof part === 'string' && part.length <= max ? part : null)
const amount = (part: Part): string | null => {
  const written = text(part, 24)
  return written !== null && /^\d+(\.\d+)?$/.test(written) ? written : null
}

const STATES: Readonly<Record<string, ProviderConditions['state']>> = { DELAYED: 'delayed', CLOSED: 'closed' }
const LANGUAGES = ['en', 'fr']
const STEPS_MAX = 12

/** pawaPay's own quick links are codes (`*182*7*1#`) in what it sends and `tel` links in its documentation. */
const ussdOf = (part: Part): string | null => {
  const written = text(part, 80)
  if (written === null) return null
  const code = /%[0-9A-F]{2}/i.test(written) ? written.replaceAll('%23', '#').replaceAll(/%2A/gi, '*') : written
  const dialled = code.replace(/^tel:?/, '')
  return /^[*#][*#0-9]{1,30}$/.test(dialled) ? dialled : null
}

const instructionsOf = (deposit: Part): PhoneInstructions | null => {
  const given = field(deposit, 'pinPromptInstructions') ?? field(deposit, 'authTokenInstructions')
  const channel = list(field(given, 'channels')).find((each) => field(each, 'type') === 'USSD')
  if (channel === undefined) return null
  const stepsIn = (language: string): readonly string[] =>
    list(field(field(channel, 'instructions'), language))
      .slice(0, STEPS_MAX)
      .map((step) => text(field(step, 'text'), 200))
      .filter((step) => step !== null)
  const steps = Object.fromEntries(LANGUAGES.map((each) => [each, stepsIn(each)]).filter(([, found]) => found?.length))
  return { ussd: ussdOf(field(channel, 'quickLink')), steps }
}

/**
 * pawaPay's `GET /v2/active-conf` for one country (docs.pawapay.io/v2/docs/how_to_start#active-configuration). What does not
 * look as it should is left out: nothing here may keep a customer from paying but a provider that says it is closed.
 */
export const readConditions = (answer: Exchanged): ConditionsOutcome => {
  if (answer.kind !== 'response') return { kind: 'unknown', reason: answer.kind }
  if (answer.status !== 200 || answer.truncated) return { kind: 'unknown', reason: `http_${answer.status}` }
  let body: Part
  try {
    body = JSON.parse(answer.body) as Part
  } catch {
    return { kind: 'unknown', reason: 'unreadable' }
  }
  const providers = list(field(body, 'countries')).flatMap((country) => list(field(country, 'providers')))
  const conditions = providers.flatMap((provider) =>
    list(field(provider, 'currencies')).flatMap((currency): readonly ProviderConditions[] => {
      const deposit = field(field(currency, 'operationTypes'), 'DEPOSIT')
      const [code, written] = [text(field(provider, 'provider'), 64), text(field(currency, 'currency'), 3)]
      if (deposit === undefined || code === null || written === null) return []
      return [
        {
          provider: code,
          currency: written,
          state: STATES[text(field(deposit, 'status'), 32) ?? ''] ?? 'operational',
          minAmount: amount(field(deposit, 'minAmount')),
          maxAmount: amount(field(deposit, 'maxAmount')),
          shownAs: text(field(provider, 'nameDisplayedToCustomer'), 60),
          instructions: instructionsOf(deposit),
        },
      ]
    }),
  )
  return { kind: 'found', conditions }
}
