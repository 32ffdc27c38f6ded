import { minorOf } from '../kit/amounts.ts'
import type { Call, World } from '../kit/gateway.ts'
import { type Arrived, json, type Reply } from '../kit/server.ts'
import { fetched, initiated, notFound, problem } from './answers.ts'
import type { FlutterwavePersona } from './server.ts'

/** Currencies and networks by `type` (developer.flutterwave.com/docs/collections-inflow/mobile-money). */
const TYPES: Readonly<Record<string, { currencies: readonly string[]; networks?: readonly string[] }>> = {
  mobile_money_ghana: { currencies: ['GHS'], networks: ['MTN', 'VODAFONE', 'TELECEL', 'TIGO'] },
  mobile_money_uganda: { currencies: ['UGX'], networks: ['MTN', 'AIRTEL'] },
  mobile_money_rwanda: { currencies: ['RWF'] },
  mobile_money_zambia: { currencies: ['ZMW'], networks: ['MTN', 'AIRTEL', 'ZAMTEL'] },
  mobile_money_tanzania: { currencies: ['TZS'] },
  mobile_money_franco: { currencies: ['XOF', 'XAF'] },
  mpesa: { currencies: ['KES'] },
}

const FRANCO_COUNTRIES = ['CI', 'SN', 'BF', 'CM']

const bodyOf = (arrived: Arrived): Record<string, unknown> => {
  try {
    const parsed: unknown = JSON.parse(arrived.body.toString('utf8'))
    return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '')

const REQUIRED = ['tx_ref', 'amount', 'currency', 'email', 'phone_number'] as const

const create = (
  { charges }: World<FlutterwavePersona>,
  type: string,
  body: Readonly<Record<string, unknown>>,
  persona: FlutterwavePersona,
  sticky: Partial<FlutterwavePersona>,
): Reply => {
  if (persona.refuse) return problem(persona.refuse.status, persona.refuse.message)
  const missing = REQUIRED.find((name) => body[name] === undefined || body[name] === '')
  if (missing) return problem(400, `${missing} is required`)
  const kind = TYPES[type]
  const currency = text(body['currency'])
  if (!kind?.currencies.includes(currency)) return problem(400, `${currency} is not supported for ${type}`)
  const network = text(body['network'])
  if (kind.networks && !kind.networks.includes(network)) return problem(400, 'network is invalid')
  if (type === 'mobile_money_franco' && !FRANCO_COUNTRIES.includes(text(body['country'])))
    return problem(400, 'country is invalid')
  const amountMinor = minorOf(String(body['amount']), currency)
  if (amountMinor === undefined || amountMinor === '0') return problem(400, 'amount is invalid')
  const reference = text(body['tx_ref'])
  if (charges.find(reference) && persona.duplicateTxRef === 'refused')
    return problem(400, 'Transaction with this reference already exists')
  const msisdn = text(body['phone_number'])
  const charge = charges.take({ reference, amountMinor, currency, msisdn, provider: network }, sticky)
  return persona.errorThoughCharged ? problem(400, 'Transaction Failed') : initiated(charge, type, persona)
}

export const routeCalls =
  (secretKey: string) =>
  (world: World<FlutterwavePersona>, arrived: Arrived): Call<FlutterwavePersona> => {
    const guarded = (answer: () => Reply): Reply =>
      arrived.headers['authorization'] === `Bearer ${secretKey}` ? answer() : problem(401, 'Invalid authorization key')
    const { charges, clock } = world
    switch (`${arrived.method} ${arrived.path}`) {
      case 'POST /v3/charges': {
        const body = bodyOf(arrived)
        return {
          kind: 'create',
          msisdn: text(body['phone_number']),
          answer: (persona, sticky) =>
            guarded(() => create(world, arrived.query.get('type') ?? '', body, persona, sticky)),
        }
      }
      case 'GET /v3/transactions/verify_by_reference': {
        const charge = charges.find(arrived.query.get('tx_ref') ?? '')
        return {
          kind: 'status',
          charge,
          answer: (persona) =>
            guarded(() =>
              charge && clock.nowMs() - charge.createdMs >= persona.statusNotFoundForMs
                ? fetched(charge, persona)
                : notFound(),
            ),
        }
      }
      default:
        return { kind: 'other', answer: () => json(404, { status: 'error', message: 'Not found', data: null }) }
    }
  }
