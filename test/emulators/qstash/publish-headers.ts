import { validateHeaderName, validateHeaderValue } from 'node:http'
import { parseDestination } from './destination.ts'
import { parseDuration } from './duration.ts'
import {
  type CallbackTarget,
  canonicalName,
  type FlowControl,
  type HeaderList,
  type Redaction,
  type Settings,
} from './message.ts'
import { parseRetryExpression } from './retry-expression.ts'

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']
/** Set by the server itself or by the connection. */
const NEVER_FORWARDED =
  /^(host|connection|content-length|transfer-encoding|keep-alive|upgrade|te|trailer|expect|user-agent|upstash-(message-id|retried|signature|caller-ip|region))$/
/** Features that this emulator has not: an answer of 200 would be a lie. */
const UNKNOWN_FEATURES = /^upstash-(cron|schedule-id|queue-name|workflow-.*)$/

export const DEFAULTS: Settings = {
  method: 'POST',
  headers: [],
  maxRetries: 3,
  retryDelay: null,
  timeoutMs: 15 * 60_000,
  flowControl: null,
  labels: [],
  redaction: { body: false, headers: [] },
  callback: null,
  failureCallback: null,
}

export type ParsedHeaders =
  | {
      readonly ok: true
      readonly settings: Settings
      readonly notBeforeMs: number
      readonly deduplicationId: string | null
      readonly contentBased: boolean
    }
  | { readonly ok: false; readonly error: string }

const forwarded = (headers: Readonly<Record<string, string>>, prefix: string): [string, string][] =>
  Object.entries(headers)
    .filter(([name]) => name.startsWith(prefix) && !NEVER_FORWARDED.test(name.slice(prefix.length)))
    .map(([name, value]) => [canonicalName(name.slice(prefix.length)), value])

const merge = (under: HeaderList, over: HeaderList): HeaderList => [
  ...under.filter(([name]) => !over.some(([other]) => other === name)),
  ...over,
]

