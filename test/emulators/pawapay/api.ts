import type { RecordedRequest } from '../kit/request-log.ts'
import { type Arrived, type Handled, json, type Reply } from '../kit/server.ts'
import { htmlError } from '../kit/transport-faults.ts'
import { activeConf, availability } from './account.ts'
import { createDeposit, depositStatus, notFound, predictProvider, resendCallback, unauthorised } from './answers.ts'
import { COMPANY } from './deposits.ts'
import type { CallKind, Persona } from './persona.ts'
import { withFaults } from './transport-faults.ts'
import type { World } from './world.ts'

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
