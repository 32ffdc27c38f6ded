import type { AttemptState, PaymentEvent } from '../contracts/decide.ts'
import type { BeginInput } from '../contracts/payment-object.ts'
import type { CancelOutcome } from '../contracts/vault.ts'
import { firstDifferenceFrom } from '../flows/fingerprint.ts'
import { sameIdentity } from './begin-decision.ts'
import type { KeyRow, PaymentRecord } from './payment-record.ts'

/** Who asks again and again must not be a lever against the gateway. */
const PAUSE_MS = 10_000

/** The failure code of an attempt that the gateway called off for us. */
export const CALLED_OFF = 'called_off'

/**
 * The open attempt that this request would have out of its way: a new key for the same money names another provider, and the
 * gateway can be asked to call an attempt off. Null: there is none, and the request is judged as it is. A breaker or a score
 * that has changed moves nobody: only the customer's own choice does.
 */
export const attemptInTheWay = (
  record: PaymentRecord,
  key: KeyRow | null,
  input: BeginInput,
  canCancel: (gateway: string) => boolean,
  nowMs: number,
): AttemptState | null => {
  const { state, fingerprint, provider, calledOffAtMs, calledOffFor } = record
  const attempt = state.attempts.at(-1)
  const isOpen = state.status === 'pending' || state.status === 'needs_action'
  if (!attempt || !isOpen || (attempt.status !== 'pending' && attempt.status !== 'needs_action')) return null
  if (key || !sameIdentity(record, input) || provider === input.provider || !input.namedProvider) return null
  if (firstDifferenceFrom(fingerprint, input.fingerprint, ['amount', 'currency']) !== undefined) return null
  // The same request, whose first try was cut off before the gateway had answered.
  const again = calledOffFor === input.keyHash
  if (!again && Math.abs(nowMs - (calledOffAtMs ?? 0)) < PAUSE_MS) return null
  return canCancel(attempt.gateway) ? attempt : null
}

/** As it will stand when it has been called off. */
export const asCalledOff = (attempt: AttemptState): AttemptState => ({
  ...attempt,
  status: 'failed',
  failureCode: CALLED_OFF,
})

/**
 * The reducer's word for what became of it, as it was when it was asked, at `nowMs`; of a success, as for `statusEvent`, when
 * the answer came. Null: nothing was learnt.
 */
export const callOffEvent = (
  n: number,
  outcome: CancelOutcome,
  nowMs: number,
  answeredAtMs: number,
): PaymentEvent | null => {
  const told = { type: 'told', n, source: 'poll', heardAtMs: nowMs, nowMs } as const
  switch (outcome.kind) {
    case 'cancelled':
      return {
        ...told,
        outcome: 'failed',
        failureCode: CALLED_OFF,
        amountMinor: null,
        currency: null,
        providerTransactionId: null,
      }
    case 'succeeded':
      return {
        ...told,
        outcome: 'succeeded',
        heardAtMs: answeredAtMs,
        failureCode: null,
        amountMinor: outcome.amountMinor ?? null,
        currency: outcome.currency ?? null,
        providerTransactionId: outcome.providerTransactionId ?? null,
      }
    case 'unknown':
      return null
  }
}
