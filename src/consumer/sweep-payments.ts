import { cursorAt, type OpenPayment, type OpenPayments } from '../adapters/d1-open-payments.ts'
import type { Sweeps } from '../adapters/d1-sweeps.ts'
import type { PaymentObjectRpc, Poked } from '../contracts/payment-object.ts'
import type { PaymentId } from '../domain/ids.ts'
import type { CronTask } from './cron.ts'
import { describeError, log } from './log.ts'

/** A Worker may ask some hundreds of objects in one run; what is left comes next, a minute later. */
const PER_RUN = 100
/** They ask their gateways seldom, and stay for as long as people take. */
const REVIEWS_PER_RUN = 25
const AT_ONCE = 10
/** Younger ones have an alarm that was set in these minutes, or a delivery under way. */
const YOUNG_MS = 5 * 60_000

export interface SweepPorts {
  readonly open: OpenPayments
  readonly sweeps: Sweeps
  /** A fresh stub each time: one that threw may be broken. */
  readonly payment: (id: PaymentId) => Pick<PaymentObjectRpc, 'poke'>
}

interface Round {
  readonly name: string
  readonly perRun: number
  readonly page: OpenPayments['page']
}

const goRound = ({ name, perRun, page: pageOf }: Round, { sweeps, payment }: SweepPorts): CronTask => ({
  name,
  everyMinutes: 1,
  run: async (nowMs) => {
    const before = await sweeps.load(name)
    const page = await pageOf(before.cursor, nowMs - YOUNG_MS, perRun)
    const counts: Record<Poked | 'unreachable', number> = {
      absent: 0,
      at_rest: 0,
      armed: 0,
      rearmed: 0,
      unreachable: 0,
    }
    const poke = async ({ paymentId, status }: OpenPayment): Promise<void> => {
      const poked = await payment(paymentId)
        .poke(status)
        .catch((error: unknown) => {
          log({ event: 'poke_failed', payment: paymentId, error: describeError(error) })
          return 'unreachable' as const
        })
      counts[poked] += 1
      if (poked === 'rearmed') log({ event: 'alert', code: 'alarm_lost', payment: paymentId })
    }
    const waiting = [...page]
    const work = async (): Promise<void> => {
      for (let next = waiting.shift(); next; next = waiting.shift()) await poke(next)
    }
    await Promise.all(Array.from({ length: AT_ONCE }, work))
    const last = page.length === perRun ? page.at(-1) : undefined
    const cursor = last ? cursorAt(last) : null
    // Nothing is open and nothing was: not a row written.
    if (page.length > 0 || before.cursor !== null)
      await sweeps.save(name, { cursor, completedAtMs: last ? before.completedAtMs : nowMs })
    return counts
  },
})

/**
 * Finds payments that should be watched and are not. Their objects' alarms poll, publish what the queue would not take and tell
 * the index; this asks each object now and then whether its alarm is still set. D1's index proposes, so an object that lost its
 * alarm before the index knew of it (in its first ten seconds) is found by the next that reads it, or by its callback.
 * Those in review have a round of their own: the two lists take no turns from each other.
 */
export const sweepPayments = (ports: SweepPorts): readonly CronTask[] => [
  goRound({ name: 'payments', perRun: PER_RUN, page: ports.open.page }, ports),
  goRound({ name: 'payments_in_review', perRun: REVIEWS_PER_RUN, page: ports.open.inReview }, ports),
]
