import { judgeCharges, judgeFulfilment, judgeOutcomes } from './claims/captures.ts'
import { judgeInvoices, judgeKeys } from './claims/keys.ts'
import { judgeLedger } from './claims/ledger.ts'
import { judgeDurability, judgeFailover, judgePatience } from './claims/sends.ts'
import { judgeTold } from './claims/told.ts'
import { factsOf } from './facts.ts'
import type { Claim, History, Judgement, Verdict } from './history.ts'

const verdictOf = (judgements: readonly Judgement[]): Verdict => ({
  holds: judgements.every(({ holds }) => holds),
  judgements,
})

/**
 * Judges what happened, from outside: gateway, ledger, answers and the objects' own rows, none of which takes the other's
 * word. Linear in the events, but for sorting those of one payment. What must *eventually* hold (accounted for, fulfilled,
 * posted) is judged only when the history is `settled`.
 */
export const checkHistory = (history: History): Verdict => {
  const facts = factsOf(history)
  return verdictOf([
    judgeCharges(facts),
    judgeOutcomes(facts),
    judgeFulfilment(facts),
    judgeTold(facts),
    judgeLedger(facts),
    judgeDurability(facts),
    judgePatience(facts),
    judgeFailover(facts),
    judgeInvoices(facts),
    judgeKeys(facts),
  ])
}

/** Of histories that share no payment and no key: one verdict, as if they had been judged together. */
export const mergeVerdicts = (verdicts: readonly Verdict[]): Verdict => {
  const merged = new Map<Claim, Judgement>()
  for (const judgement of verdicts.flatMap(({ judgements }) => judgements)) {
    const before = merged.get(judgement.claim)
    merged.set(judgement.claim, {
      ...judgement,
      holds: judgement.holds && (before?.holds ?? true),
      judged: judgement.judged + (before?.judged ?? 0),
      violations: [...(before?.violations ?? []), ...judgement.violations].slice(0, 20),
    })
  }
  return verdictOf([...merged.values()])
}
