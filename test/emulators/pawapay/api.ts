import { createHash, type KeyObject, timingSafeEqual } from 'node:crypto'
import type { VirtualClock } from '../kit/clock.ts'
import { type Arrived, type Handled, json, type Reply } from '../kit/server.ts'
import { activeConf, availability, takesDeposits } from './account.ts'
import type { Callbacks } from './callbacks.ts'
import { judgeDeposit, type Refusal, readDepositRequest } from './deposit-request.ts'
import { COMPANY, type Deposit, type Deposits, instant, statusData } from './deposits.ts'
import { verifyMessage } from './http-signature.ts'
import type { CallKind, Persona, Personas } from './persona.ts'
import { predict } from './providers.ts'
import type { RecordedRequest } from './request-log.ts'
import type { SigningKey } from './signing-key.ts'
import { htmlError, withFaults } from './transport-faults.ts'

export interface World {
  readonly clock: VirtualClock
  readonly random: () => number
  readonly pause: (ms: number) => Promise<void>
  readonly personas: Personas
  readonly deposits: Deposits
  readonly callbacks: Callbacks
  readonly token: string
  readonly requestKeys: ReadonlyMap<string, KeyObject>
  readonly enforceSignatures: boolean
  readonly signCallbacks: boolean
  readonly callbackBase: () => string
  readonly signingKey: () => SigningKey
}

const rejected = (status: number, failureCode: string, failureMessage: string, depositId?: string): Reply =>
  json(status, {
    ...(depositId === undefined ? {} : { depositId }),
    status: 'REJECTED',
    failureReason: { failureCode, failureMessage },
  })

const refused = ({ http, code, message, depositId }: Refusal): Reply => rejected(http, code, message, depositId)

const notFound = (): Reply =>
  json(404, { failureReason: { failureCode: 'NOT_FOUND', failureMessage: 'There is no such resource.' } })

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

const unauthorised = (world: World, arrived: Arrived, persona: Persona): Reply | undefined => {
  const header = arrived.headers['authorization']
  if (header === undefined) return rejected(401, 'NO_AUTHENTICATION', 'The API token is missing from the request.')
  if (timingSafeEqual(digest(header), digest(`Bearer ${world.token}`))) return undefined
  return rejected(persona.authErrorStatus, 'AUTHENTICATION_ERROR', 'The API token in the request is invalid.')
}

const judgeSignature = (world: World, arrived: Arrived, persona: Persona): string => {
  if (!('signature' in arrived.headers) && !('signature-input' in arrived.headers)) return 'absent'
  const { method, target, headers, body } = arrived
  const verdict = verifyMessage(
    { method, target, headers, body, authority: headers['host'] ?? '' },
    world.requestKeys,
    {
      nowMs: Date.now(),
      accept: persona.acceptSignature === 'both' ? ['der', 'raw'] : [persona.acceptSignature],
    },
  )
  return verdict.ok ? 'valid' : verdict.reason
}

const createDeposit = (
  world: World,
  arrived: Arrived,
  request: RecordedRequest,
  persona: Persona,
  sticky: Partial<Persona>,
): Reply => {
  request.signature = judgeSignature(world, arrived, persona)
  const denied = unauthorised(world, arrived, persona)
  if (denied) return denied
  if (world.enforceSignatures && request.signature !== 'valid') {
    return rejected(
      persona.authErrorStatus,
      'HTTP_SIGNATURE_ERROR',
      `The signature of the request is invalid: ${request.signature}.`,
    )
  }
  const read = readDepositRequest(arrived.body)
  if (!read.ok) return refused(read.refusal)
  const { depositId } = read.value
  if (persona.depositsNotAllowed) {
    return rejected(403, 'DEPOSITS_NOT_ALLOWED', 'Deposits are not allowed for this account.', depositId)
  }
  const earlier = world.deposits.find(depositId)
  if (earlier) {
    return json(200, { depositId, status: 'DUPLICATE_IGNORED', created: instant(earlier.createdMs) })
  }
  const judged = judgeDeposit(read.value, (provider) => takesDeposits(persona, provider))
  if (!judged.ok) return refused(judged.refusal)
  const deposit = world.deposits.accept(judged.value, sticky)
  return json(200, { depositId, status: 'ACCEPTED', nextStep: 'FINAL_STATUS', created: instant(deposit.createdMs) })
}

const depositStatus = (world: World, deposit: Deposit | undefined, persona: Persona): Reply => {
  if (persona.statusDown) return htmlError(503)
  if (!deposit || world.clock.nowMs() - deposit.createdMs < persona.statusNotFoundForMs) {
    return json(200, { status: 'NOT_FOUND' })
  }
  const data = statusData(deposit)
  return json(200, { status: 'FOUND', data: { ...data, status: persona.unknownStatus ?? data['status'] } })
}

