import type { StatusOutcome } from '../contracts/vault.ts'
import { isOpen } from '../domain/payment.ts'
import type { PaymentRecord, Unanswered } from './payment-record.ts'

/**
 * So long a gateway may leave all questions about an attempt unanswered before people are told. Not by the age of the attempt: a
 * page may be open for days, and a customer who leaves it alone is nobody's trouble while the gateway says so.
 */
const TOO_LONG_MS = 2 * 3_600_000

/**
 * The record after a question about attempt `n` that was asked at `nowMs`. One that failed is nothing: it takes two, so far apart,
 * and none answered between them.
 */
export const withAnswer = (
  record: PaymentRecord,
  n: number,
  status: StatusOutcome,
  nowMs: number,
): readonly Unanswered[] => {
  const { unanswered = [] } = record
  const others = unanswered.filter((each) => each.n !== n)
  if (status.kind !== 'unknown') return others
  const before = unanswered.find((each) => each.n === n) ?? { n, sinceMs: nowMs, tooLong: false }
  return [...others, { ...before, tooLong: before.tooLong || nowMs - before.sinceMs >= TOO_LONG_MS }]
}

/** The record without attempts that are over: nobody waits for an answer about them. */
export const withoutClosed = (record: PaymentRecord): PaymentRecord => {
  const { unanswered, ...rest } = record
  if (!unanswered) return record
  const open = record.state.attempts.filter(({ status }) => isOpen(status)).map(({ n }) => n)
  const left = unanswered.filter(({ n }) => open.includes(n))
  return left.length > 0 ? { ...rest, unanswered: left } : rest
}

/** What people are to be told: which gateways, and since when. */
export const unansweredTooLong = ({
  unanswered = [],
  state,
}: Pick<PaymentRecord, 'unanswered' | 'state'>): readonly { readonly gateway: string; readonly sinceMs: number }[] =>
  state.attempts.flatMap(({ n, gateway }) => {
    const silence = unanswered.find((each) => each.n === n)
    return silence?.tooLong ? [{ gateway, sinceMs: silence.sinceMs }] : []
  })
