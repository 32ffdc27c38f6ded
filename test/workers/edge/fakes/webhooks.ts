import type {
  EndpointAnswer,
  EndpointWish,
  Owner,
  StoredEvent,
  WebhookEndpoint,
} from '../../../../src/contracts/webhooks.ts'
import type { EventId, WebhookEndpointId } from '../../../../src/domain/ids.ts'

const kept = new Map<string, EndpointWish>()
const AT_MS = Date.UTC(2026, 10, 21, 8)

const shown = ({ id, url, description, eventTypes }: EndpointWish): WebhookEndpoint => ({
  id,
  url,
  description,
  eventTypes,
  status: 'enabled',
  disabledReason: null,
  disabledAtMs: null,
  previousSecretUntilMs: null,
  failingSinceMs: null,
  createdAtMs: AT_MS,
})

const EVENT: StoredEvent = {
  id: 'evt_0123456789abcdef0123456789_succeeded_1' as EventId,
  type: 'payment.succeeded',
  body: JSON.stringify({
    type: 'payment.succeeded',
    timestamp: new Date(AT_MS).toISOString(),
    data: { amount: '1.00' },
  }),
  createdAtMs: AT_MS,
  deliveries: [
    {
      endpointId: 'whe_0123456789abcdef0123456789' as WebhookEndpointId,
      status: 'unconfirmed',
      tries: 1,
      lastStatus: 200,
      lastError: null,
      lastTriedAtMs: AT_MS,
      nextTryAtMs: null,
    },
  ],
}

const own = ({ merchantId, mode }: Owner) =>
  [...kept.values()].filter((each) => each.merchantId === merchantId && each.mode === mode)
const has = (owner: Owner, id: string) => own(owner).find((each) => each.id === id)

/** Plays the consumer's half of endpoints and events, in memory. The first word of a host tells it what to answer. */
export const fakeWebhooks = {
  create(wish: EndpointWish): EndpointAnswer {
    if (wish.url.includes('//private.')) return { kind: 'refused', why: 'not_public' }
    if (wish.url.includes('//many.')) return { kind: 'too_many', max: 20 }
    if (wish.url.includes('//told.')) return { kind: 'secret_told', endpointId: wish.id }
    if (wish.url.includes('//dns.')) return { kind: 'unresolved' }
    if (wish.url.includes('//throw.')) throw new Error('D1 is away')
    const before = kept.get(wish.id) ?? wish
    kept.set(wish.id, before)
    return before.url === wish.url
      ? { kind: 'created', endpoint: shown(before), secret: 'whsec_c2VjcmV0IG9mIHRoZSBlZGdlIHRlc3Rz' }
      : { kind: 'mismatch', field: 'url' }
  },
  list: (owner: Owner) => own(owner).map(shown),
  remove: (owner: Owner, id: string) => has(owner, id) !== undefined && kept.delete(id),
  change: (owner: Owner, id: string) => {
    const found = has(owner, id)
    return found ? shown(found) : null
  },
  events: [EVENT],
}
