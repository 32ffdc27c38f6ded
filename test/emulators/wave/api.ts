import { minorOf } from '../kit/amounts.ts'
import type { Charge } from '../kit/charges.ts'
import type { Call, World } from '../kit/gateway.ts'
import { type Arrived, json, type Reply } from '../kit/server.ts'
import { idOf, problem, sessionOf } from './answers.ts'
import type { WavePersona } from './server.ts'

const bodyOf = (arrived: Arrived): Readonly<Record<string, unknown>> => {
  try {
    return (JSON.parse(arrived.body.toString('utf8')) ?? {}) as Record<string, unknown>
  } catch {
    return {}
  }
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '')

const create = (
  { charges }: World<WavePersona>,
  body: Readonly<Record<string, unknown>>,
  persona: WavePersona,
  sticky: Partial<WavePersona>,
): Reply => {
  if (persona.refuse) return problem(persona.refuse.status, persona.refuse.code, 'The request was refused')
  const currency = text(body['currency'])
  const amountMinor = minorOf(text(body['amount']), currency)
  const mobile = text(body['restrict_payer_mobile'])
  const urls = [text(body['success_url']), text(body['error_url'])]
  const isRight =
    currency === 'XOF' && amountMinor !== undefined && amountMinor !== '0' && /^\+[0-9]{8,15}$/.test(mobile)
  if (!isRight || !urls.every((url) => /^https?:\/\//.test(url)))
    return problem(400, 'request-validation-error', 'Request invalid')
  const request = {
    reference: text(body['client_reference']),
    amountMinor,
    currency,
    msisdn: mobile.slice(1),
    provider: 'WAVE',
  }
  // A second session with the same reference is a second session.
  return json(200, sessionOf(charges.take(request, sticky), { ...persona, statusWord: null }))
}

/** 200 without a body when it can no longer be paid; 409 when it is. */
const expire = ({ charges }: World<WavePersona>, charge: Charge<WavePersona>, persona: WavePersona): Reply => {
  const unavailable = { status: 503, body: '<html>Service Unavailable</html>' }
  if (persona.expire === 'unavailable') return unavailable
  if (persona.expire === 'while being paid') return { status: 200, body: '' }
  if (charge.state === 'succeeded' || persona.expire === 'as if paid')
    return problem(409, 'checkout-session-complete', 'The session is paid')
  charges.cancel(charge, 'expired')
  return persona.expire === 'as documented' ? { status: 200, body: '' } : unavailable
}

export const routeCalls =
  (apiKey: string) =>
  (world: World<WavePersona>, arrived: Arrived): Call<WavePersona> => {
    const { charges, clock } = world
    const guarded = (answer: () => Reply): Reply =>
      arrived.headers['authorization'] === `Bearer ${apiKey}`
        ? answer()
        : problem(401, 'no-matching-api-key', 'The key is not known')
    const notFound = (): Reply => problem(404, 'not-found', 'There is no such session')
    if (arrived.method === 'POST' && arrived.path === '/v1/checkout/sessions') {
      const body = bodyOf(arrived)
      return {
        kind: 'create',
        msisdn: text(body['restrict_payer_mobile']).slice(1),
        answer: (persona, sticky) => guarded(() => create(world, body, persona, sticky)),
      }
    }
    if (arrived.method === 'GET' && arrived.path === '/v1/checkout/sessions/search') {
      const reference = arrived.query.get('client_reference') ?? ''
      const charge = charges.find(reference)
      return {
        kind: 'status',
        charge,
        answer: (persona) =>
          guarded(() => {
            const isThere = charge && clock.nowMs() - charge.createdMs >= persona.statusNotFoundForMs
            const all = isThere ? charges.all().filter(({ request }) => request.reference === reference) : []
            return json(200, { result: all.toReversed().map((each) => sessionOf(each, persona)) })
          }),
      }
    }
    const [, id, word] = /^\/v1\/checkout\/sessions\/([^/]+)(\/expire)?$/.exec(arrived.path) ?? []
    const charge = charges.all().find((each) => idOf(each) === id)
    if (arrived.method === 'POST' && word)
      return {
        kind: 'status',
        charge,
        answer: (persona) => guarded(() => (charge ? expire(world, charge, persona) : notFound())),
      }
    if (arrived.method === 'GET' && id !== undefined)
      return {
        kind: 'status',
        charge,
        answer: (persona) => guarded(() => (charge ? json(200, sessionOf(charge, persona)) : notFound())),
      }
    return { kind: 'other', answer: notFound }
  }
