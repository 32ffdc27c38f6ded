import type { Arrived } from '../kit/server.ts'
import type { Command, Reply } from './resp.ts'

/** What a request asks for (upstash.com/docs/redis/features/restapi). */
export type Asked =
  | { readonly shape: 'single'; readonly commands: readonly [Command] }
  | { readonly shape: 'pipeline' | 'transaction'; readonly commands: readonly Command[] }

export interface Malformed {
  readonly status: 400 | 405
  readonly error: string
}

const bad = (error: string): Malformed => ({ status: 400, error })

/** Integers keep every digit of the request text, which a JavaScript number would not. */
const parseJson = (text: string): unknown =>
  JSON.parse(text, (_key, value: unknown, context?: { readonly source?: string }) =>
    typeof value === 'number' && context?.source && /^-?\d+$/.test(context.source) ? BigInt(context.source) : value,
  )

/**
 * One argument as Redis gets it. The SDK turns `undefined` into null; what Upstash stores then is not documented, and
 * here it is an empty string. Nested arrays and objects become their JSON text.
 */
const argument = (value: unknown): Buffer => {
  if (value === null) return Buffer.alloc(0)
  if (typeof value === 'object') {
    return Buffer.from(JSON.stringify(value, (_key, part) => (typeof part === 'bigint' ? Number(part) : part)))
  }
  return Buffer.from(String(value))
}

const commandOf = (value: unknown): Command | undefined =>
  Array.isArray(value) && typeof value[0] === 'string' && value[0] !== '' ? value.map(argument) : undefined

const readBody = (arrived: Arrived): unknown => {
  try {
    return parseJson(arrived.body.toString('utf8'))
  } catch {
    return undefined
  }
}

const readBatch = (arrived: Arrived, shape: 'pipeline' | 'transaction'): Asked | Malformed => {
  if (arrived.method !== 'POST' && arrived.method !== 'PUT') return { status: 405, error: 'ERR method not allowed' }
  const body = readBody(arrived)
  if (!Array.isArray(body) || body.length === 0) return bad('ERR failed to parse pipeline request')
  const commands = body.map(commandOf)
  if (!commands.every((item) => item !== undefined)) return bad('ERR failed to parse pipeline request')
  return { shape, commands }
}

/** `/set/foo/bar?EX=100`: path parts, then the body of a POST, then query parameters, as arguments. */
const readPathCommand = (arrived: Arrived): Asked | Malformed => {
  const parts: Buffer[] = []
  try {
    parts.push(
      ...arrived.path
        .slice(1)
        .split('/')
        .map((part) => Buffer.from(decodeURIComponent(part))),
    )
  } catch {
    return bad('ERR failed to decode path')
  }
  if (arrived.method !== 'GET' && arrived.method !== 'HEAD' && arrived.body.length > 0) parts.push(arrived.body)
  for (const [name, value] of arrived.query) {
    if (name === '_token') continue
    parts.push(Buffer.from(name), ...(value === '' ? [] : [Buffer.from(value)]))
  }
  return { shape: 'single', commands: [parts] }
}

export const readRequest = (arrived: Arrived): Asked | Malformed => {
  if (!['GET', 'HEAD', 'POST', 'PUT'].includes(arrived.method)) return { status: 405, error: 'ERR method not allowed' }
  if (arrived.headers['upstash-response-format']) return bad('ERR this emulator speaks JSON only, not resp2')
  if (arrived.path === '/pipeline') return readBatch(arrived, 'pipeline')
  if (arrived.path === '/multi-exec') return readBatch(arrived, 'transaction')
  if (/^\/(p?subscribe|monitor)(\/|$)/.test(arrived.path)) return bad('ERR this emulator has no server-sent events')
  if (arrived.path !== '/') return readPathCommand(arrived)
  if (arrived.method !== 'POST' && arrived.method !== 'PUT') return bad('ERR empty command')
  const single = commandOf(readBody(arrived))
  return single ? { shape: 'single', commands: [single] } : bad('ERR failed to parse command')
}

/**
 * A reply as JSON text, integers with all their digits. In base64 mode every string is encoded, also inside arrays and
 * also a status such as PONG; only `OK` stays as it is.
 */
const encodeValue = (reply: Reply, base64: boolean): string => {
  switch (reply.type) {
    case 'nil':
      return 'null'
    case 'integer':
      return String(reply.value)
    case 'simple':
      return JSON.stringify(base64 && reply.text !== 'OK' ? Buffer.from(reply.text).toString('base64') : reply.text)
    case 'bulk':
      return JSON.stringify(reply.bytes.toString(base64 ? 'base64' : 'utf8'))
    case 'array':
      return `[${reply.items.map((item) => encodeValue(item, base64)).join(',')}]`
    case 'error':
      return JSON.stringify(reply.message)
  }
}

export const encodeReply = (reply: Reply, base64: boolean): string =>
  `{"${reply.type === 'error' ? 'error' : 'result'}":${encodeValue(reply, base64)}}`

export const encodeReplies = (replies: readonly Reply[], base64: boolean): string =>
  `[${replies.map((reply) => encodeReply(reply, base64)).join(',')}]`
