import type { Arrived } from '../kit/server.ts'

/** A publish, enqueue or batch call, as it came. */
export interface Published {
  /** Wall clock, ms. */
  readonly at: number
  readonly method: string
  readonly target: string
  /** In order, as spelled; values of credentials replaced. */
  readonly headers: readonly (readonly [string, string])[]
  readonly body: string
  /** What was answered; 0 when the socket was destroyed instead. */
  readonly status: number
  /** New or, for a duplicate, old ids. */
  readonly messageIds: readonly string[]
}

/** One try. */
export interface Delivery {
  readonly messageId: string
  readonly url: string
  /** 0 when there was no answer. */
  readonly status: number
  readonly error: string | null
  /** How long the exchange took. */
  readonly ms: number
  readonly retried: number
  /** Wall clock at the start of the try, ms. */
  readonly at: number
  /** Made by a persona, beyond what QStash owes. */
  readonly duplicate: boolean
}

export const JOURNAL_KEPT = 10_000
const CREDENTIAL = /authorization|token|secret|password|api-?key|cookie/i

const withoutCredentials = ([name, value]: readonly [string, string]): readonly [string, string] =>
  CREDENTIAL.test(name) ? [name, `${/^(Bearer|Basic) /.exec(value)?.[0] ?? ''}REDACTED`] : [name, value]

/** What tests and `npm start` read afterwards; lives in memory. */
export class Journal {
  published: Published[] = []
  deliveries: Delivery[] = []
  readonly #kept: number

  constructor(kept: number) {
    this.#kept = kept
  }

  recordPublish(arrived: Arrived, status: number, messageIds: readonly string[]): void {
    if (this.#kept === 0) return
    this.published.push({
      at: arrived.atMs,
      method: arrived.method,
      target: arrived.target.replace(/(qstash_token=)[^&]*/g, '$1REDACTED'),
      headers: arrived.rawHeaders.map(withoutCredentials),
      body: arrived.body.toString(),
      status,
      messageIds,
    })
    if (this.published.length > this.#kept) this.published.shift()
  }

  recordDelivery(delivery: Delivery): void {
    if (this.#kept === 0) return
    this.deliveries.push(delivery)
    if (this.deliveries.length > this.#kept) this.deliveries.shift()
  }

  clear(): void {
    this.published = []
    this.deliveries = []
  }
}
