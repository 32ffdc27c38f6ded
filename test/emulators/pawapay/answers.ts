import { createHash, timingSafeEqual } from 'node:crypto'
import type { RecordedRequest } from '../kit/request-log.ts'
import { type Arrived, json, type Reply } from '../kit/server.ts'
import { htmlError } from '../kit/transport-faults.ts'
import { takesDeposits } from './account.ts'
import { type Refusal, readDepositRequest } from './deposit-request.ts'
import { judgeDeposit } from './deposit-rules.ts'
import { type Deposit, instant, statusData } from './deposits.ts'
import { verifyMessage } from './http-signature.ts'
import type { Persona } from './persona.ts'
import { predict } from './providers.ts'
import type { World } from './world.ts'

const rejected = (status: number, failureCode: string, failureMessage: string, depositId?: string): Reply =>
  json(status, {
    ...(depositId === undefined ? {} : { depositId }),
    status: 'REJECTED',
    failureReason: { failureCode, failureMessage },
  })

const refused = ({ http, code, message, depositId }: Refusal): Reply => rejected(http, code, message, depositId)

export const notFound = (): Reply =>
  json(404, { failureReason: { failureCode: 'NOT_FOUND', failureMessage: 'There is no such resource.' } })

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

export const unauthorised = (world: World, arrived: Arrived, persona: Persona): Reply | undefined => {
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

export const createDeposit = (
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
  const nextStep = judged.value.redirect ? 'GET_AUTH_URL' : 'FINAL_STATUS'
  return json(200, { depositId, status: 'ACCEPTED', nextStep, created: instant(deposit.createdMs) })
}

export const depositStatus = (world: World, deposit: Deposit | undefined, persona: Persona): Reply => {
  if (persona.statusDown) return htmlError(503)
  if (!deposit || world.clock.nowMs() - deposit.createdMs < persona.statusNotFoundForMs) {
    return json(200, { status: 'NOT_FOUND' })
  }
  const data = statusData(deposit)
  return json(200, { status: 'FOUND', data: { ...data, status: persona.unknownStatus ?? data['status'] } })
}

export const resendCallback = (world: World, depositId: string): Reply => {
  const deposit = world.deposits.find(depositId)
  if (!deposit) return rejected(200, 'NOT_FOUND', `Deposit with ID #${depositId} not found`, depositId)
  if (deposit.status !== 'COMPLETED' && deposit.status !== 'FAILED') {
    return rejected(200, 'INVALID_STATE', `Deposit with ID #${depositId} is not in a final state`, depositId)
  }
  void world.callbacks.deliver(deposit)
  return json(200, { depositId, status: 'ACCEPTED' })
}

export const predictProvider = (body: Buffer): Reply => {
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
