import type { AttemptState, PaymentEvent, PaymentState } from '../contracts/decide.ts'
import type { ProbeDue, RouteDecision, RouteObservation } from '../contracts/route.ts'
import { causeOf } from './refusal-cause.ts'

type Seen = RouteObservation['seen']

/** Beyond this the customer should have been asked. */
export const SLOW_MS = 7_000

const seenOf = (attempt: AttemptState, event: PaymentEvent): Seen | null => {
  switch (attempt.status) {
    case 'succeeded':
      return { kind: 'succeeded' }
    case 'expired':
      return { kind: 'failed', cause: 'customer' }
    case 'failed':
      return attempt.failureCode === 'not_sent' ? null : { kind: 'failed', cause: causeOf(attempt.failureCode) }
    case 'unknown':
      return { kind: 'unknown' }
    case 'pending':
    case 'needs_action':
      // Found by asking, it says nothing of when the customer was asked.
      return event.type === 'sendAccepted'
        ? { kind: 'prompted', afterMs: Math.max(0, event.nowMs - attempt.createdAtMs) }
        : null
    case 'created':
      return null
  }
}

/** What a step taught of the gateways: of each attempt once, when it comes to stand so. */
export const seenIn = (
  before: PaymentState,
  after: PaymentState,
  event: PaymentEvent,
): readonly { readonly n: number; readonly seen: Seen }[] =>
  after.attempts.flatMap((attempt) => {
    const was = before.attempts.find(({ n }) => n === attempt.n)
    const seen = was && was.status !== attempt.status ? seenOf(attempt, event) : null
    return seen ? [{ n: attempt.n, seen }] : []
  })

/** Whether a question about this attempt is what a breaker waits for. */
export const isProbeDue = (
  due: readonly ProbeDue[],
  { gateway, rail }: Pick<RouteDecision, 'gateway' | 'rail'>,
): boolean =>
  due.some(
    (probe) => (probe.gateway === null || probe.gateway === gateway) && (probe.rail === null || probe.rail === rail),
  )
