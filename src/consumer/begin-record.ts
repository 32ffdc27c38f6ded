import type { BeginInput } from '../contracts/payment-object.ts'
import type { DepositOrder } from '../contracts/vault.ts'
import { takesCodeFirst } from '../flows/code-first.ts'
import { earlierPayersOf } from './payer.ts'
import { unhashedFor } from './payment-index.ts'
import type { PaymentRecord } from './payment-record.ts'
import { maskPhoneNumber } from './payment-view.ts'

/**
 * What is kept of a request that made an attempt: everything but the phone number, of which a mask remains. Of the request
 * before it remains whose its attempt was.
 */
export const recordOf = (
  input: BeginInput,
  state: PaymentRecord['state'],
  wakeAtMs: number | null,
  before: PaymentRecord | null,
): PaymentRecord => {
  const earlierPayers = earlierPayersOf(before, input).earlierPayers ?? before?.earlierPayers
  const phoneMasked = maskPhoneNumber(input.phoneNumber)
  return {
    // Also what a newer version of the code has written.
    ...before,
    paymentId: input.paymentId,
    merchantId: input.merchantId,
    mode: input.mode,
    natural: input.natural,
    invoice: input.invoice ?? null,
    sessionId: input.sessionId,
    phoneMasked,
    ...unhashedFor(before, earlierPayers ?? [], { phoneMasked, fingerprint: input.fingerprint }),
    provider: input.provider,
    gateway: input.gateway,
    metadata: input.metadata ?? null,
    returnUrl: input.returnUrl ?? null,
    fingerprint: input.fingerprint,
    ...(earlierPayers ? { earlierPayers } : {}),
    state,
    wakeAtMs,
    askedAtMs: before?.askedAtMs ?? null,
    questions: before?.questions ?? [],
    told: before?.told ?? false,
    // Who pays now has not been erased, whatever was before.
    ...(before?.erasedAtMs ? { erasedAtMs: null } : {}),
  }
}

/**
 * The order as its gateway takes it. A code that it does not want is left out, for its program would refuse the whole order;
 * after a failover the next may want it, and so the order itself keeps it.
 */
export const handedOver = (order: DepositOrder): DepositOrder => {
  if (order.preAuthorisationCode === undefined || takesCodeFirst(order.gateway, order.provider)) return order
  const { preAuthorisationCode: _, ...rest } = order
  return rest
}

/** What the vault is handed. The only place that the full phone number goes to. */
export const orderOf = (input: BeginInput, n: number, reference: DepositOrder['reference']): DepositOrder => ({
  v: 1,
  gateway: input.gateway,
  paymentId: input.paymentId,
  attempt: n,
  reference,
  amountMinor: input.amountMinor,
  currency: input.currency,
  phoneNumber: input.phoneNumber,
  provider: input.provider,
  ...(input.customerMessage === undefined ? {} : { customerMessage: input.customerMessage }),
  ...(input.invoice === undefined ? {} : { invoice: input.invoice }),
  ...(input.preAuthorisationCode === undefined ? {} : { preAuthorisationCode: input.preAuthorisationCode }),
  ...(input.resumeUrl === undefined ? {} : { resumeUrl: input.resumeUrl }),
  merchantId: input.merchantId,
  ...(input.intent === undefined ? {} : { intent: input.intent }),
})
