import { type Facts, groupBy } from '../facts.ts'
import type { Judgement, Posting } from '../history.ts'
import { createJudge } from '../judge.ts'

/** Whose clearing account it is; null for any other account. */
const gatewayOf = (account: string): string | null => /^gateway:([^:]+):clearing$/.exec(account)?.[1] ?? null

const total = (postings: readonly Posting[], direction: Posting['direction']): bigint =>
  postings.reduce((sum, posting) => (posting.direction === direction ? sum + BigInt(posting.amountMinor) : sum), 0n)

/** I5. An entry balances by itself, so all of them do; it is believed only of what a gateway took. */
export const judgeLedger = (facts: Facts): Judgement => {
  const judge = createJudge('I5', 'debits equal credits per entry and currency, and the postings are the captures')
  const { attemptOf, capturesOf, endedOf, history } = facts
  for (const [entryId, postings] of groupBy(history.postings, (posting) => posting.entryId)) {
    judge.look()
    for (const [currency, ofOne] of groupBy(postings, (posting) => posting.currency)) {
      const [debits, credits] = [total(ofOne, 'debit'), total(ofOne, 'credit')]
      if (debits !== credits) judge.violation(`${entryId}: ${debits} ${currency} debited, ${credits} credited`)
    }
    if (postings.some(({ amountMinor }) => BigInt(amountMinor) <= 0n)) judge.violation(`${entryId}: not an amount`)
    if (new Set(postings.map(({ reference }) => reference)).size > 1) judge.violation(`${entryId}: two references`)
    for (const { reference, account } of postings) {
      const [capture] = capturesOf.get(reference) ?? []
      const owner = gatewayOf(account)
      if (capture && owner !== null && owner !== capture.gateway)
        judge.violation(`${entryId}: ${capture.gateway} took it, and it stands at ${account}`)
    }
    const credited = new Set(postings.filter((each) => each.direction === 'credit').map(({ account }) => account))
    if (postings.some((each) => each.direction === 'debit' && credited.has(each.account)))
      judge.violation(`${entryId}: one account on both sides`)
  }

  const posted = new Map<string, bigint>()
  for (const { reference, currency, direction, amountMinor } of history.postings) {
    if (direction !== 'debit') continue
    const key = `${reference} ${currency}`
    posted.set(key, (posted.get(key) ?? 0n) + BigInt(amountMinor))
  }
  for (const [key, amount] of posted) {
    judge.look()
    const [reference = '', currency] = key.split(' ')
    const captured = (capturesOf.get(reference) ?? []).filter((capture) => capture.currency === currency)
    if (!captured.some((capture) => BigInt(capture.amountMinor) === amount))
      judge.violation(`${key}: ${amount} posted, captured [${captured.map((capture) => capture.amountMinor)}]`)
  }
  if (!history.settled) return judge.done()
  for (const { reference, currency, reversedAt } of history.captures) {
    const attempt = attemptOf.get(reference)
    const ended = attempt && endedOf.get(attempt.paymentId)
    const isPaid = ended?.status === 'succeeded' && !ended.doubles.includes(attempt?.n ?? 0)
    if (!isPaid || reversedAt !== undefined) continue
    judge.look()
    if (!posted.has(`${reference} ${currency}`)) judge.violation(`${reference}: captured and paid, never posted`)
  }
  return judge.done()
}
