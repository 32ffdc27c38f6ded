import { minorOf } from '../kit/amounts.ts'
import type { Call, World } from '../kit/gateway.ts'
import { type Arrived, json, type Reply } from '../kit/server.ts'
import { checked, created, problem } from './answers.ts'
import type { CinetPayOptions, CinetPayPersona } from './server.ts'

type Body = Readonly<Record<string, unknown>>

const bodyOf = (arrived: Arrived): Body => {
  try {
    return (JSON.parse(arrived.body.toString('utf8')) ?? {}) as Body
  } catch {
    return {}
  }
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '')
const isUrl = (value: unknown): boolean => /^https?:\/\//.test(text(value))

const CURRENCIES: readonly string[] = ['XOF', 'XAF', 'CDF', 'GNF', 'USD']

/** An integer, and but for dollars a multiple of five. */
const amountOf = (amount: unknown, currency: string): string | undefined => {
  if (typeof amount !== 'number' || !Number.isSafeInteger(amount) || amount < 1) return undefined
  return currency !== 'USD' && amount % 5 !== 0 ? undefined : minorOf(String(amount), currency)
}

const invalid = (description: string): Reply => problem('MINIMUM_REQUIRED_FIELDS', description)

const create = (
  { charges }: World<CinetPayPersona>,
  body: Body,
  { refuse }: CinetPayPersona,
  sticky: Partial<CinetPayPersona>,
): Reply => {
  if (refuse) return problem(refuse.message, 'The request was refused', refuse.code)
  const [reference, currency, msisdn] = [
    text(body['transaction_id']),
    text(body['currency']),
    text(body['customer_phone_number']),
  ]
  if (!/^[^#/$_&\s]{1,64}$/.test(reference)) return invalid('transaction_id is required')
  if (!CURRENCIES.includes(currency)) return invalid('currency is not valid')
  const amountMinor = amountOf(body['amount'], currency)
  if (amountMinor === undefined) return invalid('amount must be a multiple of 5')
  if (!isUrl(body['notify_url']) || !isUrl(body['return_url'])) return invalid('notify_url and return_url are required')
  if (!/^[^#/$_&]+$/.test(text(body['description']))) return invalid('description is required')
  if (body['lock_phone_number'] === true && !/^\+[1-9][0-9]{8,14}$/.test(msisdn))
    return problem('An error occurred while processing the request', 'customer_phone_number', '624')
  // What a repeated one is answered with is not documented; it is to be unique, and so this one is not valid.
  if (charges.find(reference)) return invalid('transaction_id is not valid')
  const request = { reference, amountMinor, currency, msisdn: msisdn.slice(1), provider: 'MOBILE_MONEY' }
  return created(charges.take(request, sticky))
}

export const routeCalls =
  ({ apiKey, siteId }: CinetPayOptions) =>
  (world: World<CinetPayPersona>, arrived: Arrived): Call<CinetPayPersona> => {
    const { charges, clock } = world
    const body = bodyOf(arrived)
    const guarded = (answer: () => Reply): Reply => {
      if (body['apikey'] !== apiKey) return problem('AUTH_NOT_FOUND', 'The apikey is not known')
      return body['site_id'] === siteId ? answer() : problem('ERROR_SITE_ID_NOTVALID', 'The site_id is not known')
    }
    if (arrived.method === 'POST' && arrived.path === '/v2/payment')
      return {
        kind: 'create',
        msisdn: text(body['customer_phone_number']).slice(1),
        answer: (persona, sticky) => guarded(() => create(world, body, persona, sticky)),
      }
    if (arrived.method === 'POST' && arrived.path === '/v2/payment/check') {
      const charge = charges.find(text(body['transaction_id']))
      return {
        kind: 'status',
        charge,
        answer: (persona) =>
          guarded(() =>
            charge && clock.nowMs() - charge.createdMs >= persona.statusNotFoundForMs
              ? checked(charge, persona)
              : problem('TRANSACTION_NOT_FOUND', 'The transaction does not exist'),
          ),
      }
    }
    return { kind: 'other', answer: () => json(404, { code: '404', message: 'NOT_FOUND' }) }
  }
