import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { Answered, HeaderList } from './message.ts'
import { answerHeaders } from './views.ts'

const ANSWER_BYTES_MAX = 1024 * 1024

/**
 * One HTTP exchange on a connection of its own: a socket kept from before could be closed under us and would look like a
 * failed try. Redirects are an answer like any other. Resolves always; no answer is status 0 with `error`.
 */
export const send = (input: {
  readonly url: string
  readonly method: string
  readonly headers: HeaderList
  readonly body: Buffer
  readonly timeoutMs: number
  /** Set when the emulator closes. */
  readonly closing: AbortSignal
}): Promise<Answered> =>
  new Promise((resolve) => {
    const startedAtMs = performance.now()
    const settle = (status: number, headers: Answered['headers'], body: Buffer, error: string | null) =>
      resolve({ status, headers, body, error, ms: Math.round((performance.now() - startedAtMs) * 10) / 10 })
    const timeout = AbortSignal.timeout(input.timeoutMs)
    const fail = (error: NodeJS.ErrnoException) =>
      settle(0, {}, Buffer.alloc(0), timeout.aborted ? 'timeout: no answer in time' : (error.code ?? error.message))
    const withBody = input.body.length > 0 || !['GET', 'DELETE'].includes(input.method)
    const request = (input.url.toLowerCase().startsWith('https:') ? httpsRequest : httpRequest)(
      input.url,
      {
        method: input.method,
        agent: false,
        signal: AbortSignal.any([timeout, input.closing]),
        headers: [
          ...['Host', new URL(input.url).host],
          ...input.headers.flat(),
          ...(withBody ? ['Content-Length', String(input.body.length)] : []),
        ],
      },
      (response) => {
        const chunks: Buffer[] = []
        let size = 0
        response.on('data', (chunk: Buffer) => {
          size += chunk.length
          if (size <= ANSWER_BYTES_MAX) chunks.push(chunk)
        })
        response.on('end', () =>
          settle(response.statusCode ?? 0, answerHeaders(response.rawHeaders), Buffer.concat(chunks), null),
        )
        response.on('error', fail)
      },
    )
    request.on('error', fail)
    request.end(input.body)
  })
