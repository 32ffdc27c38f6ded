import { DAY_COUNTER_CODE, type DepositOrder, POLICY_CODE, type SendOutcome } from '../contracts/vault.ts'
import type { DayCap } from '../contracts/vault-core.ts'
import type { Log } from './log.ts'
import type { DayCounterRpc, Reservation } from './reservation.ts'

/** The counter of a merchant; `''`: of orders that name none. */
export type DayCounterOf = (merchantId: string) => DayCounterRpc

export interface DayCapPorts {
  readonly counterOf: DayCounterOf
  /** Resolves after so many milliseconds. */
  readonly sleep: (ms: number) => Promise<void>
  /** Lets work outlive the answer. */
  readonly later: (work: Promise<unknown>) => void
  /** Another one each time. */
  readonly newToken: () => string
  readonly log: Log
}

const RULE = 'day_cap'
/** The counter answers in milliseconds. Whoever waits as long as is usual must still hear that nothing was sent. */
const COUNTER_TIMEOUT_MS = 2_000

/**
 * Sends what fits under the merchant's cap of the day, and nothing else. What was certainly not taken is given back; what may
 * have been stays counted, and so does what the customer declines later: the cap is on what is asked for.
 */
export const underDayCap = async (
  { counterOf, sleep, later, newToken, log }: DayCapPorts,
  order: DepositOrder,
  { day, capMinor }: DayCap,
  send: () => Promise<SendOutcome>,
): Promise<SendOutcome> => {
  const { currency, reference, amountMinor, paymentId: payment, attempt } = order
  const reservation: Reservation = { day, currency, reference, token: newToken(), amountMinor, capMinor }
  const ask = async <Answer>(
    question: (counter: DayCounterRpc) => Promise<Answer>,
  ): Promise<Answer | 'unreachable'> => {
    try {
      const late = sleep(COUNTER_TIMEOUT_MS).then((): 'unreachable' => 'unreachable')
      return await Promise.race([question(counterOf(order.merchantId ?? '')), late])
    } catch {
      return 'unreachable'
    }
  }
  const release = async (): Promise<void> => {
    // Too much stays counted then, never too little.
    if ((await ask((it) => it.release(reservation))) === 'unreachable') log({ event: 'day_cap_kept', payment, attempt })
  }

  const answer = await ask((it) => it.reserve(reservation))
  if (answer === 'exceeded') {
    log({ event: 'policy_refused', rule: RULE, payment, attempt })
    return { kind: 'rejected', code: `${POLICY_CODE}${RULE}` }
  }
  if (answer === 'unreachable') {
    log({ event: 'alert', code: 'day_counter_unreachable', payment, attempt })
    // It may have taken it and only not said so. Nobody waits for that: the caller is to know now.
    later(release())
    return { kind: 'not_sent', code: DAY_COUNTER_CODE }
  }
  const outcome = await send()
  if (outcome.kind === 'rejected' || outcome.kind === 'not_sent') await release()
  return outcome
}
