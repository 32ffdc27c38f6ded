import type { Decisions } from '../contracts/payment-object.ts'

/** A decision as a shop reads it. Scores are hundredths of a percent of the amount. */
export const decisionView = ({ attempt, decision, explained }: Decisions['decisions'][number]) => ({
  attempt,
  decidedAt: new Date(decision.nowMs).toISOString(),
  trigger: decision.trigger,
  gateway: decision.gateway,
  because: decision.because,
  rule: decision.rule,
  policyVersion: decision.policyVersion,
  probe: decision.probe,
  rail: { provider: decision.rail, breaker: decision.railPosition },
  candidates: decision.candidates.map(({ gateway, position, whyNot, score }) => ({
    gateway,
    breaker: position,
    whyNot,
    score,
  })),
  explained,
})
