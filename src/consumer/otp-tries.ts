import type { AttemptState, PaymentEvent } from '../contracts/decide.ts'
import type { OtpRefusal } from '../contracts/payment-object.ts'
import type { OtpOutcome } from '../contracts/vault.ts'
import type { OtpTry, PaymentRecord } from './payment-record.ts'

/** Nobody mistypes a code so often, and six digits are not guessed in as many. */
export const OTP_TRIES_MAX = 10

export type OtpJudgement =
  /** It was asked of the gateway before, for the same attempt. */
  | { readonly kind: 'known'; readonly tried: OtpTry }
  | { readonly kind: 'new'; readonly attempt: AttemptState }
  | { readonly kind: 'refused'; readonly because: Exclude<OtpRefusal, 'rejected'> }

/** INVARIANT (T31): a code is asked of the gateway once for each attempt, and only while that waits for one. */
export const judgeOtp = ({ state, otpTries = [] }: PaymentRecord, hash: string): OtpJudgement => {
  const attempt = state.attempts.at(-1)
  const tries = otpTries.filter(({ n }) => n === attempt?.n)
  const tried = tries.find((each) => each.hash === hash)
  if (tried) return { kind: 'known', tried }
  if (attempt?.status !== 'needs_action' || state.nextAction?.type !== 'otp')
    return { kind: 'refused', because: 'not_wanted' }
  return tries.length < OTP_TRIES_MAX ? { kind: 'new', attempt } : { kind: 'refused', because: 'exhausted' }
}

/** With this one as it is now; those of earlier attempts are of no more use. It may itself be of one, answered late. */
export const withOtpTry = (tries: readonly OtpTry[], tried: OtpTry): readonly OtpTry[] => [
  ...withoutOtpTry(tries, tried).filter(({ n }) => n >= tried.n),
  tried,
]

export const withoutOtpTry = (tries: readonly OtpTry[], { n, hash }: Pick<OtpTry, 'n' | 'hash'>): readonly OtpTry[] =>
  tries.filter((each) => each.n !== n || each.hash !== hash)

/**
 * The reducer's word for a code that was taken, as it was when it was handed on, at `heardAtMs`. What the gateway does not ask
 * for here is done on the phone, if it is not over already. Null: of the attempt nothing was learnt.
 */
export const otpEvent = (n: number, outcome: OtpOutcome, heardAtMs: number, nowMs: number): PaymentEvent | null =>
  outcome.kind === 'accepted'
    ? {
        type: 'told',
        n,
        outcome: 'pending',
        failureCode: null,
        amountMinor: null,
        currency: null,
        providerTransactionId: null,
        source: 'poll',
        nextAction: outcome.nextAction ?? { type: 'approve_on_phone' },
        heardAtMs,
        nowMs,
      }
    : null

/** A gateway that did not say what comes next is asked how the deposit stands: a code may have come after its time. */
export const leavesOpen = (outcome: OtpOutcome): boolean =>
  outcome.kind !== 'not_sent' && (outcome.kind !== 'accepted' || outcome.nextAction === undefined)
