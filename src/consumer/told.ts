import type { PaymentEvent } from '../contracts/decide.ts'
import type { SendOutcome, StatusOutcome, Verdict } from '../contracts/vault.ts'

/** The reducer's word for what the send reported. */
export const sendEvent = (n: number, outcome: SendOutcome, nowMs: number): PaymentEvent => {
  switch (outcome.kind) {
    case 'accepted':
      return { type: 'sendAccepted', n, nextAction: outcome.nextAction ?? null, nowMs }
    case 'rejected':
      return { type: 'sendRejected', n, code: outcome.code, nowMs }
    case 'unknown':
      return { type: 'sendUnknown', n, nowMs }
    case 'not_sent':
      return { type: 'sendNotSent', n, nowMs }
  }
}

/**
 * The reducer's word for the answer to a status query, which says how it was when it was asked, at `nowMs`. Of a success only
 * its coming, at `answeredAtMs`, tells that the money had been taken by then: queries overtake each other, and one that was asked
 * later and answered "failed" may have reached the gateway before.
 */
export const statusEvent = (n: number, status: StatusOutcome, nowMs: number, answeredAtMs: number): PaymentEvent => {
  switch (status.kind) {
    case 'found':
      return {
        type: 'told',
        n,
        outcome: status.outcome,
        failureCode: status.failureCode ?? null,
        amountMinor: status.amountMinor ?? null,
        currency: status.currency ?? null,
        providerTransactionId: status.providerTransactionId ?? null,
        source: 'poll',
        ...(status.nextAction ? { nextAction: status.nextAction } : {}),
        heardAtMs: status.outcome === 'succeeded' ? answeredAtMs : nowMs,
        nowMs,
      }
    case 'not_found':
      return {
        type: 'told',
        n,
        outcome: 'not_found',
        failureCode: null,
        amountMinor: null,
        currency: null,
        providerTransactionId: null,
        source: 'poll',
        nowMs,
      }
    case 'unknown':
      return { type: 'pollFailed', n, nowMs }
  }
}

/** The reducer's word for a verdict that the core attested. */
export const verdictEvent = (n: number, verdict: Verdict, nowMs: number): PaymentEvent => ({
  type: 'told',
  n,
  outcome: verdict.outcome,
  failureCode: verdict.failureCode,
  amountMinor: verdict.amountMinor,
  currency: verdict.currency,
  providerTransactionId: verdict.providerTransactionId,
  source: 'callback',
  heardAtMs: verdict.receivedAtMs,
  nowMs,
})
