import { isUtf8 } from 'node:buffer'
import { createHash } from 'node:crypto'
import { type Answered, canonicalName, type Envelope, type HeaderList, headerMap, type State } from './message.ts'
import type { Dead } from './store.ts'

/** How QStash shows messages. What the publisher redacts is shown as a digest; deliveries keep the original. */
const redacted = (value: string | Uint8Array): string => `REDACTED:${createHash('sha256').update(value).digest('hex')}`

const shownHeaders = ({ headers, redaction }: Envelope): Record<string, string[]> => {
  const hidden = (name: string) => redaction.headers === 'all' || redaction.headers.includes(name.toLowerCase())
  return headerMap(headers.map(([name, value]) => [name, hidden(name) ? redacted(value) : value] as const))
}

const text = (name: string, body: Buffer): Record<string, string> => {
  if (body.length === 0) return {}
  return isUtf8(body) ? { [name]: body.toString() } : { [`${name}Base64`]: body.toString('base64') }
}

const present = (fields: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null && value !== undefined))

const common = (envelope: Envelope): Record<string, unknown> =>
  present({
    messageId: envelope.id,
    url: envelope.url,
    method: envelope.method,
    header: shownHeaders(envelope),
    maxRetries: envelope.maxRetries,
    callback: envelope.callback?.url,
    failureCallback: envelope.failureCallback?.url,
    queueName: envelope.queue,
    label: envelope.labels[0],
    labels: envelope.labels.length > 0 ? envelope.labels : undefined,
    flowControlKey: envelope.flowControl?.key,
    parallelism: envelope.flowControl?.parallelism,
    rate: envelope.flowControl?.rate,
    period: envelope.flowControl ? envelope.flowControl.periodMs / 1000 : undefined,
    retryDelayExpression: envelope.retryDelay,
  })

export const messageView = (envelope: Envelope, body: Buffer): Record<string, unknown> => ({
  ...common(envelope),
  ...(envelope.redaction.body && body.length > 0 ? { body: redacted(body) } : text('body', body)),
  notBefore: envelope.notBeforeMs,
  createdAt: envelope.createdAtMs,
  callerIP: envelope.callerIp,
})

export const deadView = ({ id, envelope, body, answer }: Dead): Record<string, unknown> => ({
  ...messageView(envelope, body),
  dlqId: id,
  responseStatus: answer.status,
  responseHeader: answer.headers,
  ...(answer.error !== null && answer.body.length === 0
    ? { responseBody: answer.error }
    : text('responseBody', answer.body)),
})

export const logView = (
  envelope: Envelope,
  body: Buffer,
  event: {
    readonly state: State | 'ERROR' | 'CANCEL_REQUESTED'
    readonly atMs: number
    readonly nextDeliveryAtMs?: number
    readonly answer?: Answered
  },
): Record<string, unknown> => ({
  time: event.atMs,
  state: event.state,
  ...common(envelope),
  body: envelope.redaction.body && body.length > 0 ? redacted(body) : body.toString('base64'),
  timeout: envelope.timeoutMs,
  callerIP: envelope.callerIp,
  ...(event.nextDeliveryAtMs === undefined ? {} : { nextDeliveryTime: event.nextDeliveryAtMs }),
  ...(event.answer === undefined
    ? {}
    : {
        error: event.answer.error ?? `status code ${event.answer.status}`,
        responseStatus: event.answer.status,
        responseHeaders: event.answer.headers,
        responseBody: event.answer.body.toString('base64'),
      }),
})

/** Body of a callback, after every try, and of a failure callback (upstash.com/docs/qstash/features/callbacks). */
export const callbackBody = (
  envelope: Envelope,
  body: Buffer,
  input: { readonly answer: Answered; readonly retried: number; readonly dlqId?: string },
): Buffer =>
  Buffer.from(
    JSON.stringify({
      status: input.answer.status,
      header: input.answer.headers,
      body: input.answer.body.toString('base64'),
      retried: input.retried,
      maxRetries: envelope.maxRetries,
      ...(input.dlqId === undefined ? {} : { dlqId: input.dlqId }),
      sourceMessageId: envelope.id,
      topicName: '',
      endpointName: '',
      url: envelope.url,
      method: envelope.method,
      sourceHeader: headerMap(envelope.headers as HeaderList),
      sourceBody: body.toString('base64'),
      notBefore: envelope.notBeforeMs,
      createdAt: envelope.createdAtMs,
      scheduleId: '',
      callerIP: envelope.callerIp,
    }),
  )

/** Raw names and values of an answer → canonical names with lists. */
export const answerHeaders = (raw: readonly string[]): Record<string, string[]> => {
  const pairs: [string, string][] = []
  for (let i = 0; i + 1 < raw.length; i += 2) pairs.push([canonicalName(raw[i] as string), raw[i + 1] as string])
  return headerMap(pairs)
}
