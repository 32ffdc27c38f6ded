import { randomUUID } from 'node:crypto'
import type { VirtualClock } from '../kit/clock.ts'
import { sampleMs } from '../kit/random.ts'
import type { DepositRequest } from './deposit-rules.ts'
import { failureMessage, outcomeFor } from './outcomes.ts'
import type { Persona } from './persona.ts'

export type DepositStatus = 'ACCEPTED' | 'PROCESSING' | 'IN_RECONCILIATION' | 'COMPLETED' | 'FAILED'

export interface Deposit {
  readonly request: DepositRequest
  /** What `next` gave it; see persona.ts. */
  readonly sticky: Partial<Persona>
  /** Virtual time. */
  readonly createdMs: number
  status: DepositStatus
  failureCode?: string
  providerTransactionId?: string
}

/** Money that the gateway took. Times are virtual ms but where they say otherwise. */
export interface Capture {
  readonly reference: string
  readonly amount: string
  readonly currency: string
  readonly msisdn: string
  readonly provider: string
  readonly requestedAtMs: number
  readonly capturedAtMs: number
  /** Wall clock. */
  readonly takenAtMs: number
}

/** `15.5` → `15.50`: how statuses and callbacks write an amount, also in currencies without decimals. */
export const padded = (amount: string, places: 2 | 4): string => {
  const [whole = '0', fraction = ''] = amount.split('.')
  return `${whole}.${fraction.padEnd(places, '0')}`
}

export const instant = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z')

/** The simulated company: the default `customerMessage`. */
export const COMPANY = 'Lango Sandbox'

/** The page of the provider's own. Nobody is there: what a customer would do on it, `/_sim/settle` does. */
export const authorizationUrl = (depositId: string): string => `https://wave.example/authorise/${depositId}`

/** `data` of a status answer. */
export const statusData = ({ request, ...deposit }: Deposit): Record<string, unknown> => ({
  ...(request.redirect && deposit.status === 'PROCESSING'
    ? { nextStep: 'REDIRECT_TO_AUTH_URL', authorizationUrl: authorizationUrl(request.depositId), ...request.redirect }
    : {}),
  depositId: request.depositId,
  status: deposit.status,
  amount: padded(request.amount, 2),
  currency: request.currency,
  country: request.country,
  payer: { type: 'MMO', accountDetails: { phoneNumber: request.phoneNumber, provider: request.provider } },
  customerMessage: request.customerMessage ?? COMPANY,
  ...(request.clientReferenceId === undefined ? {} : { clientReferenceId: request.clientReferenceId }),
  created: instant(deposit.createdMs),
  ...(deposit.providerTransactionId ? { providerTransactionId: deposit.providerTransactionId } : {}),
  ...(deposit.failureCode
    ? { failureReason: { failureCode: deposit.failureCode, failureMessage: failureMessage(deposit.failureCode) } }
    : {}),
  ...(request.metadata ? { metadata: request.metadata } : {}),
})

export interface Deposits {
  /** Undefined when there is none, or when the `amnesia` persona has forgotten it. */
  find(depositId: string): Deposit | undefined
  accept(request: DepositRequest, sticky: Partial<Persona>): Deposit
  /** News from the provider, at once; callbacks go out behind it. False when money already taken would have to go back. */
  settle(deposit: Deposit, outcome: 'COMPLETED' | 'FAILED', failureCode?: string): boolean
  captures(): readonly Capture[]
  /** Oldest first, forgotten ones included. */
  all(): readonly Deposit[]
  clear(): void
}

const ACCEPTED_FOR_MS = 100
/** Who has not come back from the provider's page by then does not pay. */
const REDIRECT_FOR_MS = 1_800_000

export const createDeposits = (world: {
  readonly clock: VirtualClock
  readonly random: () => number
  readonly personaOf: (deposit: Deposit) => Persona
  readonly onFinal: (deposit: Deposit) => Promise<void>
}): Deposits => {
  const { clock, random, personaOf } = world
  const byId = new Map<string, Deposit>()
  let captures: Capture[] = []

  const complete = (deposit: Deposit): Promise<void> => {
    const { request } = deposit
    deposit.status = 'COMPLETED'
    delete deposit.failureCode
    deposit.providerTransactionId = randomUUID()
    captures.push({
      reference: request.depositId,
      amount: padded(request.amount, 2),
      currency: request.currency,
      msisdn: request.phoneNumber,
      provider: request.provider,
      requestedAtMs: deposit.createdMs,
      capturedAtMs: clock.nowMs(),
      takenAtMs: Date.now(),
    })
    return world.onFinal(deposit)
  }

  const fail = (deposit: Deposit, failureCode: string): Promise<void> => {
    deposit.status = 'FAILED'
    deposit.failureCode = failureCode
    return world.onFinal(deposit)
  }

  const isFinal = ({ status }: Deposit): boolean => status === 'COMPLETED' || status === 'FAILED'

  const conclude = async (deposit: Deposit): Promise<void> => {
    if (isFinal(deposit)) return
    const late = personaOf(deposit).lateSuccess
    const outcome = outcomeFor('DEPOSIT', deposit.request.phoneNumber)
    if (late) {
      clock.after(late.afterMs, async () => {
        if (deposit.status !== 'COMPLETED') await complete(deposit)
      })
      if ((late.first ?? (outcome.kind === 'stuck' ? 'STUCK' : 'FAILED')) === 'STUCK') return
      return fail(deposit, outcome.kind === 'failed' ? outcome.failureCode : 'UNSPECIFIED_FAILURE')
    }
    if (outcome.kind === 'stuck') return
    if (deposit.request.wrongCode) return fail(deposit, 'PAYMENT_NOT_APPROVED')
    if (deposit.request.redirect) {
      clock.after(REDIRECT_FOR_MS, async () => {
        if (!isFinal(deposit)) await fail(deposit, 'PAYMENT_NOT_APPROVED')
      })
      return
    }
    return outcome.kind === 'failed' ? fail(deposit, outcome.failureCode) : complete(deposit)
  }

  return {
    find: (depositId) => {
      const deposit = byId.get(depositId)
      const amnesia = deposit && personaOf(deposit).amnesia
      return amnesia && clock.nowMs() - deposit.createdMs >= amnesia.afterMs ? undefined : deposit
    },
    accept: (request, sticky) => {
      const deposit: Deposit = { request, sticky, createdMs: clock.nowMs(), status: 'ACCEPTED' }
      byId.set(request.depositId, deposit)
      const settleMs = sampleMs(personaOf(deposit).settleMs, random)
      clock.after(Math.min(ACCEPTED_FOR_MS, settleMs / 2), () => {
        if (deposit.status === 'ACCEPTED') deposit.status = 'PROCESSING'
      })
      clock.after(settleMs, async () => {
        const { inReconciliationMs } = personaOf(deposit)
        if (inReconciliationMs === 0 || isFinal(deposit)) {
          await conclude(deposit)
          return
        }
        deposit.status = 'IN_RECONCILIATION'
        clock.after(inReconciliationMs, () => conclude(deposit))
      })
      return deposit
    },
    settle: (deposit, outcome, failureCode = 'UNSPECIFIED_FAILURE') => {
      if (deposit.status === outcome) return true
      if (deposit.status === 'COMPLETED') return false
      void (outcome === 'COMPLETED' ? complete(deposit) : fail(deposit, failureCode))
      return true
    },
    captures: () => captures,
    all: () => [...byId.values()],
    clear: () => {
      byId.clear()
      captures = []
    },
  }
}
