import type { AttemptState, DecideCore, NextActionState } from '../contracts/decide.ts'
import type { FulfilmentDue } from '../contracts/payment-object.ts'
import type { AttemptView, PaymentView } from '../domain/payment.ts'
import { failureMessage } from './failure-messages.ts'
import { payerOf } from './payer.ts'
import { indexRow } from './payment-index.ts'
import type { PaymentRecord } from './payment-record.ts'
import { captured, latestSent, neverLeft } from './sent-attempts.ts'

/** E.164 digits to first and last four: "260763456789" → "2607••••6789". */
export const maskPhoneNumber = (digits: string): string => `${digits.slice(0, 4)}••••${digits.slice(-4)}`

const rfc3339 = (ms: number): string => new Date(ms).toISOString()

const attemptView = (attempt: AttemptState): AttemptView => ({
  n: attempt.n,
  gateway: attempt.gateway,
  reference: attempt.reference,
  status: attempt.status,
  ...(attempt.failureCode === null ? {} : { failureCode: attempt.failureCode }),
  createdAt: rfc3339(attempt.createdAtMs),
})

const failureOf = ({ state }: PaymentRecord): PaymentView['failure'] => {
  // Whoever did not wait for the answer reads it here.
  if (neverLeft(state)) return { code: 'not_sent', message: failureMessage('not_sent', false) }
  if (state.status !== 'failed' && state.status !== 'expired') return undefined
  const last = latestSent(state)
  const code = last?.failureCode ?? state.status
  return { code, message: failureMessage(code, last?.refused ?? false) }
}

const nextActionView = ({ type, url, message }: NextActionState): NonNullable<PaymentView['nextAction']> => ({
  type,
  ...(url ? { url } : {}),
  ...(message ? { message } : {}),
})

/** Given back for certain, of what paid. What was taken twice is given back on top of it, and is no refund of the payment. */
const refundedMinor = ({ state: { refunds, doubles } }: PaymentRecord): string => {
  // States from before there were refunds have none.
  const given = refunds?.filter(({ status, attempt }) => status === 'succeeded' && !doubles.includes(attempt))
  return String(given?.reduce((sum, { amountMinor }) => sum + BigInt(amountMinor ?? 0), 0n) ?? 0)
}

export const paymentView = (record: PaymentRecord, formatAmount: DecideCore['formatAmount']): PaymentView => {
  const { state } = record
  const failure = failureOf(record)
  const { phoneMasked, provider, gateway } = payerOf(record)
  const { status, deliveredVia, atMs } = state.fulfilment
  return {
    id: record.paymentId,
    status: state.status,
    amount: formatAmount(state.amountMinor, state.currency),
    currency: state.currency,
    phoneNumber: phoneMasked,
    provider,
    gateway,
    ...(record.invoice === null ? {} : { invoice: record.invoice }),
    sessionId: record.sessionId,
    attempts: state.attempts.map(attemptView),
    ...(state.nextAction ? { nextAction: nextActionView(state.nextAction) } : {}),
    ...(failure ? { failure } : {}),
    fulfilment: {
      status,
      ...(deliveredVia === null ? {} : { deliveredVia }),
      ...(atMs === null ? {} : { at: rfc3339(atMs) }),
    },
    refundedAmount: formatAmount(refundedMinor(record), state.currency),
    ...(record.metadata ? { metadata: record.metadata } : {}),
    ...(record.returnUrl === null ? {} : { returnUrl: record.returnUrl }),
    ...(record.erasedAtMs ? { erasedAt: rfc3339(record.erasedAtMs) } : {}),
    createdAt: rfc3339(state.createdAtMs),
    updatedAt: rfc3339(state.updatedAtMs),
  }
}

/** How long a snapshot may be kept elsewhere: the sooner the state can change, the shorter. */
export const snapshotTtlMs = ({ state }: PaymentRecord): number => {
  if (state.status === 'succeeded') return state.fulfilment.status === 'fulfilled' ? 60_000 : 2_000
  return state.status === 'failed' || state.status === 'expired' ? 10_000 : 2_000
}

/** What a paid payment still needs, from its own row; null when nothing. Doubles are refunded, never fulfilled. */
export const fulfilmentDue = (record: PaymentRecord): FulfilmentDue | null => {
  const { state } = record
  if (state.status !== 'succeeded' || state.fulfilment.status !== 'pending') return null
  const paid = captured(state)
  if (!paid || state.succeededAtMs === null) return null
  return {
    paymentId: record.paymentId,
    merchantId: record.merchantId,
    mode: record.mode,
    invoice: record.invoice,
    gateway: paid.gateway,
    reference: paid.reference,
    attempt: paid.n,
    amountMinor: state.amountMinor,
    currency: state.currency,
    succeededAtMs: state.succeededAtMs,
    index: indexRow(record),
  }
}
