import type { PaymentRecord } from './payment-record.ts'

/** As long as the edge's own record of an idempotency key lives. */
export const RETENTION_MS = 30 * 24 * 3_600_000

type Kept = Pick<PaymentRecord, 'state' | 'questions' | 'index' | 'events' | 'compactedAtMs' | 'lastKeyAtMs'>

/** Nothing is under way and nothing is owed: no attempt, refund, question, fulfilment, event or word to the search index. */
const isAtRest = ({ state, questions, index, events }: Kept): boolean => {
  const { status, fulfilment, attempts, refunds = [] } = state
  const ended =
    status === 'failed' ||
    status === 'expired' ||
    status === 'created' ||
    (status === 'succeeded' && fulfilment.status === 'fulfilled')
  const isClosed = (each: { readonly status: string }) => ['succeeded', 'failed', 'expired'].includes(each.status)
  return (
    ended &&
    attempts.every(isClosed) &&
    refunds.every(isClosed) &&
    questions.length === 0 &&
    !index?.atMs &&
    !events?.atMs
  )
}

/**
 * When the object may be made small: 30 days after the last thing that happened to a payment at rest, or the last key that came
 * to it. Null: not to be, or it is small already. A payment in review is people's, and stays whole.
 */
export const compactAtMs = (record: Kept): number | null => {
  const { lastKeyAtMs = 0 } = record
  const { updatedAtMs } = record.state
  const isSmall = (record.compactedAtMs ?? 0) >= updatedAtMs
  return isSmall || !isAtRest(record) ? null : Math.max(updatedAtMs, lastKeyAtMs) + RETENTION_MS
}
