/** What the flow that tells shops needs: the store of deliveries, and the word for what came of a request. */
import type { MerchantId } from '../domain/ids.ts'
import type { Mode } from '../domain/payment.ts'
import type { DeliveryTry, EventRow } from './events.ts'

/** One try as it was claimed, with what it is about as it is then. */
export interface ClaimedTry extends DeliveryTry {
  readonly body: string
  readonly url: string
  readonly merchantId: MerchantId
  readonly mode: Mode
  readonly secretVersion: number
  /** The secret before this one signs too until then. */
  readonly previousUntilMs: number
  /** Since when this endpoint has done nothing but fail; null: its last try was a success. */
  readonly failingSinceMs: number | null
  readonly timesDisabled: number
  /** When the first try of this round was due. */
  readonly startedAtMs: number
  /** Let go from a queue: when it has been tried, the next one is let go. */
  readonly inOrder: boolean
}

/** `busy`: somebody is at this very try · `over`: it was made, or something else took its place. */
export type Claim = { readonly kind: 'claimed'; readonly claimed: ClaimedTry } | { readonly kind: 'busy' | 'over' }

/** What is written down about a try. `error`: one word of ours. */
export interface TryNote {
  readonly atMs: number
  readonly status: number | null
  readonly error: string | null
}

/**
 * What came of one request. `retryAfterMs`: what the answer asked for. `why`: one word of ours (`timeout`, `connection`,
 * `url_…`), never what the other side said.
 */
export type TryOutcome =
  | {
      readonly kind: 'answered'
      readonly status: number
      readonly applied: boolean
      readonly retryAfterMs: number | null
    }
  | { readonly kind: 'failed'; readonly why: string }

/**
 * Each delivery is claimed with a lease before it is tried: a message that comes twice makes one request, and a try whose
 * Worker died is made again once the lease is over. Every method throws when the store is away, and may be called again.
 * The lists are tries that may be published because of it.
 */
export interface DeliveryStore {
  claim(one: DeliveryTry, nowMs: number, leaseMs: number): Promise<Claim>
  /** Counts also when the lease was over and another try had begun. */
  delivered(one: ClaimedTry, status: 'applied' | 'unconfirmed', note: TryNote): Promise<readonly DeliveryTry[]>
  /** `dueAtMs`: when it is tried again; null: never. `recorded`: false when something else had taken its place. */
  notTaken(
    one: ClaimedTry,
    dueAtMs: number | null,
    note: TryNote,
  ): Promise<{ readonly recorded: boolean; readonly released: readonly DeliveryTry[] }>
  /**
   * Nothing more is sent to the endpoint until its shop enables it. What is on its way to it is held, this event too, and the
   * merchant's other endpoints are told `notice`. For `failing` only while it has done nothing but fail since the try was
   * claimed. `stands`: false when it is still enabled: nothing was told, and the try is yet to be recorded.
   */
  disable(
    one: ClaimedTry,
    reason: 'gone' | 'failing',
    notice: EventRow,
    note: TryNote,
  ): Promise<{ readonly stands: boolean; readonly released: readonly DeliveryTry[] }>
}
