import { cursorAt, type OpenPayment, type OpenPayments } from '../adapters/d1-open-payments.ts'
import type { Sweeps } from '../adapters/d1-sweeps.ts'
import { within } from '../adapters/in-time.ts'
import type { PaymentObjectRpc, Poked } from '../contracts/payment-object.ts'
import type { PaymentId } from '../domain/ids.ts'
import type { CronTask } from './cron.ts'
import { describeError, log } from './log.ts'

/** A Worker may ask some hundreds of objects in one run; what is left comes next, a minute later. */
const PER_RUN = 100
/** They ask their gateways seldom, and stay for as long as people take. */
const REVIEWS_PER_RUN = 25
const AT_ONCE = 10
/** Far more than an object takes. One that hangs must not keep the round where it is. */
const ANSWER_MS = 5_000
/** Younger ones have an alarm that was set in these minutes, or a delivery under way. */
const YOUNG_MS = 5 * 60_000
const HOUR_MS = 3_600_000
/**
 * Of a gateway that does not answer people are told again for an attempt that it began to leave unanswered after they were last
 * told: every two hours at most, since so long is too long. Else once a day.
 */
const TOLD_AGAIN_MS = 24 * HOUR_MS

export interface SweepPorts {
  readonly open: OpenPayments
  readonly sweeps: Sweeps
  /** A fresh stub each time: one that threw may be broken. */
  readonly payment: (id: PaymentId) => Pick<PaymentObjectRpc, 'poke' | 'unanswered'>
}

interface Silence {
  readonly payment: PaymentId
  readonly gateway: string
  readonly sinceMs: number
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
      unanswered: 0,
      unreachable: 0,
    }
    const silences: Silence[] = []
    const poke = async ({ paymentId, status }: OpenPayment): Promise<void> => {
      const failed = (error: unknown): 'unreachable' => {
        log({ event: 'poke_failed', payment: paymentId, error: describeError(error) })
        return 'unreachable'
      }
      // Told also of one whose answer is late: it says so once.
      const told = (answer: Poked): Poked => {
        if (answer === 'rearmed') log({ event: 'alert', code: 'alarm_lost', payment: paymentId })
        return answer
      }
      const asked = payment(paymentId).poke(status).then(told).catch(failed)
      const poked = (await within(ANSWER_MS, asked)) ?? failed(new Error('it did not answer in time'))
      counts[poked] += 1
      // One that cannot be read now is there on the next round.
      if (poked !== 'unanswered') return
      const silent = payment(paymentId)
        .unanswered()
        .catch(() => [])
      const found = (await within(ANSWER_MS, silent)) ?? []
      silences.push(...found.map((silence) => ({ ...silence, payment: paymentId })))
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
    await tellOfSilences(silences, sweeps, nowMs)
    return counts
  },
})

/** One record per gateway, whatever number of payments of this run waits for it: a gateway that is down is one thing to be told. */
const tellOfSilences = async (silences: readonly Silence[], sweeps: Sweeps, nowMs: number): Promise<void> => {
  for (const [gateway, found] of Map.groupBy(silences, (each) => each.gateway)) {
    const name = `open_too_long:${gateway}`
    const told = await sweeps.load(name)
    const toldAtMs = told.completedAtMs ?? Number.NEGATIVE_INFINITY
    const isNews = found.some(({ sinceMs }) => sinceMs > toldAtMs)
    if (!isNews && nowMs - toldAtMs < TOLD_AGAIN_MS) continue
    const [oldest] = found.toSorted((a, b) => a.sinceMs - b.sinceMs)
    const hours = Math.floor((nowMs - (oldest?.sinceMs ?? nowMs)) / HOUR_MS)
    log({ event: 'alert', code: 'open_too_long', gateway, attempts: found.length, payment: oldest?.payment, hours })
    await sweeps.save(name, { cursor: null, completedAtMs: nowMs })
  }
}

/**
 * Finds payments that should be watched and are not. Their objects' alarms poll, publish what the queue would not take and tell
 * the index; this asks each object now and then whether its alarm is still set. D1's index proposes, so an object that lost its
 * alarm before the index knew of it (in its first ten seconds) is found by the next that reads it, or by its callback.
 * It also tells people of gateways that do not answer (T22): a payment alone would tell of itself, and thousands do.
 * Those in review have a round of their own: the two lists take no turns from each other.
 */
export const sweepPayments = (ports: SweepPorts): readonly CronTask[] => [
  goRound({ name: 'payments', perRun: PER_RUN, page: ports.open.page }, ports),
  goRound({ name: 'payments_in_review', perRun: REVIEWS_PER_RUN, page: ports.open.inReview }, ports),
]
