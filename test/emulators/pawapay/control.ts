import { type Arrived, type Handled, json, type Reply } from '../kit/server.ts'
import { statusData } from './deposits.ts'
import { type ForgeryOrder, forge, isTampering } from './forgery.ts'
import type { SignatureEncoding } from './http-signature.ts'
import { type PersonaCommand, UnknownPersonaError } from './persona.ts'
import type { RecordedRequest } from './request-log.ts'
import { simPage } from './sim-page.ts'
import type { World } from './world.ts'

export interface Controls {
  readonly world: World
  readonly encoding: SignatureEncoding
  requests(): readonly RecordedRequest[]
  advance(byMs: number): Promise<void>
  reset(): void
  rotateKey(): void
}

type Json = Readonly<Record<string, unknown>>

const bodyOf = (arrived: Arrived): Json | undefined => {
  if (arrived.body.length === 0) return {}
  try {
    const parsed: unknown = JSON.parse(arrived.body.toString('utf8'))
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed) ? (parsed as Json) : undefined
  } catch {
    return undefined
  }
}

const settle = ({ world }: Controls, { depositId, outcome, failureCode }: Json): Reply => {
  const deposit = world.deposits.find(String(depositId))
  if (!deposit) return json(404, { error: `no deposit ${depositId}` })
  if (outcome !== 'COMPLETED' && outcome !== 'FAILED') return json(400, { error: 'outcome: COMPLETED or FAILED' })
  const done = world.deposits.settle(deposit, outcome, typeof failureCode === 'string' ? failureCode : undefined)
  return done ? json(200, { depositId, status: deposit.status }) : json(409, { error: 'the money has been taken' })
}

const sendForgery = async ({ world, encoding }: Controls, command: Json): Promise<Reply> => {
  const { depositId, tamper, body, path, ...fields } = command
  if (typeof depositId !== 'string') return json(400, { error: 'depositId is missing' })
  if (tamper !== undefined && !isTampering(tamper)) return json(400, { error: `no tampering ${tamper}` })
  const order: ForgeryOrder = {
    depositId,
    fields,
    ...(tamper === undefined ? {} : { tamper }),
    ...(typeof body === 'string' ? { body } : {}),
  }
  const url = new URL(world.callbackBase() + (typeof path === 'string' ? path : '/deposits'))
  const forged = forge(order, world.deposits.find(depositId), url, world.callbacks, encoding)
  return json(200, await world.callbacks.postOnce(depositId, url, forged.headers, forged.body))
}

/** `/_sim/*`, and the page `/sim`. README.md has the table. */
export const answerControl = async (controls: Controls, arrived: Arrived): Promise<Handled> => {
  const { world } = controls
  const command = bodyOf(arrived)
  if (!command) return json(400, { error: 'the body is not a JSON object' })
  switch (`${arrived.method} ${arrived.path}`) {
    case 'GET /_sim/requests':
      return json(200, controls.requests())
    case 'GET /_sim/captures':
      return json(200, world.deposits.captures())
    case 'GET /_sim/deposits':
      return json(200, world.deposits.all().map(statusData))
    case 'GET /_sim/callbacks':
      return json(200, world.callbacks.tries())
    case 'GET /_sim/persona':
      return json(200, world.personas.of())
    case 'GET /sim':
      return simPage()
    case 'POST /_sim/persona':
      try {
        return json(200, world.personas.set(command as PersonaCommand))
      } catch (error) {
        if (error instanceof UnknownPersonaError) return json(400, { error: error.message })
        throw error
      }
    case 'GET /_sim/clock':
      return json(200, { nowMs: world.clock.nowMs() })
    case 'POST /_sim/clock': {
      const { advanceMs } = command
      if (typeof advanceMs !== 'number' || !(advanceMs >= 0)) return json(400, { error: 'advanceMs: a number' })
      await controls.advance(advanceMs)
      return json(200, { nowMs: world.clock.nowMs() })
    }
    case 'POST /_sim/settle':
      return settle(controls, command)
    case 'POST /_sim/callback':
      return sendForgery(controls, command)
    case 'POST /_sim/rotate-key':
      controls.rotateKey()
      return json(200, { id: world.signingKey().id, key: world.signingKey().publicPem })
    case 'POST /_sim/reset':
      controls.reset()
      return json(200, {})
    default:
      return json(404, { error: `no ${arrived.method} ${arrived.path}` })
  }
}
