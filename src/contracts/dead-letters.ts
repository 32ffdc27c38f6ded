/** Messages that the queue has given up on, as `/operator/dlq` shows them and as D1 keeps them. */

export type DeadLetterState = 'open' | 'replayed' | 'closed'

/** As it is first heard of. */
export interface NewDeadLetter {
  /** QStash's name for the message. */
  readonly messageId: string
  readonly dlqId: string | null
  /** Last part of the path that it was to be delivered to: `callback`, `fulfilment`, … */
  readonly kind: string
  /** By the message's own word: to search by. */
  readonly paymentId: string | null
  /** Null: not to be had, so it cannot be replayed. */
  readonly body: string | null
  /** 0: there was no answer. */
  readonly responseStatus: number
  readonly diedAtMs: number
}

export interface DeadLetter extends NewDeadLetter {
  readonly firstSeenAtMs: number
  readonly lastSeenAtMs: number
  readonly seenBy: 'failure_callback' | 'sweep'
  readonly state: DeadLetterState
  readonly stateAtMs: number
  /** How many replays were begun. */
  readonly replays: number
  /** The message that the latest replay became. */
  readonly replayedAs: string | null
  /** The letter that this one was a replay of. */
  readonly replayOf: string | null
}

/** All that is given must hold; `fromMs` inclusive, `toMs` exclusive, by the time of death. */
export interface DeadLetterQuery {
  readonly messageIds?: readonly string[]
  readonly paymentId?: string
  readonly kind?: string
  readonly state?: DeadLetterState
  readonly fromMs?: number
  readonly toMs?: number
  /** Only what is older than this place. */
  readonly after?: { readonly diedAtMs: number; readonly messageId: string }
  /** 1–100. */
  readonly limit: number
}

/** What became of one letter. `replayed`: queued as `messageId` · `would_replay`: a dry run · the rest: it stays as it is. */
export type Replayed =
  | { readonly letter: string; readonly outcome: 'replayed'; readonly messageId: string; readonly dedupId: string }
  | { readonly letter: string; readonly outcome: 'would_replay'; readonly dedupId: string; readonly body: string }
  | { readonly letter: string; readonly outcome: 'publish_failed' | 'without_body' | 'closed' }

/** An entry of QStash's own list (`GET /v2/dlq`), as far as it is read. */
export interface DlqEntry {
  readonly messageId: string
  readonly dlqId: string
  readonly url: string
  readonly body?: string
  readonly bodyBase64?: string
  readonly responseStatus?: number
}
