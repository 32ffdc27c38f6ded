import { type Facts, groupBy } from '../facts.ts'
import type { Capture, Judgement } from '../history.ts'
import { createJudge } from '../judge.ts'

const sum = (captures: readonly Capture[]): string => captures.map(({ amountMinor }) => amountMinor).join(' + ')

/**
 * I1, of a payment at all its gateways. A second capture is excused by nothing but the earlier gateway's own *failed*, or its
 * confirmation that it was called off, before the later was sent; and it must be recorded, with a refund that is due and an
 * alert.
 */
export const judgeCharges = (facts: Facts): Judgement => {
  const judge = createJudge(
    'I1',
    'at most one capture a payment, or the gateway said failed first and a double is recorded',
  )
  const { attemptOf, endedOf, refusedAt, history } = facts
  const payments = groupBy(
    history.captures,
    ({ reference }) => attemptOf.get(reference)?.paymentId ?? `of ${reference}`,
  )
  for (const [paymentId, captures] of payments) {
    judge.look()
    if (captures.length === 1) continue
    for (const [reference, ofOne] of groupBy(captures, (capture) => capture.reference))
      if (ofOne.length > 1) judge.violation(`${paymentId}: ${reference} was captured ${ofOne.length} times`)

    const sentAt = (capture: Capture) => facts.sentAt.get(capture.reference) ?? capture.at
    const inOrder = captures.toSorted((a, b) => sentAt(a) - sentAt(b))
    for (const [i, later] of inOrder.entries())
      for (const earlier of inOrder.slice(0, i)) {
        if (earlier.reference === later.reference) continue
        const excusedAt = Math.min(refusedAt.get(earlier.reference) ?? Infinity, earlier.reversedAt ?? Infinity)
        if (excusedAt > sentAt(later))
          judge.violation(
            `${paymentId}: ${later.reference} was sent and captured though ${earlier.reference} had not failed, and was captured too`,
          )
      }

    const ended = endedOf.get(paymentId)
    if (!history.settled || ended?.status === 'review') continue
    const unrecorded = captures.filter(
      ({ reference, reversedAt }) =>
        reversedAt === undefined && !ended?.doubles.includes(attemptOf.get(reference)?.n ?? 0),
    )
    if (unrecorded.length > 1)
      judge.violation(`${paymentId}: captured ${sum(captures)}, doubles recorded: [${ended?.doubles ?? ''}]`)
    for (const n of ended?.doubles ?? []) {
      if (!ended?.refundsOfDoubles.includes(n))
        judge.violation(`${paymentId}: attempt ${n} is a double, no refund is due`)
      if (ended?.alertsOfDoubles?.includes(n) === false)
        judge.violation(`${paymentId}: attempt ${n} is a double, nobody was told`)
    }
  }
  return judge.done()
}

/** I2, both ways: what was captured is accounted for, and nothing is called paid or taken back that was not. */
export const judgeOutcomes = (facts: Facts): Judgement => {
  const judge = createJudge('I2', 'every capture ends as paid, late success, double or review; paid means captured')
  const { attemptOf, capturesOf, endedOf, history } = facts
  for (const capture of history.settled ? history.captures : []) {
    judge.look()
    const { reference } = capture
    const attempt = attemptOf.get(reference)
    const ended = attempt && endedOf.get(attempt.paymentId)
    if (!attempt || !ended) {
      judge.violation(`${reference} was captured, and no payment knows of it`)
      continue
    }
    if (ended.status === 'review') continue
    const status = ended.attempts.find(({ n }) => n === attempt.n)?.status
    const open = ['created', 'pending', 'needs_action', 'unknown'].includes(ended.status)
    // Taken back, it may be held for failed; what may not be is that nobody has noticed anything.
    if (capture.reversedAt !== undefined && !open) continue
    const isDouble = ended.doubles.includes(attempt.n)
    if (ended.status !== 'succeeded' || (status !== 'succeeded' && !isDouble))
      judge.violation(`${attempt.paymentId}: ${reference} was captured, payment ${ended.status}, attempt ${status}`)
    // A double is given back, whatever it was that was taken.
    else if (isDouble) continue
    else if (capture.amountMinor !== ended.amountMinor || capture.currency !== ended.currency)
      judge.violation(
        `${attempt.paymentId}: captured ${capture.amountMinor} ${capture.currency}, paid ${ended.amountMinor} ${ended.currency}`,
      )
  }

  const isCaptured = (references: readonly { readonly reference: string }[], by: number) =>
    references.some(({ reference }) => capturesOf.get(reference)?.some(({ at }) => at <= by))
  for (const told of history.told) {
    if (told.status !== 'succeeded') continue
    judge.look()
    if (!isCaptured(told.attempts, told.at)) judge.violation(`${told.paymentId}: told succeeded, nothing was captured`)
  }
  for (const ended of history.ended) {
    if (ended.status !== 'succeeded') continue
    judge.look()
    if (!isCaptured(ended.attempts, Infinity)) judge.violation(`${ended.paymentId}: succeeded, nothing was captured`)
    // What is owed back was taken, and beside it what the order is paid with.
    const isDouble = ({ n }: { readonly n: number }) => ended.doubles.includes(n)
    for (const { n, reference } of ended.attempts.filter(isDouble))
      if (!capturesOf.has(reference))
        judge.violation(`${ended.paymentId}: attempt ${n} is a double, and was not captured`)
    if (
      ended.doubles.length > 0 &&
      !isCaptured(
        ended.attempts.filter((each) => !isDouble(each)),
        Infinity,
      )
    )
      judge.violation(`${ended.paymentId}: succeeded, and all that was captured is a double`)
  }
  const isReversed = ({ reference }: { readonly reference: string }) =>
    capturesOf.get(reference)?.some(({ reversedAt }) => reversedAt !== undefined)
  for (const ended of history.ended) {
    if (ended.reviewReason !== 'reversal') continue
    judge.look()
    // T39: what the gateway had said before it took the money, and says again, takes nothing back.
    if (!ended.attempts.some(isReversed))
      judge.violation(`${ended.paymentId}: in review as reversed, nothing was taken back`)
  }
  return judge.done()
}

/** I3. */
export const judgeFulfilment = (facts: Facts): Judgement => {
  const judge = createJudge('I3', 'an order is fulfilled once when it was paid, and never without a capture')
  const { attemptOf, capturesOf, history } = facts
  const times = new Map<string, number>()
  for (const { paymentId, reference, at } of history.fulfilled) {
    judge.look()
    const count = (times.get(paymentId) ?? 0) + 1
    times.set(paymentId, count)
    if (count > 1) judge.violation(`${paymentId}: fulfilled ${count} times`)
    if (attemptOf.get(reference)?.paymentId !== paymentId)
      judge.violation(`${paymentId}: fulfilled for ${reference}, which is not its own`)
    if (!capturesOf.get(reference)?.some((capture) => capture.at <= at))
      judge.violation(`${paymentId}: fulfilled for ${reference}, which was not captured`)
  }
  if (!history.settled) return judge.done()
  for (const { paymentId, status, fulfilment } of history.ended) {
    if (status !== 'succeeded') continue
    judge.look()
    if (!times.has(paymentId)) judge.violation(`${paymentId}: paid and never fulfilled`)
    else if (fulfilment !== 'fulfilled') judge.violation(`${paymentId}: fulfilled, and the payment says ${fulfilment}`)
  }
  return judge.done()
}
