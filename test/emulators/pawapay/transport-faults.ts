import { type Handled, json, type Reply } from '../kit/server.ts'
import { withTransportFaults } from '../kit/transport-faults.ts'
import type { Persona } from './persona.ts'

/** The documented 500: no `status` in it, and it says nothing about the outcome. */
const unknownProblem = (depositId: string | undefined): Reply =>
  json(500, {
    ...(depositId ? { depositId } : {}),
    failureReason: {
      failureCode: 'UNKNOWN_ERROR',
      failureMessage: 'Unable to process request due to an unknown problem.',
    },
  })

/** Does `process` with everything on the way that the persona asks for. */
export const withFaults = (
  persona: Persona,
  world: { readonly random: () => number; readonly pause: (ms: number) => Promise<void> },
  depositId: string | undefined,
  process: () => Reply,
): Promise<Handled> =>
  withTransportFaults(persona, world, () => {
    if (persona.unknownError === 'before') return unknownProblem(depositId)
    const reply = process()
    return persona.unknownError === 'after' ? unknownProblem(depositId) : reply
  })
