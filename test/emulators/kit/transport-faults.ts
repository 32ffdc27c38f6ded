import { sampleMs } from './random.ts'
import type { Handled, Reply } from './server.ts'
import type { TransportPersona } from './transport-persona.ts'

export const htmlError = (status: number): Reply => ({
  status,
  headers: { 'content-type': 'text/html' },
  body: `<html>\r\n<head><title>${status} Server Error</title></head>\r\n<body>\r\n<center><h1>${status} Server Error</h1></center>\r\n<hr><center>cloudfront</center>\r\n</body>\r\n</html>\r\n`,
})

const replaced = (reply: Reply, { replaceInAnswer, padAnswerBytes }: TransportPersona): Reply => {
  const texts = Object.entries(replaceInAnswer)
  if (texts.length === 0 && padAnswerBytes === 0) return reply
  let body = Buffer.from(reply.body ?? '').toString('utf8')
  for (const [text, by] of texts) body = body.replaceAll(text, by)
  return { ...reply, body: ' '.repeat(padAnswerBytes) + body }
}

/** Does `process` with everything on the way that the persona asks for. */
export const withTransportFaults = async (
  persona: TransportPersona,
  world: { readonly random: () => number; readonly pause: (ms: number) => Promise<void> },
  process: () => Reply,
): Promise<Handled> => {
  await world.pause(sampleMs(persona.latencyMs, world.random))
  if (persona.dropBeforeProcessing) return 'drop'
  if (persona.status5xx === 'before') return htmlError(persona.status5xxCode)

  const processed = process()
  if (persona.hang) await world.pause(persona.hang.ms)
  if (persona.dropAfterProcessing) return 'drop'
  if (persona.status5xx === 'after') return htmlError(persona.status5xxCode)
  if (persona.answerInstead) {
    const { status, contentType = 'application/json', body = '', location } = persona.answerInstead
    return { status, headers: { 'content-type': contentType, ...(location ? { location } : {}) }, body }
  }
  const reply = replaced(processed, persona)
  const body = Buffer.from(reply.body ?? '')
  const half = Math.floor(body.length / 2)
  if (persona.cutBody) return { ...reply, body, cutAfterBytes: half }
  const sent = persona.truncatedJson ? { ...reply, body: body.subarray(0, half) } : reply
  if (!persona.slowDrip) return sent
  return { ...sent, drip: persona.slowDrip === true ? { chunkBytes: 1, everyMs: 50 } : persona.slowDrip }
}
