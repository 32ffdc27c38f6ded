import { answerCommonControl, commandOf, type Json } from '../kit/control.ts'
import type { RecordedRequest } from '../kit/request-log.ts'
import { type Arrived, type Handled, json, type Reply } from '../kit/server.ts'
import { statusData } from './deposits.ts'
import { type ForgeryOrder, forge, isTampering } from './forgery.ts'
import type { SignatureEncoding } from './http-signature.ts'
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
  const command = commandOf(arrived)
  if (!command) return json(400, { error: 'the body is not a JSON object' })
  const { clock, personas, deposits, callbacks } = world
  const common = { ...controls, clock, personas, captures: deposits.captures, callbacks: callbacks.tries }
  const answer = await answerCommonControl(common, arrived, command)
  if (answer) return answer
  switch (`${arrived.method} ${arrived.path}`) {
    case 'GET /_sim/deposits':
      return json(200, world.deposits.all().map(statusData))
    case 'GET /sim':
      return simPage()
    case 'POST /_sim/settle':
      return settle(controls, command)
    case 'POST /_sim/callback':
      return sendForgery(controls, command)
    case 'POST /_sim/rotate-key':
      controls.rotateKey()
      return json(200, { id: world.signingKey().id, key: world.signingKey().publicPem })
    default:
      return json(404, { error: `no ${arrived.method} ${arrived.path}` })
  }
}
