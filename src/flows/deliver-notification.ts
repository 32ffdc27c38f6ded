import { Webhook } from 'standardwebhooks'
import type { DeliveryTry, EventBody, EventRow } from '../contracts/events.ts'
import type { ClaimedTry, DeliveryStore, TryNote, TryOutcome } from '../contracts/webhook-delivery.ts'
import type { EventId } from '../domain/ids.ts'
import { decideNext, type NextStep } from './webhook-schedule.ts'
import type { WebhookSecret } from './webhook-secret.ts'
import { checkWebhookUrl, type UrlPolicy } from './webhook-url.ts'

/** Longer than the longest request, with the writes around it. */
const LEASE_MS = 45_000

export interface DeliverNotificationPorts {
  readonly store: DeliveryStore
  readonly secret: WebhookSecret
  readonly policy: UrlPolicy
  /** Makes the request, follows nothing, gives up after a while. Never throws. */
  readonly send: (url: URL, headers: Readonly<Record<string, string>>, body: string) => Promise<TryOutcome>
  /** Never throws: what is not published is due in the store, and swept. */
  readonly notify: (tries: readonly DeliveryTry[], delayMs?: number) => Promise<unknown>
  /** For people: an endpoint was disabled, an event was given up. */
  readonly alert: (code: string, about: Readonly<Record<string, string>>) => void
  readonly nowMs: () => number
  /** 0 up to 1. */
  readonly random: () => number
}

/** Signed at the moment of sending, by each secret that is valid then. */
const signedHeaders = async (
  secret: WebhookSecret,
  { eventId, endpointId, body, secretVersion, previousUntilMs }: ClaimedTry,
  nowMs: number,
): Promise<Readonly<Record<string, string>>> => {
  const versions = previousUntilMs > nowMs && secretVersion > 1 ? [secretVersion, secretVersion - 1] : [secretVersion]
  const secrets = await Promise.all(versions.map((version) => secret(endpointId, version)))
  return {
    'content-type': 'application/json',
    'user-agent': 'Lango-Webhooks/1',
    'webhook-id': eventId,
    'webhook-timestamp': String(Math.floor(nowMs / 1000)),
    'webhook-signature': secrets.map((each) => new Webhook(each).sign(eventId, new Date(nowMs), body)).join(' '),
  }
}

/** The event by which a merchant's other endpoints, and its log, learn that this one is told nothing any more. */
const disabledEvent = (
  { endpointId, merchantId, mode, url, timesDisabled }: ClaimedTry,
  reason: string,
  nowMs: number,
): EventRow => {
  const timestamp = new Date(nowMs).toISOString()
  const type = 'webhook_endpoint.disabled'
  const body: EventBody = { type, timestamp, data: { id: endpointId, url, reason, disabledAt: timestamp } }
  return {
    id: `evt_${endpointId.slice('whe_'.length)}_disabled_${timesDisabled + 1}` as EventId,
    type,
    merchantId,
    mode,
    subject: endpointId,
    body: JSON.stringify(body),
  }
}

const noteOf = (outcome: TryOutcome, atMs: number): TryNote => ({
  atMs,
  status: outcome.kind === 'answered' ? outcome.status : null,
  error: outcome.kind === 'answered' ? null : outcome.why,
})

export type Notified = NextStep['kind'] | 'busy' | 'over'

type Recorded = Exclude<NextStep, { readonly kind: 'disable' }>

/** Writes down what came of a try, and has told what follows from it. */
const settle = async (
  ports: DeliverNotificationPorts,
  claimed: ClaimedTry,
  step: Recorded,
  note: TryNote,
): Promise<Notified> => {
  const { store, notify } = ports
  const { eventId, endpointId, round, n } = claimed
  switch (step.kind) {
    case 'delivered':
      await notify(await store.delivered(claimed, step.applied ? 'applied' : 'unconfirmed', note))
      break
    case 'retry': {
      const { recorded, released } = await store.notTaken(claimed, note.atMs + step.pauseMs, note)
      if (recorded) await notify([{ eventId, endpointId, round, n: n + 1 }], step.pauseMs)
      await notify(released)
      break
    }
    case 'give_up': {
      const { recorded, released } = await store.notTaken(claimed, null, note)
      if (recorded) ports.alert('webhook_given_up', { event: eventId, endpoint: endpointId })
      await notify(released)
      break
    }
  }
  return step.kind
}

/**
 * One try of one event at one endpoint. Claimed, sent, then written down: a crash in between sends it again under the same
 * id, which is what the shop tells repetitions by. Throws when the store is away; the message is then delivered again.
 */
export const deliverNotification = async (ports: DeliverNotificationPorts, message: DeliveryTry): Promise<Notified> => {
  const { store, notify } = ports
  const claim = await store.claim(message, ports.nowMs(), LEASE_MS)
  if (claim.kind !== 'claimed') return claim.kind
  const { claimed } = claim

  // Looked at again each time: what was allowed when it was registered need not be now.
  const url = checkWebhookUrl(claimed.url, ports.policy)
  const outcome: TryOutcome = url.ok
    ? await ports.send(url.value, await signedHeaders(ports.secret, claimed, ports.nowMs()), claimed.body)
    : { kind: 'failed', why: `url_${url.error}` }
  // failPoint('notification_sent')

  const nowMs = ports.nowMs()
  const note = noteOf(outcome, nowMs)
  const random = ports.random()
  const step = decideNext(outcome, claimed, nowMs, random)
  if (step.kind === 'disable') {
    const notice = disabledEvent(claimed, step.reason, nowMs)
    const { stands, released } = await store.disable(claimed, step.reason, notice, note)
    await notify(released)
    if (stands || step.reason !== 'failing') {
      ports.alert('webhook_endpoint_disabled', { endpoint: claimed.endpointId, reason: step.reason })
      return step.kind
    }
    // It took another event while this one was being sent: it is a try in vain like any other.
    const other = decideNext(outcome, { ...claimed, failingSinceMs: null }, nowMs, random)
    return settle(ports, claimed, other.kind === 'disable' ? { kind: 'give_up' } : other, note)
  }
  return settle(ports, claimed, step, note)
}