/** Lower-case headers → what the publisher wants; what is absent comes from `defaults` (a DLQ retry: the old message). */
export const parsePublishHeaders = (
  headers: Readonly<Record<string, string>>,
  nowMs: number,
  defaults: Settings = DEFAULTS,
): ParsedHeaders => {
  const problems: string[] = []
  const read = <T>(name: string, fallback: T, parse: (text: string) => T | null): T => {
    const text = headers[name]
    if (text === undefined) return fallback
    const value = parse(text.trim())
    if (value === null) problems.push(`invalid header ${canonicalName(name)}: ${text}`)
    return value ?? fallback
  }
  const integer = (text: string) => (/^\d{1,15}$/.test(text) ? Number(text) : null)
  const method = (text: string) => (METHODS.includes(text.toUpperCase()) ? text.toUpperCase() : null)
  const expression = (text: string) => (parseRetryExpression(text) ? text : null)

  const unknown = Object.keys(headers).find((name) => UNKNOWN_FEATURES.test(name))
  if (unknown) problems.push(`this emulator does not know ${canonicalName(unknown)}`)

  const target = (kind: 'callback' | 'failure-callback', under: CallbackTarget | null, maxRetries: number) => {
    const name = `upstash-${kind}`
    const url = read(name, under?.url ?? null, (text) => (parseDestination(text).ok ? text : null))
    if (url === null) return null
    return {
      url,
      method: read(`${name}-method`, under?.method ?? 'POST', method),
      headers: merge(
        merge([['Content-Type', 'application/json']], under?.headers ?? []),
        forwarded(headers, `${name}-forward-`),
      ),
      maxRetries: read(`${name}-retries`, under?.maxRetries ?? maxRetries, integer),
      retryDelay: read<string | null>(`${name}-retry-delay`, under?.retryDelay ?? null, expression),
      timeoutMs: read(`${name}-timeout`, under?.timeoutMs ?? DEFAULTS.timeoutMs, parseDuration),
      delayMs: read(`${name}-delay`, under?.delayMs ?? 0, parseDuration),
    }
  }

  const maxRetries = read('upstash-retries', defaults.maxRetries, integer)
  const own: [string, string][] = headers['content-type'] ? [['Content-Type', headers['content-type']]] : []
  const settings: Settings = {
    method: read('upstash-method', defaults.method, method),
    headers: merge(defaults.headers, merge(own, forwarded(headers, 'upstash-forward-'))),
    maxRetries,
    retryDelay: read<string | null>('upstash-retry-delay', defaults.retryDelay, expression),
    timeoutMs: read('upstash-timeout', defaults.timeoutMs, parseDuration),
    flowControl: flowControl(headers, defaults.flowControl, problems),
    labels: read('upstash-label', defaults.labels, (text) =>
      text
        .split(',')
        .map((label) => label.trim())
        .filter(Boolean),
    ),
    redaction: read('upstash-redact-fields', defaults.redaction, redaction),
    callback: target('callback', defaults.callback, maxRetries),
    failureCallback: target('failure-callback', defaults.failureCallback, maxRetries),
  }
  // A batch item's headers are JSON: nothing has looked at them yet.
  for (const [name, value] of [settings, settings.callback, settings.failureCallback].flatMap(
    (of) => of?.headers ?? [],
  )) {
    try {
      validateHeaderName(name)
      validateHeaderValue(name, value)
    } catch {
      problems.push(`invalid header ${JSON.stringify(name)}`)
    }
  }
  const delayMs = read('upstash-delay', 0, parseDuration)
  const notBeforeMs = read('upstash-not-before', nowMs + delayMs, (text) => {
    const seconds = integer(text)
    return seconds === null ? null : seconds * 1000
  })
  const deduplicationId = read<string | null>('upstash-deduplication-id', null, (text) =>
    text !== '' && !text.includes(':') ? text : null,
  )
  const contentBased = read('upstash-content-based-deduplication', false, (text) =>
    /^(true|false)$/i.test(text) ? text.toLowerCase() === 'true' : null,
  )
  const [error] = problems
  return error === undefined
    ? { ok: true, settings, notBeforeMs: Math.max(nowMs, notBeforeMs), deduplicationId, contentBased }
    : { ok: false, error }
}

const flowControl = (
  headers: Readonly<Record<string, string>>,
  fallback: FlowControl | null,
  problems: string[],
): FlowControl | null => {
  const key = headers['upstash-flow-control-key']
  const value = headers['upstash-flow-control-value']
  if (key === undefined && value === undefined) return fallback
  const parts = new Map((value ?? '').split(',').map((part) => part.trim().split('=', 2) as [string, string]))
  const count = (name: string) => (/^[1-9]\d{0,8}$/.test(parts.get(name) ?? '') ? Number(parts.get(name)) : null)
  const period = parts.get('period') ?? '1s'
  const periodMs = /^\d+$/.test(period) ? Number(period) * 1000 : parseDuration(period)
  const [parallelism, rate] = [count('parallelism'), count('rate')]
  const known = [...parts.keys()].every((name) => ['parallelism', 'rate', 'period'].includes(name))
  const readable = (name: string, read: number | null) => !parts.has(name) || read !== null
  if (
    !key ||
    !known ||
    !periodMs ||
    !readable('parallelism', parallelism) ||
    !readable('rate', rate) ||
    (parallelism ?? rate) === null
  ) {
    problems.push('invalid flow control: a key and at least one of parallelism=<n>, rate=<n> are needed')
    return null
  }
  return { key, parallelism, rate, periodMs }
}

/** `body,header[Authorization]`; the SDK writes `header`, the docs `headers`. */
const redaction = (text: string): Redaction | null => {
  const fields = text.split(',').map((field) => field.trim())
  const names: string[] = []
  let all = false
  for (const field of fields) {
    const match = /^headers?(?:\[([^\]]+)\])?$/.exec(field)
    if (match?.[1]) names.push(match[1].toLowerCase())
    else if (match) all = true
    else if (field !== 'body') return null
  }
  return { body: fields.includes('body'), headers: all ? 'all' : names }
}
