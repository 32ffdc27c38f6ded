import type { VirtualClock } from './clock.ts'
import { type PersonaCommand, type Personas, UnknownPersonaError } from './persona.ts'
import type { RecordedRequest } from './request-log.ts'
import { type Arrived, json, type Reply } from './server.ts'

/** What every simulated gateway lets be looked at and pushed. */
export interface CommonControls<Persona> {
  readonly clock: VirtualClock
  readonly personas: Personas<Persona>
  requests(): readonly RecordedRequest[]
  captures(): readonly unknown[]
  callbacks(): readonly unknown[]
  /** Waits for what is under way, pushes virtual time ahead, and waits for what that set off. */
  advance(byMs: number): Promise<void>
  reset(): void
}

export type Json = Readonly<Record<string, unknown>>

/** The body of a control call; undefined when it is not a JSON object. */
export const commandOf = (arrived: Arrived): Json | undefined => {
  if (arrived.body.length === 0) return {}
  try {
    const parsed: unknown = JSON.parse(arrived.body.toString('utf8'))
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed) ? (parsed as Json) : undefined
  } catch {
    return undefined
  }
}

/** `/_sim/requests|captures|callbacks|persona|clock|reset`; undefined when it is none of these. */
export const answerCommonControl = async <Persona>(
  controls: CommonControls<Persona>,
  arrived: Arrived,
  command: Json,
): Promise<Reply | undefined> => {
  switch (`${arrived.method} ${arrived.path}`) {
    case 'GET /_sim/requests':
      return json(200, controls.requests())
    case 'GET /_sim/captures':
      return json(200, controls.captures())
    case 'GET /_sim/callbacks':
      return json(200, controls.callbacks())
    case 'GET /_sim/persona':
      return json(200, controls.personas.of())
    case 'POST /_sim/persona':
      try {
        return json(200, controls.personas.set(command as PersonaCommand<Persona>))
      } catch (error) {
        if (error instanceof UnknownPersonaError) return json(400, { error: error.message })
        throw error
      }
    case 'GET /_sim/clock':
      return json(200, { nowMs: controls.clock.nowMs() })
    case 'POST /_sim/clock': {
      const { advanceMs } = command
      if (typeof advanceMs !== 'number' || !(advanceMs >= 0)) return json(400, { error: 'advanceMs: a number' })
      await controls.advance(advanceMs)
      return json(200, { nowMs: controls.clock.nowMs() })
    }
    case 'POST /_sim/reset':
      controls.reset()
      return json(200, {})
    default:
      return undefined
  }
}
