import { type Facts, groupBy } from '../facts.ts'
import type { Judgement } from '../history.ts'
import { createJudge } from '../judge.ts'

/** "I know nothing of it" means "I shall never take it" only once every request under way has arrived (T21). */
export const SETTLING_MS = 15 * 60_000

/** I6. */
export const judgeDurability = ({ durableAt, attemptOf, endedOf, history }: Facts): Judgement => {
  const judge = createJudge(
    'I6',
    'what reached a gateway had been durable before, under that reference and for that gateway',
  )
  for (const [reference, rows] of groupBy(history.durable, (row) => row.reference)) {
    judge.look()
    const attempts = new Set(rows.map(({ paymentId, n }) => `${paymentId} attempt ${n}`))
    if (attempts.size > 1) judge.violation(`${reference} stands for ${[...attempts].join(' and ')}`)
  }
  for (const [attempt, rows] of groupBy(history.durable, ({ paymentId, n }) => `${paymentId} attempt ${n}`)) {
    const references = new Set(rows.map(({ reference }) => reference))
    if (references.size > 1) judge.violation(`${attempt} has the references ${[...references].join(' and ')}`)
  }
  // One that never left may have been forgotten, and begun anew under its reference for another gateway.
  const written = groupBy(history.durable, (row) => row.reference)
  const writtenFor = (reference: string, at: number) =>
    written.get(reference)?.findLast(({ durableAt }) => durableAt <= at)?.gateway
  for (const { reference, gateway, at, amountMinor, currency } of history.sends) {
    judge.look()
    const meant = writtenFor(reference, at)
    if (meant !== undefined && meant !== gateway)
      judge.violation(`${reference} was sent to ${gateway}, and written for ${meant}`)
    const writtenAt = durableAt.get(reference)
    if (writtenAt === undefined) judge.violation(`${reference} was sent at ${at} and never durable`)
    else if (writtenAt > at) judge.violation(`${reference} was sent at ${at} and durable only at ${writtenAt}`)
    const ended = endedOf.get(attemptOf.get(reference)?.paymentId ?? '')
    if (ended && (ended.amountMinor !== amountMinor || ended.currency !== currency))
      judge.violation(
        `${ended.paymentId}: ${reference} was sent for ${amountMinor} ${currency}, not ${ended.amountMinor} ${ended.currency}`,
      )
  }
  return judge.done()
}

/**
 * `failover`. A request that went on by itself and was refused there, too, is the shop's to ask again. What reached a gateway is
 * gone on from after that gateway's own refusal alone: what nobody knows is none, and neither is "I know nothing of it".
 */
export const judgeFailover = ({ history, sendsOfPayment, refusedAt, sentAt }: Facts): Judgement => {
  const judge = createJudge(
    'failover',
    'a request goes on at another gateway once at most, after a refusal, never at the same gateway',
  )
  for (const [paymentId, rows] of groupBy(history.durable, (row) => row.paymentId)) {
    // One that never left is none: another may be tried in its stead.
    const sent = new Set(sendsOfPayment.get(paymentId)?.map(({ reference }) => reference))
    for (const { n, gateway, reference, failover, durableAt } of rows) {
      judge.look()
      if (!failover) continue
      const before = rows.findLast((row) => row.n === n - 1 && row.durableAt <= durableAt)
      if (before?.failover && sent.has(before.reference))
        judge.violation(`${paymentId}: attempt ${n} is a failover after a failover`)
      const overAt = before && refusedAt.get(before.reference)
      const isRefused = overAt !== undefined && overAt <= (sentAt.get(reference) ?? Infinity)
      if (before && sent.has(before.reference) && !isRefused)
        judge.violation(`${paymentId}: attempt ${n} went on from ${before.reference}, which had not been refused`)
      if (before?.gateway === gateway) judge.violation(`${paymentId}: attempt ${n} went on at ${gateway} again`)
    }
  }
  return judge.done()
}

/** I7. The same reference again is the same attempt: a gateway ignores it. */
export const judgePatience = ({ refusedAt, notFoundAt, durableAt, sendsOfPayment }: Facts): Judgement => {
  const judge = createJudge('I7', 'no other attempt is sent while an earlier one may still be charged')
  for (const [paymentId, unordered] of sendsOfPayment) {
    judge.look()
    const first = new Map<string, number>()
    for (const { reference, at } of unordered.length > 1 ? unordered.toSorted((a, b) => a.at - b.at) : []) {
      if (first.has(reference)) continue
      for (const [earlier, sentAt] of first) {
        const settledAt = (durableAt.get(earlier) ?? sentAt) + SETTLING_MS
        const isOver =
          (refusedAt.get(earlier) ?? Infinity) <= at ||
          notFoundAt.get(earlier)?.some((saidAt) => saidAt >= settledAt && saidAt <= at)
        if (!isOver) judge.violation(`${paymentId}: ${reference} was sent at ${at}, and ${earlier} was still open`)
      }
      first.set(reference, at)
    }
  }
  return judge.done()
}
