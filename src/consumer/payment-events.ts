import type { DecideCore, PaymentState } from '../contracts/decide.ts'
import type { EventBody, EventRow, PaymentEventData, PaymentEventType } from '../contracts/events.ts'
import type { FulfilmentDue } from '../contracts/payment-object.ts'
import type { EventId } from '../domain/ids.ts'
import type { PaymentRecord } from './payment-record.ts'
import { paymentView } from './payment-view.ts'
import { latestSent } from './sent-attempts.ts'

/** When the alarm goes off for it, should the object end before D1 has it: the same moment as the search index's. */
const PAUSE_MS = 10_000
const RETRY_MS_MAX = 300_000

/** What the object decided, as it was then: the next attempt may change the payment before D1 can be told. */
export interface OwedEvent extends Pick<EventRow, 'id' | 'body'> {
  readonly type: PaymentEventType
}

/** What D1 is still to be told, oldest first. Kept in the record, so that it is as durable as what it tells. */
export interface EventDebt {
  readonly owed: readonly OwedEvent[]
  /** When it is tried again; null when nothing is owed. */
  readonly atMs: number | null
  readonly tries: number
}

interface News {
  readonly type: PaymentEventType
  readonly what: string
}

/** What a shop is to know of a payment that is like this. The word names the occurrence: it becomes the event's id. */
const standing = (state: PaymentState): News | null => {
  const n = latestSent(state)?.n ?? 0
  switch (state.status) {
    case 'failed':
    case 'expired':
      return { type: 'payment.failed', what: `failed_${n}` }
    case 'unknown':
      return { type: 'payment.unknown', what: `unknown_${n}` }
    case 'review':
      return { type: 'payment.review', what: `review_${n}_${state.reviewReason ?? 'unknown'}` }
    default:
      return null
  }
}

/** What one step made true. A success is not among it: that is told with its ledger entry. */
export const newsOf = (before: PaymentState, after: PaymentState): readonly News[] => {
  const news: News[] = []
  if (after.lateSuccess && !before.lateSuccess) {
    const paid = after.attempts.find(({ status }) => status === 'succeeded')?.n ?? latestSent(after)?.n ?? 0
    news.push({ type: 'payment.late_success', what: `late_success_${paid}` })
  }
  const now = standing(after)
  if (now && now.what !== standing(before)?.what) news.push(now)
  return news
}

const eventId = ({ paymentId }: Pick<PaymentRecord, 'paymentId'>, what: string): EventId =>
  `evt_${paymentId.slice('pay_'.length)}_${what}` as EventId

const body = (
  record: PaymentRecord,
  type: PaymentEventType,
  atMs: number,
  formatAmount: DecideCore['formatAmount'],
): string => {
  const { fulfilment: _, ...view } = paymentView(record, formatAmount)
  const { reviewReason } = record.state
  const data: PaymentEventData = { ...view, ...(type === 'payment.review' && reviewReason ? { reviewReason } : {}) }
  return JSON.stringify({ type, timestamp: new Date(atMs).toISOString(), data } satisfies EventBody)
}

const owing = (
  record: PaymentRecord,
  news: readonly News[],
  formatAmount: DecideCore['formatAmount'],
): PaymentRecord => {
  const known = record.events?.owed ?? []
  const owed = news
    .map(({ type, what }) => ({ type, id: eventId(record, what) }))
    .filter(({ id }) => !known.some((each) => each.id === id))
    .map(({ type, id }): OwedEvent => ({ id, type, body: body(record, type, record.state.updatedAtMs, formatAmount) }))
  if (owed.length === 0) return record
  const atMs = Math.min(record.events?.atMs ?? Number.POSITIVE_INFINITY, record.state.updatedAtMs + PAUSE_MS)
  return { ...record, events: { owed: [...known, ...owed], atMs, tries: record.events?.tries ?? 0 } }
}

/** The record with what the step to it made true added to its debt; `record.state` is the state after. */
export const withEventDebt = (
  before: PaymentState,
  record: PaymentRecord,
  formatAmount: DecideCore['formatAmount'],
): PaymentRecord => owing(record, newsOf(before, record.state), formatAmount)

/** Of attempt `n` nothing left, and whoever began it was told otherwise: no other news will ever say so. */
export const withNotSent = (
  record: PaymentRecord,
  n: number,
  formatAmount: DecideCore['formatAmount'],
): PaymentRecord => owing(record, [{ type: 'payment.failed', what: `not_sent_${n}` }], formatAmount)

/** The record with this debt and no other: what was decided in a turn that goes on is not told. */
export const withEvents = ({ events: _, ...record }: PaymentRecord, events: EventDebt | undefined): PaymentRecord => ({
  ...record,
  ...(events ? { events } : {}),
})

export const eventRows = ({ merchantId, mode, paymentId, events }: PaymentRecord): readonly EventRow[] =>
  (events?.owed ?? []).map(({ id, type, body }) => ({ id, type, merchantId, mode, subject: paymentId, body }))

/** D1 has these. What was decided meanwhile stays owed. */
export const eventsTold = ({ owed, tries, atMs }: EventDebt, told: readonly EventRow[]): EventDebt => {
  const left = owed.filter(({ id }) => !told.some((row) => row.id === id))
  return left.length === 0 ? { owed: [], atMs: null, tries: 0 } : { owed: left, atMs, tries }
}

/** For as long as it takes: 10 s, 20 s, … five minutes. */
export const eventsPostponed = (debt: EventDebt, nowMs: number): EventDebt =>
  debt.owed.length === 0
    ? debt
    : {
        ...debt,
        atMs: nowMs + Math.min(RETRY_MS_MAX, PAUSE_MS * 2 ** Math.min(debt.tries, 20)),
        tries: debt.tries + 1,
      }

/** The event that goes into the transaction of a fulfilment. */
export const succeededEvent = (
  record: PaymentRecord,
  due: FulfilmentDue,
  formatAmount: DecideCore['formatAmount'],
): EventRow => ({
  id: eventId(record, `succeeded_${due.attempt}`),
  type: 'payment.succeeded',
  merchantId: record.merchantId,
  mode: record.mode,
  subject: record.paymentId,
  body: body(record, 'payment.succeeded', due.succeededAtMs, formatAmount),
})
