import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'

/** `status` 0: no answer, `error` says why. */
export interface Posted {
  readonly status: number
  readonly ms: number
  readonly error?: string
  /** The first 2 KiB of the answer. */
  readonly answer: string
}

const PATIENCE_MS = 10_000
const ANSWER_CHARS = 2_048

/** One POST on a connection of its own: exactly these headers, and Host and Content-Length. Never rejects. */
export const post = (
  url: URL,
  headers: Readonly<Record<string, string>>,
  body: Buffer,
  signal: AbortSignal,
): Promise<Posted> =>
  new Promise((resolve) => {
    const from = performance.now()
    const done = (status: number, answer: string, error?: string) =>
      resolve({ status, answer, ms: Math.round(performance.now() - from), ...(error ? { error } : {}) })
    const request = (url.protocol === 'https:' ? requestHttps : requestHttp)(
      url,
      {
        method: 'POST',
        agent: false,
        headers: { ...headers, 'Content-Length': String(body.length) },
        signal: AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]),
      },
      (response) => {
        let answer = ''
        response.setEncoding('utf8')
        response.on('data', (chunk: string) => {
          if (answer.length < ANSWER_CHARS) answer = (answer + chunk).slice(0, ANSWER_CHARS)
        })
        response.once('end', () => done(response.statusCode ?? 0, answer))
        response.once('error', (error) => done(0, answer, error.message))
      },
    )
    request.once('error', (error) => done(0, '', error.message))
    request.end(body)
  })
