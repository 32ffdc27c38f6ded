import { createHash } from 'node:crypto'
import { type Arrived, json, type Reply } from '../kit/server.ts'
import type { Acceptor } from './accept.ts'
import { parseDestination } from './destination.ts'
import { parsePublishHeaders } from './publish-headers.ts'
import type { Surroundings } from './surroundings.ts'

export interface Taken {
  readonly reply: Reply
  readonly messageIds: readonly string[]
}

type Entry =
  | { readonly status: 200; readonly answer: { readonly messageId: string } }
  | { readonly status: 202; readonly answer: { readonly messageId: string; readonly deduplicated: true } }
  | { readonly status: number; readonly answer: { readonly error: string } }

interface Request {
  readonly destination: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
  readonly queue: string | null
  readonly callerIp: string
}

const CALLER_IP = '127.0.0.1'

/** Publish, enqueue and batch: three spellings of the same thing. */
export const createIntake = ({ store, clock, dedupWindowMs }: Surroundings, accept: Acceptor) => {
  const take = (request: Request): Entry => {
    const destination = parseDestination(request.destination)
    if (!destination.ok) return { status: destination.status, answer: { error: destination.error } }
    const nowMs = clock.nowMs()
    const parsed = parsePublishHeaders(request.headers, nowMs)
    if (!parsed.ok) return { status: 400, answer: { error: parsed.error } }
    const { settings, notBeforeMs } = parsed
    const { url } = destination
    const deduplicationId =
      parsed.deduplicationId ?? (parsed.contentBased ? contentId(url, settings.headers, request.body) : null)
    if (deduplicationId !== null && dedupWindowMs > 0) {
      const first = store.deduplicated(deduplicationId, nowMs - dedupWindowMs)
      if (first !== null) return { status: 202, answer: { messageId: first, deduplicated: true } }
    }
    const { queue, callerIp } = request
    const message = { ...settings, url, notBeforeMs, queue, blocksQueue: null, callerIp }
    return { status: 200, answer: { messageId: accept(message, request.body, deduplicationId) } }
  }

  const one = (request: Request): Taken => {
    const { status, answer } = take(request)
    return { reply: json(status, answer), messageIds: 'messageId' in answer ? [answer.messageId] : [] }
  }

  return {
    publish: (arrived: Arrived, destination: string): Taken =>
      one({ destination, headers: arrived.headers, body: arrived.body, queue: null, callerIp: CALLER_IP }),

    enqueue: (arrived: Arrived, rest: string): Taken => {
      const cut = rest.indexOf('/')
      const [queue, destination] = cut < 0 ? [rest, ''] : [rest.slice(0, cut), rest.slice(cut + 1)]
      if (!isQueueName(queue)) return { reply: json(400, { error: 'invalid queue name' }), messageIds: [] }
      return one({ destination, headers: arrived.headers, body: arrived.body, queue, callerIp: CALLER_IP })
    },

    /** A bad item gets an error in its place; the others go. */
    batch: (arrived: Arrived): Taken => {
      let items: unknown
      try {
        items = JSON.parse(arrived.body.toString())
      } catch {
        items = null
      }
      if (!Array.isArray(items)) return { reply: json(400, { error: 'the body must be a JSON array' }), messageIds: [] }
      const answers = items.map((item) => {
        const request = readItem(item)
        return request ? take(request).answer : { error: 'invalid batch item' }
      })
      return {
        reply: json(200, answers),
        messageIds: answers.flatMap((answer) => ('messageId' in answer ? [answer.messageId] : [])),
      }
    },
  }
}

export type Intake = ReturnType<typeof createIntake>

const isQueueName = (name: string): boolean => /^[A-Za-z0-9_.-]{1,256}$/.test(name)

const readItem = (item: unknown): Request | null => {
  if (typeof item !== 'object' || item === null) return null
  const { destination, headers = {}, body = '', queue = null } = item as Record<string, unknown>
  if (typeof destination !== 'string' || typeof body !== 'string') return null
  if (typeof headers !== 'object' || headers === null) return null
  if (queue !== null && (typeof queue !== 'string' || !isQueueName(queue))) return null
  const pairs = Object.entries(headers)
  if (!pairs.every((pair): pair is [string, string] => typeof pair[1] === 'string')) return null
  const lowered = Object.fromEntries(pairs.map(([name, value]) => [name.toLowerCase(), value]))
  return { destination, headers: lowered, body: Buffer.from(body), queue, callerIp: CALLER_IP }
}

/** Content-based deduplication: destination, body and the headers that are delivered. */
const contentId = (url: string, headers: readonly (readonly [string, string])[], body: Buffer): string =>
  `content:${createHash('sha256')
    .update(JSON.stringify([url, headers.toSorted()]))
    .update(body)
    .digest('hex')}`
