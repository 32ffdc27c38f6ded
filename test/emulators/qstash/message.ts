import { randomBytes } from 'node:crypto'

/** Names in Go's canonical spelling, in order. */
export type HeaderList = readonly (readonly [string, string])[]

export interface CallbackTarget {
  readonly url: string
  readonly method: string
  readonly headers: HeaderList
  readonly maxRetries: number
  readonly retryDelay: string | null
  readonly timeoutMs: number
  readonly delayMs: number
}

export interface FlowControl {
  readonly key: string
  /** Deliveries at once; null = not limited. */
  readonly parallelism: number | null
  /** Deliveries started per period; null = not limited. */
  readonly rate: number | null
  readonly periodMs: number
}

export interface Redaction {
  readonly body: boolean
  /** Lower-case names, or every header. */
  readonly headers: 'all' | readonly string[]
}

/** What a publisher chooses with headers (upstash.com/docs/qstash/api-reference/messages/publish-a-message). */
export interface Settings {
  readonly method: string
  /** Content-Type and what came as Upstash-Forward-*. */
  readonly headers: HeaderList
  /** Retries after the first try. */
  readonly maxRetries: number
  /** Expression in ms, or null for the standard backoff. */
  readonly retryDelay: string | null
  readonly timeoutMs: number
  readonly flowControl: FlowControl | null
  readonly labels: readonly string[]
  readonly redaction: Redaction
  readonly callback: CallbackTarget | null
  readonly failureCallback: CallbackTarget | null
}

/** Everything about a message that never changes, but its body. */
export interface Envelope extends Settings {
  readonly id: string
  /** As published, byte for byte: it is the `sub` of every signature. */
  readonly url: string
  readonly createdAtMs: number
  readonly notBeforeMs: number
  readonly queue: string | null
  /** A callback of a message of this queue: the queue's next message waits for it. */
  readonly blocksQueue: string | null
  readonly callerIp: string
}

export type State = 'CREATED' | 'ACTIVE' | 'RETRY' | 'DELIVERED' | 'FAILED' | 'CANCELLED'

export interface Stored {
  readonly seq: number
  readonly state: State
  /** Tries that were answered with a failure so far = the number of the coming try, from 0. */
  readonly retried: number
  readonly cancelRequested: boolean
  /** Null while it is under way. */
  readonly finishedAtMs: number | null
  readonly envelope: Envelope
}

/** What a destination answered; status 0 when there was no answer. */
export interface Answered {
  readonly status: number
  readonly headers: Readonly<Record<string, readonly string[]>>
  readonly body: Buffer
  readonly error: string | null
  readonly ms: number
}

const ALPHABET = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'

export const freshId = (prefix: 'msg_' | 'jwt_' | 'sig_', length = 28): string =>
  prefix + Array.from(randomBytes(length), (byte) => ALPHABET[byte % ALPHABET.length]).join('')

/** `x-shop-id` → `X-Shop-Id`, as Go's net/http spells it. */
export const canonicalName = (name: string): string =>
  name
    .split('-')
    .map((part) => part.slice(0, 1).toUpperCase() + part.slice(1).toLowerCase())
    .join('-')

export const headerMap = (headers: HeaderList): Record<string, string[]> => {
  const map: Record<string, string[]> = {}
  for (const [name, value] of headers) {
    const spelled = canonicalName(name)
    map[spelled] = [...(map[spelled] ?? []), value]
  }
  return map
}
