import type { DecideCore, PaymentState } from '../contracts/decide.ts'
import type { BeginInput } from '../contracts/payment-object.ts'
import type { Routed } from '../contracts/route.ts'
import type { GatewayReference } from '../domain/ids.ts'
import { firstDifferenceFrom } from '../flows/fingerprint.ts'
import { beginAttempt } from './begin-attempt.ts'
import { payerOf } from './payer.ts'
import type { KeyRow, PaymentRecord } from './payment-record.ts'
import { captured, latestSent } from './sent-attempts.ts'

export type BeginDecision =
  /** `joins`: this key is new to the payment and is to be remembered for the attempt whose payer it is. */
  | { readonly kind: 'existing'; readonly refused: boolean; readonly joins: boolean }
  | { readonly kind: 'mismatch'; readonly field: string }
  | { readonly kind: 'conflict'; readonly field: string }
  | { readonly kind: 'refused'; readonly code: string }
  /** The router lets nothing be sent. */
  | { readonly kind: 'no_route'; readonly route: Routed }
  | {
      readonly kind: 'attempt'
      readonly n: number
      readonly gateway: BeginInput['gateway']
      /** Why this gateway; null when no policy decided it. */
      readonly route: Routed | null
      readonly reference: GatewayReference
      readonly state: PaymentState
      readonly wakeAtMs: number | null
    }

const ATTEMPTS_MAX = 255

/** Of an erased payment the key that named it is gone; its id, which follows from the key, has been compared before. */
const sameName = ({ natural, erasedAtMs }: PaymentRecord, input: BeginInput): boolean =>
  natural.kind === input.natural.kind &&
  (natural.value === input.natural.value || (natural.kind === 'idempotency_key' && Boolean(erasedAtMs)))

export const sameIdentity = (record: PaymentRecord, input: BeginInput): boolean =>
  record.paymentId === input.paymentId &&
  record.merchantId === input.merchantId &&
  record.mode === input.mode &&
  sameName(record, input)

/**
 * What a `begin` means, given what is stored. Pure but for the core's reducer, which has the last word on a new attempt.
 * `record` and `key` are what was stored before, `nowMs` the only clock. `route` says where a new attempt would go; null: where
 * the input says.
 */
export const decideBegin = (
  decide: Pick<DecideCore, 'step' | 'gatewayReference' | 'paymentId'>,
  referenceKey: string,
  record: PaymentRecord | null,
  key: KeyRow | null,
  input: BeginInput,
  nowMs: number,
  route: () => Routed | null = () => null,
): BeginDecision => {
  // 104 bits may collide, and an edge may err: two payments are never mixed into one.
  if (decide.paymentId(input.merchantId, input.mode, input.natural) !== input.paymentId)
    return { kind: 'refused', code: 'wrong_payment_id' }
  if (record && !sameIdentity(record, input)) return { kind: 'refused', code: 'identity_collision' }

  if (record && key) {
    const field = firstDifferenceFrom(key.fingerprint, input.fingerprint)
    if (field !== undefined) return { kind: 'mismatch', field }
    // A refusal is this key's answer only while nothing came after it: told of a paid invoice, it would be a lie.
    const last = latestSent(record.state)
    const isAnswer = last?.n === key.attempt && !captured(record.state)
    return { kind: 'existing', refused: isAnswer && last.refused, joins: false }
  }

  // Not one more than there may be: the reducer says so itself, if the payment is not open or paid.
  const n = Math.min((record?.state.attempts.at(-1)?.n ?? 0) + 1, ATTEMPTS_MAX)
  const { paymentId, amountMinor, currency } = input
  const routed = route()
  const gateway = routed?.gateway ?? input.gateway
  const wanted = { paymentId, n, gateway, amountMinor, currency }
  const step = beginAttempt(decide, referenceKey, record?.state ?? null, wanted, nowMs)
  if (step.ok) {
    // Another number or provider may pay the same invoice after a failure; another amount makes it another charge.
    const field = record && firstDifferenceFrom(record.fingerprint, input.fingerprint, ['amount', 'currency'])
    if (field) return { kind: 'conflict', field }
    if (routed && routed.gateway === null) return { kind: 'no_route', route: routed }
    const { reference, state, wakeAtMs } = step
    return { kind: 'attempt', n, gateway, route: routed, reference, state, wakeAtMs }
  }
  switch (step.code) {
    case 'already_open':
    case 'already_paid':
    case 'in_review': {
      const field =
        record &&
        firstDifferenceFrom(payerOf(record).fingerprint, input.fingerprint, ['amount', 'currency', 'phoneNumber'])
      return field ? { kind: 'conflict', field } : { kind: 'existing', refused: false, joins: true }
    }
    case 'other_amount':
      return { kind: 'conflict', field: 'amount' }
    case 'other_currency':
      return { kind: 'conflict', field: 'currency' }
    default:
      // A state of another version: nothing is known of the payment, so nothing is said of it either (503, ask again).
      if (step.code.startsWith('malformed_')) throw new Error(`the reducer cannot read: ${step.code}`)
      return { kind: 'refused', code: step.code }
  }
}
