import { type Handled, json, type Reply } from '../kit/server.ts'
import type { Persona } from './persona.ts'
import { sampleMs } from './random.ts'

export const htmlError = (status: number): Reply => ({
  status,
  headers: { 'content-type': 'text/html' },
  body: `<html>\r\n<head><title>${status} Server Error</title></head>\r\n<body>\r\n<center><h1>${status} Server Error</h1></center>\r\n<hr><center>cloudfront</center>\r\n</body>\r\n</html>\r\n`,
})

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
export const withFaults = async (
  persona: Persona,
  world: { readonly random: () => number; readonly pause: (ms: number) => Promise<void> },
  depositId: string | undefined,
  process: () => Reply,
): Promise<Handled> => {
  await world.pause(sampleMs(persona.latencyMs, world.random))
  if (persona.dropBeforeProcessing) return 'drop'
  if (persona.status5xx === 'before') return htmlError(persona.status5xxCode)
  if (persona.unknownError === 'before') return unknownProblem(depositId)

  const reply = process()
  if (persona.hang) await world.pause(persona.hang.ms)
  if (persona.dropAfterProcessing) return 'drop'
  if (persona.status5xx === 'after') return htmlError(persona.status5xxCode)
  if (persona.unknownError === 'after') return unknownProblem(depositId)
  const body = Buffer.from(reply.body ?? '')
  const half = Math.floor(body.length / 2)
  if (persona.cutBody) return { ...reply, body, cutAfterBytes: half }
  const sent = persona.truncatedJson ? { ...reply, body: body.subarray(0, half) } : reply
  if (!persona.slowDrip) return sent
  return { ...sent, drip: persona.slowDrip === true ? { chunkBytes: 1, everyMs: 50 } : persona.slowDrip }
}