const resendCallback = (world: World, depositId: string): Reply => {
  const deposit = world.deposits.find(depositId)
  if (!deposit) return rejected(200, 'NOT_FOUND', `Deposit with ID #${depositId} not found`, depositId)
  if (deposit.status !== 'COMPLETED' && deposit.status !== 'FAILED') {
    return rejected(200, 'INVALID_STATE', `Deposit with ID #${depositId} is not in a final state`, depositId)
  }
  void world.callbacks.deliver(deposit)
  return json(200, { depositId, status: 'ACCEPTED' })
}

const predictProvider = (body: Buffer): Reply => {
  let phoneNumber: unknown
  try {
    phoneNumber = (JSON.parse(body.toString('utf8')) as Record<string, unknown> | null)?.['phoneNumber']
  } catch {
    return rejected(400, 'INVALID_INPUT', 'We are unable to parse the body of the request.')
  }
  if (typeof phoneNumber !== 'string') {
    return rejected(400, 'MISSING_PARAMETER', "The parameter 'phoneNumber' is required.")
  }
  const failure = { failureReason: { failureCode: 'INVALID_PHONE_NUMBER', failureMessage: 'Invalid phone number' } }
  return json(200, predict(phoneNumber) ?? failure)
}

interface Call {
  readonly kind: CallKind
  readonly persona: Persona
  readonly depositId?: string
  readonly answer: () => Reply
}

const peek = (body: Buffer): { msisdn?: string; depositId?: string } => {
  const text = body.toString('utf8')
  const field = (name: string) => new RegExp(`"${name}"\\s*:\\s*"([^"]*)"`).exec(text)?.[1]
  const [msisdn, depositId] = [field('phoneNumber'), field('depositId')]
  return { ...(msisdn ? { msisdn } : {}), ...(depositId ? { depositId } : {}) }
}

const route = (world: World, arrived: Arrived, request: RecordedRequest): Call => {
  const { personas, deposits } = world
  const everyone = personas.of()
  const toolkit = (answer: () => Reply, open = false): Call => ({
    kind: 'toolkit',
    persona: everyone,
    answer: () => (open ? undefined : unauthorised(world, arrived, everyone)) ?? answer(),
  })
  const [, depositId = ''] = /^\/v2\/deposits\/(?:resend-callback\/)?([^/]+)$/.exec(arrived.path) ?? []
  switch (`${arrived.method} ${arrived.path.replace(depositId || '\0', '{id}')}`) {
    case 'POST /v2/deposits': {
      const { msisdn, depositId } = peek(arrived.body)
      const sticky = personas.takeNext()
      const persona = personas.of(msisdn, sticky)
      const answer = () => createDeposit(world, arrived, request, persona, sticky)
      return { kind: 'deposits', persona, answer, ...(depositId ? { depositId } : {}) }
    }
    case 'GET /v2/deposits/{id}': {
      const deposit = deposits.find(depositId)
      const persona = personas.of(deposit?.request.phoneNumber, deposit?.sticky)
      const answer = () =>
        unauthorised(world, arrived, persona) ?? depositStatus(world, deposits.find(depositId), persona)
      return { kind: 'status', persona, depositId, answer }
    }
    case 'POST /v2/deposits/resend-callback/{id}':
      return toolkit(() => resendCallback(world, depositId))
    case 'GET /v2/public-key/http': {
      const { id, publicPem } = world.signingKey()
      return toolkit(() => (everyone.publicKeysDown ? htmlError(503) : json(200, [{ id, key: publicPem }])), true)
    }
    case 'GET /v2/active-conf':
      return toolkit(() =>
        json(
          200,
          activeConf(arrived.query, everyone, {
            companyName: COMPANY,
            signedRequestsOnly: world.enforceSignatures,
            signedCallbacks: world.signCallbacks,
            callbackBase: world.callbackBase(),
          }),
        ),
      )
    case 'GET /v2/availability':
      return toolkit(() => json(200, availability(arrived.query, everyone)))
    case 'POST /v2/predict-provider':
      return toolkit(() => predictProvider(arrived.body))
    default:
      return toolkit(notFound, true)
  }
}

/** One call of the Merchant API, with whatever the persona does to it on the way. */
export const answerCall = (world: World, arrived: Arrived, request: RecordedRequest): Handled | Promise<Handled> => {
  const { kind, persona, depositId, answer } = route(world, arrived, request)
  return persona.faultsOn.includes(kind) ? withFaults(persona, world, depositId, answer) : answer()
}
