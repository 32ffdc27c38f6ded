import { isFinal } from '../../../src/domain/payment.ts'
import { type Facts, groupBy } from '../facts.ts'
import type { Judgement, Told } from '../history.ts'
import { createJudge } from '../judge.ts'

const askedAt = (told: Told): number => told.askedAt ?? told.at

/** Why `after` may not be said once `before` was, or null. */
const contradiction = (before: Told, after: Told, isLate: boolean): string | null => {
  const step = `${before.status} → ${after.status}`
  if (after.attempts.length < before.attempts.length) return `${step}, with fewer attempts`
  if (after.status === before.status || after.status === 'review') return null
  if (before.status === 'succeeded') return step
  // A failure may be followed by a new attempt; without one only the gateway's correction may follow.
  if (after.attempts.length > before.attempts.length) return null
  if (after.status !== 'succeeded') return step
  return isLate || after.lateSuccess ? null : `${step}, not marked as a late success`
}

/** Success absorbs; of two failures the one with more attempts is the later truth. */
const supersedes = (told: Told, final: Told | undefined): boolean =>
  final === undefined ||
  told.status === 'succeeded' ||
  (final.status !== 'succeeded' && told.attempts.length >= final.attempts.length)

/**
 * I4. Two answers are compared only when the first was complete before the second was asked for: of two that overlap,
 * either may be the older truth.
 */
export const judgeTold = ({ endedOf, history }: Facts): Judgement => {
  const judge = createJudge('I4', 'what was told as final stays, but for a late success, a review or a new attempt')
  for (const [paymentId, told] of groupBy(history.told, (each) => each.paymentId)) {
    const isLate = endedOf.get(paymentId)?.lateSuccess ?? false
    const complete = told.toSorted((a, b) => a.at - b.at)
    const references = new Map<number, string>()
    let next = 0
    let final: Told | undefined
    for (const now of told.toSorted((a, b) => askedAt(a) - askedAt(b))) {
      judge.look()
      for (let one = complete[next]; one && one.at < askedAt(now); one = complete[++next])
        if (isFinal(one.status) && supersedes(one, final)) final = one
      const wrong = final && contradiction(final, now, isLate)
      if (final && wrong) judge.violation(`${paymentId}: ${wrong} (told at ${final.at}, then at ${now.at})`)
      if (now.amountMinor !== told[0]?.amountMinor || now.currency !== told[0].currency)
        judge.violation(`${paymentId}: told of ${told[0]?.amountMinor} and of ${now.amountMinor} ${now.currency}`)
      for (const { n, reference } of now.attempts) {
        if ((references.get(n) ?? reference) !== reference)
          judge.violation(`${paymentId}: attempt ${n} changed its name`)
        references.set(n, reference)
      }
    }
    for (const one of complete.slice(next)) if (isFinal(one.status) && supersedes(one, final)) final = one
    const end = endedOf.get(paymentId)
    const wrong = final && end && contradiction(final, { ...end, at: Infinity }, isLate)
    if (wrong) judge.violation(`${paymentId}: told ${wrong} in the end`)
  }
  return judge.done()
}
