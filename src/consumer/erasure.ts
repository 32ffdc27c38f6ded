import type { EraseAnswer, EraseRequest, KeptBecause } from '../contracts/payment-object.ts'
import { ERASED } from '../domain/payment.ts'
import { withoutPersonal } from '../flows/fingerprint.ts'
import { erasedPayer, mayLackHash } from './payer.ts'
import { registeredBy } from './payment-index.ts'
import type { PaymentRecord } from './payment-record.ts'

const isClosed = (each: { readonly status: string }) => ['succeeded', 'failed', 'expired'].includes(each.status)

/**
 * Why a payment may not be erased yet; null: it may. What is under way may still need the customer, and people who look into
 * a payment in review need to know whose it is.
 */
export const keptBecause = ({ state, questions, events }: PaymentRecord, outboxEmpty: boolean): KeptBecause | null => {
  if (state.status === 'review') return 'in_review'
  if (!['succeeded', 'failed', 'expired', 'created'].includes(state.status) || !state.attempts.every(isClosed))
    return 'open'
  if (state.status === 'succeeded' && state.fulfilment.status !== 'fulfilled') return 'not_fulfilled'
  if (!(state.refunds ?? []).every(isClosed)) return 'refund_open'
  return questions.length > 0 || events?.atMs || !outboxEmpty ? 'asking' : null
}

/**
 * The record without its customer. What remains says what was charged, when, through whom and by which references: the
 * books, and what makes a charge unrepeatable. The invoice remains, for it is the payment's name. What D1 is to forget is
 * owed to it until it has.
 */
export const erasedRecord = (record: PaymentRecord, nowMs: number): PaymentRecord => {
  const { index, earlierPayers } = record
  return {
    ...record,
    natural: record.natural.kind === 'invoice' ? record.natural : { ...record.natural, value: '' },
    sessionId: ERASED,
    phoneMasked: ERASED,
    phoneHashes: [],
    unhashed: [],
    otpTries: [],
    metadata: null,
    returnUrl: null,
    fingerprint: withoutPersonal(record.fingerprint),
    ...(earlierPayers ? { earlierPayers: earlierPayers.map(erasedPayer) } : {}),
    // Erased again, of what came back: it still says when it first was.
    erasedAtMs: record.erasedAtMs ?? nowMs,
    ...(index ? { index: { ...index, forget: [...(index.forget ?? []), ...registeredBy(record)] } } : {}),
  }
}

/**
 * What `erase` answers without changing anything; undefined: it is to be erased. `underWay`: the vault has not answered a
 * send or a code, though a callback may have closed the attempt, and what it answers is the customer's.
 */
export const refusal = (
  record: PaymentRecord | null,
  outboxEmpty: boolean,
  underWay: boolean,
  { dryRun, masked, restingSinceMs }: EraseRequest,
): EraseAnswer | undefined => {
  if (!record) return { kind: 'absent' }
  // Earlier versions let such an answer bring a hash back to an erased record, or knew of no `unhashed`: that one is to be erased again.
  if (record.erasedAtMs && !record.phoneHashes?.length && !record.unhashed?.length)
    return { kind: 'erased', told: !record.index?.atMs }
  // Of a number with a hash it is known whose it is: that it looks the same makes it nobody else's.
  if (masked !== undefined && !mayLackHash(record).includes(masked)) return { kind: 'other_number' }
  const { status, updatedAtMs } = record.state
  if (restingSinceMs !== undefined && updatedAtMs > restingSinceMs)
    return { kind: 'kept', status, because: 'too_young' }
  if (underWay) return { kind: 'kept', status, because: 'open' }
  const because = keptBecause(record, outboxEmpty)
  if (because) return { kind: 'kept', status, because }
  return dryRun ? { kind: 'erasable', status, updatedAtMs } : undefined
}
