import { minorOf } from '../kit/amounts.ts'
import type { Call, World } from '../kit/gateway.ts'
import { type Arrived, json, type Reply } from '../kit/server.ts'
import { problem, requestToPayOf, turnedAway } from './answers.ts'
import type { MtnOptions, MtnPersona } from './server.ts'
import { LIFE_S, type Tokens } from './tokens.ts'

/** What each country's environment takes; the sandbox only euros. */
const CURRENCY: Readonly<Record<string, string>> = {
  sandbox: 'EUR',
  mtnivorycoast: 'XOF',
  mtnbenin: 'XOF',
  mtncameroon: 'XAF',
  mtncongo: 'XAF',
  mtnghana: 'GHS',
  mtnrwanda: 'RWF',
  mtnuganda: 'UGX',
  mtnzambia: 'ZMW',
}

/** The numbers of the sandbox and how they end; null: never (momodeveloper.mtn.com/api-documentation/testing). */
const SANDBOX: Readonly<Record<string, Partial<MtnPersona>>> = {
  '46733123450': { outcome: 'failed', failure: 'INTERNAL_PROCESSING_ERROR' },
  '46733123451': { outcome: 'failed', failure: 'APPROVAL_REJECTED' },
  '46733123452': { outcome: 'failed', failure: 'EXPIRED' },
  '46733123453': { outcome: 'stuck' },
  '46733123454': { outcome: 'stuck' },
  '46733123455': { outcome: 'failed', failure: 'PAYER_NOT_FOUND' },
}

const UUID_V4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

interface Body {
  readonly amount?: unknown
  readonly currency?: unknown
  readonly externalId?: unknown
  readonly payer?: { readonly partyIdType?: unknown; readonly partyId?: unknown }
}

const bodyOf = (arrived: Arrived): Body => {
  try {
    return (JSON.parse(arrived.body.toString('utf8')) ?? {}) as Body
  } catch {
    return {}
  }
}

const create = (
  { charges }: World<MtnPersona>,
  currency: string | undefined,
  arrived: Arrived,
  { refuse }: MtnPersona,
  sticky: Partial<MtnPersona>,
): Reply => {
  if (refuse) return problem(refuse.status, refuse.code)
  const reference = arrived.headers['x-reference-id'] ?? ''
  const body = bodyOf(arrived)
  const { partyIdType, partyId } = body.payer ?? {}
  const amountMinor = typeof body.amount === 'string' ? minorOf(body.amount, String(body.currency)) : undefined
  const isRight =
    UUID_V4.test(reference) &&
    amountMinor !== undefined &&
    typeof body.externalId === 'string' &&
    partyIdType === 'MSISDN' &&
    typeof partyId === 'string' &&
    /^[1-9][0-9]{7,14}$/.test(partyId)
  if (!isRight) return problem(400, 'BAD_REQUEST')
  if (currency === undefined || body.currency !== currency) return problem(400, 'INVALID_CURRENCY')
  if (charges.find(reference)) return problem(409, 'RESOURCE_ALREADY_EXIST')
  const request = { reference, amountMinor, currency, msisdn: partyId, provider: 'MTN' }
  charges.take(request, { ...SANDBOX[partyId], ...sticky })
  return { status: 202, body: '' }
}

export const routeCalls =
  ({ apiUser, apiKey, subscriptionKey, targetEnvironment }: MtnOptions, tokens: Tokens) =>
  (world: World<MtnPersona>, arrived: Arrived): Call<MtnPersona> => {
    const { charges, clock } = world
    const { headers, method, path } = arrived
    const hasKey = headers['ocp-apim-subscription-key'] === subscriptionKey
    const guarded = (answer: () => Reply): Reply => {
      if (!hasKey) return turnedAway('Access denied due to invalid subscription key.')
      const token = /^Bearer (\S+)$/.exec(headers['authorization'] ?? '')?.[1] ?? ''
      if (!tokens.isGood(token, clock.nowMs())) return turnedAway('Unauthorized. Access token is missing or invalid.')
      return headers['x-target-environment'] === targetEnvironment
        ? answer()
        : problem(400, 'NOT_ALLOWED_TARGET_ENVIRONMENT')
    }
    if (method === 'POST' && path === '/collection/token/') {
      const basic = `Basic ${Buffer.from(`${apiUser}:${apiKey}`).toString('base64')}`
      return {
        kind: 'other',
        answer: () => {
          if (!hasKey) return turnedAway('Access denied due to invalid subscription key.')
          if (headers['authorization'] !== basic) return json(401, { error: 'invalid_client' })
          return json(200, {
            access_token: tokens.issue(clock.nowMs()),
            token_type: 'access_token',
            expires_in: LIFE_S,
          })
        },
      }
    }
    if (method === 'POST' && path === '/collection/v1_0/requesttopay') {
      const msisdn = bodyOf(arrived).payer?.partyId
      return {
        kind: 'create',
        msisdn: typeof msisdn === 'string' ? msisdn : undefined,
        answer: (persona, sticky) =>
          guarded(() => create(world, CURRENCY[targetEnvironment], arrived, persona, sticky)),
      }
    }
    const [, reference] = /^\/collection\/v1_0\/requesttopay\/([^/]+)$/.exec(path) ?? []
    if (method === 'GET' && reference !== undefined) {
      const charge = charges.find(reference)
      return {
        kind: 'status',
        charge,
        answer: (persona) =>
          guarded(() =>
            charge && clock.nowMs() - charge.createdMs >= persona.statusNotFoundForMs
              ? json(200, requestToPayOf(charge, persona))
              : problem(404, 'RESOURCE_NOT_FOUND'),
          ),
      }
    }
    return { kind: 'other', answer: () => json(404, { statusCode: 404, message: 'Resource not found' }) }
  }
