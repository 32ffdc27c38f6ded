import type { Claim, ClaimAnswer, PaymentLock } from '../contracts/payment-lock.ts'
import type { BeginAnswer, BeginInput, PaymentObjectRpc, Snapshot } from '../contracts/payment-object.ts'
import { DAY_COUNTER_CODE, INTENT_CODE, NO_TOKEN_CODE, POLICY_CODE } from '../contracts/vault.ts'
import type { PaymentError } from '../domain/errors.ts'
import type { PaymentId } from '../domain/ids.ts'
import { isFinal, type PaymentView } from '../domain/payment.ts'
import { err, ok, type Result } from '../domain/result.ts'
import { firstDifference } from './fingerprint.ts'
import { metersOf, type RateLimits } from './rate-limits.ts'
import { type CheckSeal, trustedView, viewOf } from './trusted-view.ts'
import { unfitField } from './unfit-order.ts'

export interface StartPaymentPorts {
  readonly lock: PaymentLock
  /** A fresh stub each time: one that threw may be broken. `begin` may be called twice, it sends at most once. */
  readonly payment: (id: PaymentId) => Pick<PaymentObjectRpc, 'begin'>
  readonly limits: RateLimits
  readonly checkSeal: CheckSeal
  readonly nowMs: () => number
  /** Lets work outlive the answer. */
  readonly later: (work: Promise<unknown>) => void
  readonly note: (event: string, error: unknown) => void
}

export type StartedPayment =
  /** The gateway took it: 201. */
  | { readonly kind: 'accepted'; readonly view: PaymentView }
  /** In flight, or its answer was lost: 202. */
  | { readonly kind: 'open'; readonly view: PaymentView; readonly replayed: boolean }
  /** It was there and is over: 200. */
  | { readonly kind: 'final'; readonly view: PaymentView }

type Started = Result<StartedPayment, PaymentError>

/**
 * Redis may say yes, and only that: to a key that the object knows, repeated with the same content, while its payment has
 * one attempt and is open or (sealed) succeeded. All else is the object's to judge: another key above all, for the object
 * must come to know it, or its repetition after a failure would count as a new try.
 */
const fromSnapshot = async (
  ports: StartPaymentPorts,
  claimed: ClaimAnswer,
  input: BeginInput,
): Promise<StartedPayment | null> => {
  if (claimed.kind !== 'key' || !claimed.record.begun || !claimed.snapshot) return null
  const { record, snapshot } = claimed
  if (snapshot.merchantId !== input.merchantId || snapshot.mode !== input.mode) return null
  if (firstDifference(record.fingerprint, input.fingerprint) !== undefined) return null
  const view = await trustedView(snapshot, input.paymentId, ports)
  if (view?.attempts.length !== 1) return null
  if (view.status === 'succeeded') return { kind: 'final', view }
  return isFinal(view.status) ? null : { kind: 'open', view, replayed: true }
}

/**
 * One repetition when the object did not answer. Safe after a send, too: `begin` is idempotent, and finds the attempt
 * that it wrote before it sent anything.
 */
const begin = async (ports: StartPaymentPorts, input: BeginInput): Promise<BeginAnswer | null> => {
  for (const event of ['begin_repeated', 'begin_failed']) {
    try {
      return await ports.payment(input.paymentId).begin(input)
    } catch (error) {
      ports.note(event, error)
    }
  }
  return null
}

const rejected = (view: PaymentView, replayed: boolean): PaymentError => {
  const refused = view.attempts.findLast(({ failureCode }) => failureCode !== undefined)
  const failureCode = view.failure?.code ?? refused?.failureCode ?? 'REJECTED'
  const message = view.failure?.message ?? 'The provider refused the payment. No money was taken.'
  // The core's own refusal, before anything was sent: by which rule, the code says.
  if (failureCode.startsWith(POLICY_CODE))
    return {
      reason: 'policy_refused',
      paymentId: view.id,
      rule: failureCode.slice(POLICY_CODE.length),
      message,
      replayed,
    }
  return { reason: 'payment_rejected', paymentId: view.id, failureCode, message, replayed }
}

const started = (outcome: 'accepted' | 'rejected' | 'unknown' | 'in_flight', snapshot: Snapshot): Started => {
  const view = viewOf(snapshot)
  switch (outcome) {
    case 'accepted':
      return ok({ kind: 'accepted', view })
    case 'rejected':
      // Of this attempt alone: an earlier one may have been paid meanwhile, or the gateway have said otherwise before it refused.
      if (view.status === 'failed') return err(rejected(view, false))
      return ok(isFinal(view.status) ? { kind: 'final', view } : { kind: 'open', view, replayed: false })
    case 'unknown':
    case 'in_flight':
      return ok({ kind: 'open', view, replayed: false })
  }
}

