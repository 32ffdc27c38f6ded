import { type Arrived, type Handled, json } from '../kit/server.ts'
import { complaintAbout, type Persona } from './persona.ts'
import type { Surroundings } from './surroundings.ts'

/** `/_sim/*`: what a test or a developer does to the emulator. Without a token: it listens on loopback only. */
export const createControl = (
  { journal, persona, clock }: Surroundings,
  actions: {
    readonly change: (fields: Partial<Persona>) => void
    readonly advance: (byMs: number) => Promise<void>
    readonly reset: () => void
  },
) => {
  return async (arrived: Arrived): Promise<Handled> => {
    let body: unknown = {}
    try {
      if (arrived.body.length > 0) body = JSON.parse(arrived.body.toString())
    } catch {
      return json(400, { error: 'the body is not JSON' })
    }
    switch (`${arrived.method} ${arrived.path}`) {
      case 'GET /_sim/requests':
        return json(200, journal.published)
      case 'GET /_sim/deliveries':
        return json(200, journal.deliveries)
      case 'GET /_sim/persona':
        return json(200, persona)
      case 'POST /_sim/persona': {
        const complaint = complaintAbout(body)
        if (complaint !== null) return json(400, { error: complaint })
        actions.change(body as Partial<Persona>)
        return json(200, persona)
      }
      case 'POST /_sim/clock': {
        const byMs = (body as { advanceMs?: unknown } | null)?.advanceMs
        if (typeof byMs !== 'number' || !(byMs >= 0))
          return json(400, { error: 'advanceMs must be a number, 0 or more' })
        await actions.advance(byMs)
        return json(200, { nowMs: clock.nowMs() })
      }
      case 'POST /_sim/reset':
        actions.reset()
        return json(200, {})
      default:
        return json(404, { error: `this emulator does not know ${arrived.method} ${arrived.path}` })
    }
  }
}
