import type {
  Customer,
  ErasedPayment,
  ErasurePlace,
  ErasureReport,
  FindRegistered,
  PersonalStore,
  RegisteredPayment,
} from '../contracts/erasure.ts'
import type { EraseRequest, PaymentObjectRpc } from '../contracts/payment-object.ts'
import type { PaymentId } from '../domain/ids.ts'

export interface ErasePorts {
  /** A fresh stub each time: one that threw may be broken. */
  readonly payment: (id: PaymentId) => Pick<PaymentObjectRpc, 'erase'>
  /** All stores but the payment's own and the search index, which it tells itself. */
  readonly stores: readonly PersonalStore[]
  /** Takes a payment that does not exist out of register and search index. */
  readonly drop: (registered: RegisteredPayment) => Promise<void>
}

export interface EraseCustomerPorts extends ErasePorts {
  /** What the register holds of these hashes, created no later than that, in the order of ids, after one of them. */
  readonly findHashed: FindRegistered<readonly string[]>
  /** What it holds without a hash whose masked number ends in these four digits. */
  readonly findUnhashed: FindRegistered<string>
  /** Hears why a payment was kept as `unreachable`. */
  readonly unreachable: (id: PaymentId, error: unknown) => void
}

type Wish = Omit<EraseRequest, 'v'>
type Rows = Record<string, number>

const add = (rows: Rows, name: string, count: number): void => {
  if (count > 0) rows[name] = (rows[name] ?? 0) + count
}

/**
 * Erases one payment everywhere. The payment itself comes last: what it is found by goes with it, so a crash before that
 * leaves a payment that is found, and erased, again. Null: it is somebody else's. Throws when a part is down.
 */
export const erasePayment = async (
  ports: ErasePorts,
  registered: RegisteredPayment,
  wish: Wish,
  rows: Rows,
): Promise<ErasedPayment | null> => {
  const { paymentId: id } = registered
  const looked = await ports.payment(id).erase({ v: 1, ...wish, dryRun: true })
  switch (looked.kind) {
    case 'other_number':
      return null
    case 'absent':
      if (!wish.dryRun) await ports.drop(registered)
      return { id, outcome: 'gone' }
    case 'kept':
      return { id, outcome: 'kept', status: looked.status, because: looked.because }
    case 'erasable':
    case 'erased':
      break
  }
  for (const store of ports.stores) add(rows, store.name, await (wish.dryRun ? store.count(id) : store.erase(id)))
  if (wish.dryRun)
    return looked.kind === 'erased' ? { id, outcome: 'erased' } : { id, outcome: 'erasable', status: looked.status }
  // What happened since may have told a store of the customer anew, so the payment stays to be found, and is erased next time.
  const seenAtMs = looked.kind === 'erasable' ? looked.updatedAtMs : undefined
  const unchanged = seenAtMs === undefined ? {} : { restingSinceMs: seenAtMs }
  const answer = await ports.payment(id).erase({ v: 1, ...wish, ...unchanged })
  switch (answer.kind) {
    case 'kept':
      // Somebody has just begun to pay with it again, or a success was heard of late.
      return { id, outcome: 'kept', status: answer.status, because: answer.because }
    case 'erased':
      return answer.told ? { id, outcome: 'erased' } : { id, outcome: 'kept', because: 'index' }
    default:
      throw new Error(`a payment that was ${looked.kind} is ${answer.kind}`)
  }
}

const PAGE = 50
/** A Worker may make a thousand calls for one request; a payment needs about five, and one that is another's only a look. */
const PAYMENTS_MAX = 100
const LOOKED_MAX = 500

export interface ErasurePass {
  readonly report: ErasureReport
  /** Also at payments of others. */
  readonly looked: number
  /** In this round, which may have taken several passes. */
  readonly kept: number
  /** Where the next pass goes on; null: at the beginning. */
  readonly place: ErasurePlace | null
}

/**
 * Erases what is a customer's in payments that were there at `untilMs`, or tells what would be. One pass looks at so many at
 * most, and goes on `from` where the one before stopped, when that left anything behind it. A payment of which a part is down is
 * kept for the next round, and hides none behind it. Throws when the register does not answer.
 */
export const eraseCustomer = async (
  ports: EraseCustomerPorts,
  { hashes, masked }: Customer,
  untilMs: number,
  dryRun: boolean,
  from: ErasurePlace | null = null,
): Promise<ErasurePass> => {
  const payments = new Map<PaymentId, ErasedPayment>()
  const rows: Rows = {}
  let looked = 0
  let passedOver = from !== null
  const tried = async (registered: RegisteredPayment, wish: Wish): Promise<ErasedPayment | null> => {
    try {
      return await erasePayment(ports, registered, wish, rows)
    } catch (error) {
      const { paymentId: id } = registered
      ports.unreachable(id, error)
      return { id, outcome: 'kept', because: 'unreachable' }
    }
  }
  /** The last id that was looked at; null: all were. */
  const walk = async <By>(
    find: FindRegistered<By>,
    by: By,
    wish: Wish,
    start: string,
  ): Promise<{ readonly after: string } | null> => {
    for (let after = start; ; ) {
      const page = await find(by, untilMs, after, PAGE)
      for (const registered of page) {
        if (payments.size >= PAYMENTS_MAX || looked >= LOOKED_MAX) return { after }
        looked += 1
        const done = await tried(registered, wish)
        if (done) payments.set(done.id, done)
        if (!done || done.outcome === 'kept') passedOver = true
        after = registered.paymentId
      }
      if (page.length < PAGE) return null
    }
  }
  let list: ErasurePlace['list'] = from?.list ?? 'hashed'
  let stopped = list === 'hashed' ? await walk(ports.findHashed, hashes, { dryRun }, from?.after ?? '') : null
  if (!stopped && masked !== undefined) {
    const start = list === 'unhashed' ? (from?.after ?? '') : ''
    list = 'unhashed'
    stopped = await walk(ports.findUnhashed, masked.slice(-4), { dryRun, masked }, start)
  }
  const kept = (from?.kept ?? 0) + [...payments.values()].filter(({ outcome }) => outcome === 'kept').length
  return {
    report: { payments: [...payments.values()], rows, more: stopped !== null },
    looked,
    kept,
    // With nothing left behind it, the beginning is the same place, and finds what was registered meanwhile.
    place: stopped && passedOver ? { list, after: stopped.after, kept } : null,
  }
}