const existing = (refused: boolean, snapshot: Snapshot): Started => {
  const view = viewOf(snapshot)
  if (refused) return err(rejected(view, true))
  return ok(isFinal(view.status) ? { kind: 'final', view } : { kind: 'open', view, replayed: true })
}

/** Why nothing left, by the vault's code: what the shop can mend, what the next moment may mend, and what people have to. */
const notSent = (code: string): PaymentError => {
  if (code.startsWith(INTENT_CODE)) return { reason: 'intent_refused', because: code.slice(INTENT_CODE.length) }
  // Not closed, only without its counter: the next moment may have it back.
  if (code === DAY_COUNTER_CODE) return { reason: 'unavailable', part: 'day_counter' }
  // Nor when the gateway gave no token: it may have been asked in a bad moment.
  if (code === NO_TOKEN_CODE) return { reason: 'unavailable', part: 'token' }
  // Nor when its gateway does not take such an order: sent again as it is, it never will.
  const unfit = unfitField(code)
  return unfit ? { reason: 'invalid_request', errors: [unfit] } : { reason: 'core_sealed', code }
}

/**
 * Starts a payment or finds the one that is there. Redis saves a repetition the way to the object; the object alone
 * decides. `owner`: random, one per HTTP request.
 */
export const startPayment = async (ports: StartPaymentPorts, input: BeginInput, owner: string): Promise<Started> => {
  const { merchantId, mode, paymentId, keyHash, fingerprint } = input
  const claim: Claim = { merchantId, mode, paymentId, keyHash, owner, fingerprint }
  const meters = metersOf(ports.limits, input)
  const claimed = await ports.lock.claim(claim, meters)
  // Without Redis nobody counts: refusing every payment would be worse than letting too many through to the object.
  if (claimed.kind === 'limited')
    return err({ reason: 'rate_limited', limit: claimed.limit, retryAfterMs: claimed.retryAfterMs })
  // Only the key's own record knows of another payment: the object of this one has never seen the key.
  if (claimed.kind === 'key' && claimed.record.paymentId !== input.paymentId)
    return err({
      reason: 'idempotency_mismatch',
      field: firstDifference(claimed.record.fingerprint, input.fingerprint) ?? 'invoice',
    })
  const known = await fromSnapshot(ports, claimed, input)
  if (known) return ok(known)

  // failPoint('edge_locked')
  const answer = await begin(ports, input)
  // Something may have been sent. The claim stays, and a repetition with the same key asks the same object again.
  if (!answer) return err({ reason: 'unavailable', part: 'payments' })
  // failPoint('edge_begun')
  switch (answer.kind) {
    case 'started': {
      // A customer may have declined without any snapshot that tells: what looked like a repetition rang the phone again.
      const uncounted = claimed.kind === 'payment' && !claimed.counted
      const kept = ports.lock.keep(input, answer.snapshot, claim, uncounted ? meters : [])
      // Of an earlier attempt Redis still says "failed": whoever looks right after this answer must not read that.
      if (claimed.kind !== 'unavailable' && viewOf(answer.snapshot).attempts.length > 1) await kept
      else ports.later(kept)
      return started(answer.outcome, answer.snapshot)
    }
    case 'existing':
      ports.later(ports.lock.keep(input, answer.snapshot, claim))
      return existing(answer.refused, answer.snapshot)
    case 'mismatch':
      ports.later(ports.lock.release(claim))
      return err({ reason: 'idempotency_mismatch', field: answer.field })
    case 'conflict':
      ports.later(ports.lock.release(claim))
      return err({ reason: 'invoice_conflict', field: answer.field })
    case 'sealed':
      ports.later(ports.lock.release(claim))
      return err(notSent(answer.code))
    case 'no_route':
      ports.later(ports.lock.release(claim))
      return err({ reason: 'no_route', because: answer.because })
    case 'calling_off':
      ports.later(ports.lock.release(claim))
      return err({ reason: 'unavailable', part: 'cancel' })
    case 'refused':
      ports.later(ports.lock.release(claim))
      return err({ reason: 'payment_refused', code: answer.code })
  }
}
