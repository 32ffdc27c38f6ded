/** One JSON line per record. No body, no key, no phone number: a record holds only what its caller names. */
export type LogRecord = Readonly<Record<string, unknown>> & { readonly event: string }
export type Log = (record: LogRecord) => void

export const consoleLog: Log = (record) => console.log(JSON.stringify({ worker: 'edge', ...record }))

const CAUSES_MAX = 5

/** Third-party messages may hold what they were given: keys, tokens and runs of digits are blanked (I11). */
const redact = (text: string): string =>
  text
    .slice(0, 500)
    .replace(/\b(?:sk|pk)_(?:test|live)_\w+/g, '[key]')
    .replace(/\bBearer\s+\S+/gi, 'Bearer [token]')
    .replace(/\+?\d[\d\s-]{6,}\d/g, '[digits]')

/** An error and what caused it, outermost first. Of the SDKs' errors only the class: their messages quote the command. */
export const describeError = (error: unknown): readonly Readonly<Record<string, string>>[] => {
  const chain: Record<string, string>[] = []
  for (let at = error; at !== undefined && at !== null && chain.length < CAUSES_MAX; ) {
    if (!(at instanceof Error)) {
      chain.push({ message: redact(String(at)) })
      break
    }
    const quoted = /^(Upstash|Qstash)/i.test(at.name)
    const frames = (at.stack ?? '').split('\n').filter((frame) => /^\s+at /.test(frame))
    chain.push({
      name: at.name,
      ...(quoted ? {} : { message: redact(at.message) }),
      ...(frames.length > 0
        ? {
            stack: frames
              .slice(0, 8)
              .map((frame) => frame.trim())
              .join(' | '),
          }
        : {}),
    })
    at = at.cause
  }
  return chain
}
