import type { PaymentStub } from '../../scripts/stack/console.ts'
import type { Stack } from '../../scripts/stack/stack.ts'
import type { PaymentState } from '../../src/contracts/decide.ts'
import type { Durable, Ended, Fulfilled, Posting } from './history.ts'

/** Attempts that were paid beside another, and are to be given back. */
export const refundsOfDoubles = ({ refunds = [] }: Pick<PaymentState, 'refunds'>): number[] =>
  refunds.flatMap(({ attempt, reason }) => (reason === 'double' ? [attempt] : []))

/** At once at the objects: more would measure them, not ask them. */
const AT_ONCE = 16

interface PostingRow {
  readonly entry_id: string
  readonly reference: string
  readonly account: string
  readonly direction: 'debit' | 'credit'
  readonly amount_minor: string
  readonly currency: string
}

/** The ledger, from D1. Amounts as text: a JavaScript number does not hold them all. */
export const postingsOf = async ({ database }: Pick<Stack, 'database'>): Promise<Posting[]> => {
  const { results } = await database
    .prepare(
      `SELECT p.entry_id, e.reference, p.account, p.direction, CAST(p.amount_minor AS TEXT) AS amount_minor, p.currency
       FROM ledger_postings p JOIN ledger_entries e ON e.id = p.entry_id`,
    )
    .all<PostingRow>()
  return results.map(({ entry_id, amount_minor, ...row }) => ({
    ...row,
    entryId: entry_id,
    amountMinor: amount_minor,
  }))
}

/** Orders, each as often as the ledger holds a deposit for it: a second entry is a second effect. */
export const fulfilledOf = async ({ database }: Pick<Stack, 'database'>): Promise<Fulfilled[]> => {
  const { results } = await database
    .prepare(
      `SELECT o.payment_id AS paymentId, coalesce(e.reference, '') AS reference, o.fulfilled_at_ms AS at
       FROM orders o LEFT JOIN ledger_entries e ON e.payment_id = o.payment_id AND e.kind = 'deposit'`,
    )
    .all<Fulfilled>()
  return results
}

const durableOf = async (paymentId: string, payment: PaymentStub): Promise<Durable[]> => {
  const [notes, state] = await Promise.all([payment.history(), payment.state()])
  const gatewayOf = (n: number) => state?.attempts.find((attempt) => attempt.n === n)?.gateway
  return notes.flatMap(({ event, detail, atMs }) => {
    const [, n, reference] = (event === 'begin' && /^attempt (\d+), reference (\S+)$/.exec(detail)) || []
    if (n === undefined || reference === undefined) return []
    // `sent` is noted once the storage has confirmed the attempt, before anything leaves.
    const sent = notes.find((note) => note.event === 'sent' && note.detail === `attempt ${n}`)
    const gateway = gatewayOf(Number(n))
    const known = gateway === undefined ? {} : { gateway }
    const failover = notes.some((note) => note.event === 'failover' && note.detail.startsWith(`attempt ${n}:`))
    return { paymentId, n: Number(n), reference, ...known, failover, durableAt: sent?.atMs ?? atMs }
  })
}

const endedOf = async (paymentId: string, payment: PaymentStub): Promise<Ended[]> => {
  const [notes, state] = await Promise.all([payment.history(), payment.state()])
  if (!state) return []
  const { status, amountMinor, currency, doubles, lateSuccess, reviewReason, fulfilment } = state
  const attempts = state.attempts.map(({ n, reference, status }) => ({ n, reference, status }))
  return [
    {
      paymentId,
      status,
      amountMinor,
      currency,
      attempts,
      doubles,
      refundsOfDoubles: refundsOfDoubles(state),
      alertsOfDoubles: notes.flatMap(({ event, detail }) => {
        const [, n] = (event === 'alert' && /^double, attempt (\d+)$/.exec(detail)) || []
        return n === undefined ? [] : [Number(n)]
      }),
      lateSuccess,
      reviewReason,
      fulfilment: fulfilment.status,
    },
  ]
}

/** Does the work for each, some at once. */
export const atOnce = async <Item>(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> => {
  const waiting = [...items]
  const worker = async () => {
    for (let item = waiting.pop(); item !== undefined; item = waiting.pop()) await work(item)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
}

/** The objects' own words. A payment that does not exist adds nothing. */
export const askObjects = async (
  stack: Pick<Stack, 'payment'>,
  paymentIds: readonly string[],
): Promise<{ readonly durable: Durable[]; readonly ended: Ended[] }> => {
  const durable: Durable[] = []
  const ended: Ended[] = []
  await atOnce(paymentIds, async (id) => {
    const payment = await stack.payment(id)
    const [attempts, end] = await Promise.all([durableOf(id, payment), endedOf(id, payment)])
    durable.push(...attempts)
    ended.push(...end)
  })
  return { durable, ended }
}
