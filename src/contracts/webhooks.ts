/** What the edge asks the consumer about a shop's endpoints and events. Version 1; fields are only ever added. */
import type { EventId, MerchantId, WebhookEndpointId } from '../domain/ids.ts'
import type { Mode } from '../domain/payment.ts'
import type { EventType } from './events.ts'

/** Whose it is: nothing is found for anybody else. */
export interface Owner {
  readonly merchantId: MerchantId
  readonly mode: Mode
}

export interface WebhookEndpoint {
  readonly id: WebhookEndpointId
  readonly url: string
  readonly description: string | null
  /** Null: every event. */
  readonly eventTypes: readonly EventType[] | null
  readonly status: 'enabled' | 'disabled'
  /** `gone`: it answered 410 · `failing`: nothing but failures for three days. */
  readonly disabledReason: 'gone' | 'failing' | null
  readonly disabledAtMs: number | null
  /** Until then the secret before the latest signs as well. */
  readonly previousSecretUntilMs: number | null
  readonly failingSinceMs: number | null
  readonly createdAtMs: number
}

export interface EndpointWish extends Owner {
  readonly id: WebhookEndpointId
  readonly url: string
  readonly description: string | null
  readonly eventTypes: readonly EventType[] | null
}

/** Why an address of a shop is not called. */
export type UrlRefusal =
  | 'not_a_url'
  | 'not_https'
  | 'user_info'
  | 'port'
  | 'address'
  | 'name'
  | 'own_host'
  | 'no_address'
  | 'not_public'

export type EndpointAnswer =
  | { readonly kind: 'created'; readonly endpoint: WebhookEndpoint; readonly secret: string }
  /** It is there, and its secret is told no more. */
  | { readonly kind: 'secret_told'; readonly endpointId: WebhookEndpointId }
  | { readonly kind: 'refused'; readonly why: UrlRefusal }
  | { readonly kind: 'too_many'; readonly max: number }
  /** The same id, another endpoint: `field` differs. */
  | { readonly kind: 'mismatch'; readonly field: 'url' | 'description' | 'events' }
  /** The name could not be looked up now. */
  | { readonly kind: 'unresolved' }

export type DeliveryStatus = 'pending' | 'queued' | 'held' | 'applied' | 'unconfirmed' | 'failed'

export interface EventDelivery {
  readonly endpointId: WebhookEndpointId
  readonly status: DeliveryStatus
  /** In this round of tries; a resending begins a new one. */
  readonly tries: number
  readonly lastStatus: number | null
  readonly lastError: string | null
  readonly lastTriedAtMs: number | null
  readonly nextTryAtMs: number | null
}

export interface StoredEvent {
  readonly id: EventId
  readonly type: string
  /** JSON of an `EventBody`, to the byte as it is signed. */
  readonly body: string
  readonly createdAtMs: number
  readonly deliveries: readonly EventDelivery[]
}

export interface EventQuery extends Owner {
  /** Only what became visible after it. */
  readonly after?: EventId
  readonly type?: EventType
  /** 1–100. */
  readonly limit: number
  /** Whoever asks goes on with the page's `next`, and not after its last event. Absent from an edge of before. */
  readonly bounded?: boolean
}

/** Oldest first. Null: there is no such event to begin after. */
export type EventPage = {
  readonly events: readonly StoredEvent[]
  readonly more: boolean
  /**
   * After which event the next page begins; null: there is none. Not always the last of these: of a type that is hard to find a
   * page ends, with few or none, where enough was looked at. Absent from a consumer of before.
   */
  readonly next?: EventId | null
} | null

export interface ReplayRange {
  /** Of the events' storing; inclusive and exclusive. */
  readonly fromMs?: number
  readonly toMs?: number
  /** Only what comes after this event: the `next` of the call before. */
  readonly after?: EventId
  /** `failed`; `unconfirmed`: those too; `all`: also what was applied, and what this endpoint was never sent. */
  readonly include: 'failed' | 'unconfirmed' | 'all'
}

/** Every method throws when D1 does not answer; null: there is no such thing of this owner's. */
export interface WebhooksForEdge {
  /** Idempotent by id; the secret of a live one is told for an hour. */
  createWebhookEndpoint(wish: EndpointWish): Promise<EndpointAnswer>
  webhookEndpoints(owner: Owner): Promise<readonly WebhookEndpoint[]>
  deleteWebhookEndpoint(owner: Owner, id: WebhookEndpointId): Promise<boolean>
  /** The secret before this one signs as well for `overlapMs`. */
  rotateWebhookSecret(
    owner: Owner,
    id: WebhookEndpointId,
    overlapMs: number,
  ): Promise<{ readonly endpoint: WebhookEndpoint; readonly secret: string } | null>
  /** What was held goes out, oldest first. */
  enableWebhookEndpoint(owner: Owner, id: WebhookEndpointId): Promise<WebhookEndpoint | null>
  /**
   * At most 1,000 at once, oldest first, of the next 10,000 events. `next`: where to go on, also when few or none of those
   * were queued; null when the range has been looked at to its end. `unknownAfter`: there is no such event to begin after,
   * and nothing was queued.
   */
  replayToWebhookEndpoint(
    owner: Owner,
    id: WebhookEndpointId,
    range: ReplayRange,
  ): Promise<{ readonly queued: number; readonly next: EventId | null; readonly unknownAfter?: true } | null>
  events(query: EventQuery): Promise<EventPage>
  event(owner: Owner, id: EventId): Promise<StoredEvent | null>
  /** To one endpoint, or to every one that wants it. Counts them. */
  replayEvent(owner: Owner, id: EventId, endpointId?: WebhookEndpointId): Promise<number | null>
}
