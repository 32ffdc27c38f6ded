import type { AttemptState, PaymentEvent } from '../contracts/decide.ts'
import type { BeginInput } from '../contracts/payment-object.ts'
import type { CancelOutcome } from '../contracts/vault.ts'
import { isOpen } from '../domain/payment.ts'
import { firstDifferenceFrom } from '../flows/fingerprint.ts'
import { sameIdentity } from './begin-decision.ts'
import type { CallOff, KeyRow, PaymentRecord } from './payment-record.ts'
import { captured } from './sent-attempts.ts'

/** Who asks again and again must not be a lever against the gateway. */
const PAUSE_MS = 10_000

/** From ten seconds, each pause twice the one before: three quarters of an hour, longer than a page of Wave's is open. */
const RETRY_MS = 10_000
const TRIES_MAX = 9

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
  const mayGoOn = state.status === 'pending' || state.status === 'needs_action'
  if (!attempt || !mayGoOn || (attempt.status !== 'pending' && attempt.status !== 'needs_action')) return null
  if (key || !sameIdentity(record, input) || provider === input.provider || !input.namedProvider) return null
  if (firstDifferenceFrom(fingerprint, input.fingerprint, ['amount', 'currency']) !== undefined) return null
  // The same request, whose first try was cut off before the gateway had answered.
  const again = calledOffFor === input.keyHash
  if (!again && Math.abs(nowMs - (calledOffAtMs ?? 0)) < PAUSE_MS) return null
  return canCancel(attempt.gateway) ? attempt : null
}

/**
 * The record with its call-offs up to date (T23): the money is here, of an attempt that was held for failed, say, and whatever
 * else is still open would be a double. One whose call is under way comes when that has ended: until then nobody knows it.
 */
export const withCallOffs = (
  record: PaymentRecord,
  canCancel: (gateway: string) => boolean,
  nowMs: number,
): PaymentRecord => {
  const { callOffs: before = [], ...rest } = record
  const callOffs = captured(record.state)
    ? record.state.attempts
        .filter(({ status, gateway }) => isOpen(status) && canCancel(gateway))
        .map(({ n }): CallOff => before.find((each) => each.n === n) ?? { n, atMs: nowMs, tries: 0 })
    : []
  return callOffs.length > 0 ? { ...rest, callOffs } : rest
}

export const dueCallOffs = ({ callOffs = [] }: Pick<PaymentRecord, 'callOffs'>, nowMs: number): readonly CallOff[] =>
  callOffs.filter(({ atMs }) => atMs !== null && atMs <= nowMs)

/** Its gateway is being asked: should the isolate die meanwhile, it is asked again after the pause, which does no harm. */
export const askedToCallOff = (callOffs: readonly CallOff[], n: number, nowMs: number): readonly CallOff[] =>
  callOffs.map((each) => {
    if (each.n !== n) return each
    const tries = each.tries + 1
    return { n, atMs: tries < TRIES_MAX ? nowMs + RETRY_MS * 2 ** each.tries : null, tries }
  })

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
