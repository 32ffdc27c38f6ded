import type { ConsumerForEdge } from '../contracts/consumer.ts'
import type { PaymentPage, PaymentPosition, PaymentQuery } from '../contracts/payment-index.ts'
import type { Snapshot } from '../contracts/payment-object.ts'
import type { PaymentError } from '../domain/errors.ts'
import type { PaymentId } from '../domain/ids.ts'
import type { PaymentView } from '../domain/payment.ts'
import { err, ok, type Result } from '../domain/result.ts'
import { askPayment, type ReadPaymentPorts } from './read-payment.ts'
import { viewOf } from './trusted-view.ts'

export interface FindPaymentsPorts extends Pick<ReadPaymentPorts, 'payment' | 'note'> {
  /** Only proposes. Throws when D1 does not answer; may be called twice. */
  readonly findPayments: ConsumerForEdge['findPayments']
  /** The payment that an invoice is charged by, unless it was charged under `allowRepeat`. */
  readonly paymentOfInvoice: (invoice: string) => PaymentId
}

export interface FoundPayments {
  /** Newest first; at most the query's limit, and fewer where the index was behind. */
  readonly payments: readonly PaymentView[]
  /** Where the next page begins; null: this was the last. */
  readonly next: PaymentPosition | null
}

/** Whether the payment itself is what was asked for. Its transaction ids are not in a view; they never change hands. */
const matches = (view: PaymentView, query: PaymentQuery): boolean => {
  const createdAtMs = Date.parse(view.createdAt)
  return (
    (query.invoice === undefined || view.invoice === query.invoice) &&
    (query.status === undefined || view.status === query.status) &&
    (query.phoneSuffix === undefined || view.phoneNumber.endsWith(query.phoneSuffix)) &&
    (query.fromMs === undefined || createdAtMs >= query.fromMs) &&
    (query.toMs === undefined || createdAtMs < query.toMs)
  )
}

/**
 * The payment of an invoice is where its id says, known to the index or not. It is looked for on the only page there is:
 * had the index more, it would be old enough to know it as well.
 */
const candidates = (ports: FindPaymentsPorts, query: PaymentQuery, page: PaymentPage): readonly PaymentId[] => {
  const ids = page.positions.map(({ paymentId }) => paymentId)
  if (query.invoice === undefined || query.providerTransactionId !== undefined || query.after || page.more) return ids
  const derived = ports.paymentOfInvoice(query.invoice)
  return ids.includes(derived) ? ids : [derived, ...ids]
}

const newestFirst = (a: PaymentView, b: PaymentView): number =>
  Date.parse(b.createdAt) - Date.parse(a.createdAt) || b.id.localeCompare(a.id)

/**
 * D1 proposes, the objects answer: what is told of a payment is its own word, now (I15), and a row that it has left behind
 * is left out. A payment that cannot be asked fails the page; one that is silently missing would be a lie.
 */
export const findPayments = async (
  ports: FindPaymentsPorts,
  query: PaymentQuery,
): Promise<Result<FoundPayments, PaymentError>> => {
  let page: PaymentPage
  try {
    page = await ports.findPayments(query)
  } catch (error) {
    ports.note('find_payments_failed', error)
    return err({ reason: 'unavailable', part: 'consumer' })
  }
  const told = await Promise.all(candidates(ports, query, page).map((id) => askPayment(ports, id)))
  const unknown = told.find((answer) => !answer.ok)
  if (unknown && !unknown.ok) return unknown

  const isOurs = (snapshot: Snapshot | null): snapshot is Snapshot =>
    snapshot?.merchantId === query.merchantId && snapshot.mode === query.mode
  const payments = told
    .map((answer) => (answer.ok ? answer.value : null))
    .filter(isOurs)
    .map(viewOf)
    .filter((view) => matches(view, query))
    .toSorted(newestFirst)
  return ok({ payments, next: page.more ? (page.positions.at(-1) ?? null) : null })
}
