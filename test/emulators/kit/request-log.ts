import type { Arrived, Handled } from './server.ts'

/** One call of the API, as it came. `Authorization` is masked. */
export interface RecordedRequest {
  readonly method: string
  readonly target: string
  readonly path: string
  readonly rawHeaders: readonly (readonly [string, string])[]
  /** As text; what is not UTF-8 shows as U+FFFD. */
  readonly body: string
  /** Wall clock, ms. */
  readonly atMs: number
  /** Of a signed initiation: `valid`, `absent`, or why it is not valid. */
  signature?: string
  /** Status of the answer; 0 when the connection was dropped, absent while it is being worked on. */
  status?: number
  /** The body of the answer, whole, and when it was ready (wall clock, ms); absent when the connection was dropped. */
  answer?: string
  answeredAtMs?: number
}

const masked = ([name, value]: readonly [string, string]): readonly [string, string] =>
  name.toLowerCase() === 'authorization' ? [name, `${value.split(' ')[0]} ***`] : [name, value]

export const record = (arrived: Arrived): RecordedRequest => ({
  method: arrived.method,
  target: arrived.target,
  path: arrived.path,
  rawHeaders: arrived.rawHeaders.map(masked),
  body: arrived.body.toString('utf8'),
  atMs: arrived.atMs,
})

export const recordAnswer = (request: RecordedRequest, handled: Handled): Handled => {
  request.status = handled === 'drop' ? 0 : handled.status
  if (handled !== 'drop') {
    request.answer = Buffer.from(handled.body ?? '').toString('utf8')
    request.answeredAtMs = Date.now()
  }
  return handled
}
