import type { CancelOutcome, DepositOrder, SendOutcome, StatusOutcome } from '../../../src/contracts/vault.ts'
import { isDown, OUTSIDE, type World } from '../world.ts'
import type { Manners } from './manners.ts'

type Status = 'pending' | 'succeeded' | 'failed' | 'expired'

interface Deposit {
  readonly reference: string
  readonly paymentId: string
  readonly amountMinor: string
  readonly currency: string
  readonly atMs: number
  /** Before that a query does not find it: the index lags. */
  readonly visibleFromMs: number
  status: Status
  /** What it takes, which may not be what it was asked for. */
  takes: string
  failureCode: string | null
  forgotten: boolean
  unknownWord: boolean
}

/** What a callback's body says. */
export interface CallbackBody {
  readonly reference: string
  readonly outcome: 'pending' | 'succeeded' | 'failed' | 'expired' | 'unrecognised'
  readonly failureCode: string | null
  readonly amountMinor: string
  readonly currency: string
  readonly madeAtMs: number
  readonly signature: 'good' | 'forged'
}

/** Posts to the address at our edge that is this gateway's; the status of the answer, 0 for none. */
export type PostCallback = (gateway: string, body: CallbackBody) => Promise<number>

/** Like pawaPay: a callback that was not taken is sent again for a quarter of an hour. */
const CALLBACK_PAUSES_MS = [10_000, 30_000, 60_000, 120_000, 240_000, 440_000]
const HOUR_MS = 3_600_000

/** Until the customer has typed the code: most do at once, some when the prompt is about to expire, a few much later. */
const customerMs = (random: World['random']): number => {
  const kind = random.int(100)
  if (kind < 75) return random.between(500, 9_000)
  return kind < 98 ? random.between(9_000, 120_000) : random.between(60_000, 2 * HOUR_MS)
}

/** One gateway with its operators and their customers: takes money, tells the truth late, twice, or never. */
export const createGateway = (world: World, manners: Manners, post: PostCallback) => {
  const { scheduler, random, faults, notes } = world
  const { name } = manners
  const deposits = new Map<string, Deposit>()

  const say = (reference: string, word: 'failed' | 'succeeded' | 'rejected' | 'cancelled' | 'not_found') => {
    notes.said.push({ at: scheduler.nowMs, reference, word })
    notes.tell(scheduler.nowMs, reference, () => `${name} says ${word}`)
  }

  const bodyOf = (deposit: Deposit): CallbackBody => ({
    reference: deposit.reference,
    outcome: deposit.unknownWord && deposit.status === 'pending' ? 'unrecognised' : deposit.status,
    failureCode: deposit.failureCode,
    amountMinor: deposit.takes,
    currency: deposit.currency,
    madeAtMs: scheduler.nowMs,
    signature: 'good',
  })

  const send = (body: CallbackBody, tries: number, insists: boolean): void => {
    if (body.outcome === 'succeeded') say(body.reference, 'succeeded')
    else if (body.outcome === 'failed' || body.outcome === 'expired') say(body.reference, 'failed')
    void post(name, body).then((status) => {
      notes.tell(scheduler.nowMs, body.reference, () => `callback ${body.outcome} answered ${status}`)
      if (status === 200) return
      const pauseMs = (manners.repeatsCallbacks && CALLBACK_PAUSES_MS[tries]) || (insists ? HOUR_MS : undefined)
      if (pauseMs !== undefined) scheduler.after(pauseMs, OUTSIDE, () => send(body, tries + 1, insists))
    })
  }

  /** `insists`: a success after a failure that was told; nobody else will ever learn of it (guarantees.md, assumption 2). */
  const callBack = (deposit: Deposit, insists: boolean): void => {
    const body = bodyOf(deposit)
    if (!insists && (faults.strikes('callback_lost') || random.chance(manners.forgetsCallbacks))) return
    if (!manners.tellsFailures && (body.outcome === 'failed' || body.outcome === 'expired')) return
    const delayMs = faults.strikes('callback_late') ? random.between(1_000, 1_800_000) : random.between(10, 2_000)
    scheduler.after(delayMs, OUTSIDE, () => send(body, 0, insists))
    const more = faults.strikes('callback_again') ? 1 + random.int(4) : 0
    for (let again = more + (manners.callsTwice ? 1 : 0); again > 0; again--)
      scheduler.after(delayMs + random.int(600_000), OUTSIDE, () => send(body, CALLBACK_PAUSES_MS.length, false))
    if (faults.strikes('callback_of_another'))
      scheduler.after(delayMs, OUTSIDE, () =>
        send({ ...body, reference: `ffffffff${deposit.reference.slice(8)}` }, CALLBACK_PAUSES_MS.length, false),
      )
    const others = world.gateways.filter((other) => other !== name)
    const [other] = others
    if (other !== undefined && faults.strikes('callback_of_another_gateway'))
      scheduler.after(delayMs, OUTSIDE, () => {
        // Properly its own, of a reference that is none of its business.
        void post(random.pick([other, ...others]), { ...body, outcome: 'succeeded' })
      })
  }

  const capture = (deposit: Deposit): void => {
    deposit.status = 'succeeded'
    deposit.failureCode = null
    const { reference, takes: amountMinor, currency } = deposit
    notes.captures.push({ at: scheduler.nowMs, gateway: name, reference, amountMinor, currency })
    notes.tell(scheduler.nowMs, reference, () => `${name} takes ${amountMinor} ${currency}`)
  }

  const fail = (deposit: Deposit): void => {
    deposit.status = 'failed'
    if (faults.duringOf('gateway_degraded', name, scheduler.nowMs)) {
      deposit.failureCode = random.pick(manners.ownRefusals)
      return
    }
    if (manners.hasPage && random.chance(0.3)) {
      // Nobody came to its page.
      deposit.status = 'expired'
      deposit.failureCode = null
      return
    }
    deposit.failureCode = random.pick(['PAYMENT_NOT_APPROVED', 'INSUFFICIENT_BALANCE', 'PAYER_LIMIT_REACHED'])
  }

  const reverse = (deposit: Deposit): void => {
    fail(deposit)
    deposit.status = 'failed'
    const at = notes.captures.findIndex(({ reference }) => reference === deposit.reference)
    const captured = notes.captures[at]
    if (captured) notes.captures[at] = { ...captured, reversedAt: scheduler.nowMs }
  }

  /** Writes the deposit's future. */
  const live = (deposit: Deposit): void => {
    const isSlow = faults.duringOf('gateway_slow', name, scheduler.nowMs)
    const afterMs = customerMs(random) + (isSlow ? random.between(20_000, 180_000) : 0)
    if (faults.strikes('silence')) return
    if (faults.strikes('unknown_status')) {
      deposit.unknownWord = true
      scheduler.after(random.int(afterMs), OUTSIDE, () => callBack(deposit, false))
    }
    if (faults.strikes('amnesia')) {
      // What it forgets it never takes: of money that is taken and then denied nobody could ever learn.
      scheduler.after(afterMs, OUTSIDE, () => {
        deposit.forgotten = true
      })
      return
    }
    if (faults.strikes('late_success')) {
      scheduler.after(afterMs, OUTSIDE, () => {
        if (deposit.status === 'pending') {
          fail(deposit)
          callBack(deposit, false)
        }
        scheduler.after(random.between(1_000, random.chance(0.5) ? 60_000 : 3 * HOUR_MS), OUTSIDE, () => {
          if (deposit.status === 'succeeded') return
          capture(deposit)
          callBack(deposit, true)
        })
      })
      return
    }
    if (random.chance(faults.duringOf('gateway_degraded', name, scheduler.nowMs) ? 0.6 : 0.22)) {
      scheduler.after(afterMs, OUTSIDE, () => {
        if (deposit.status !== 'pending') return
        fail(deposit)
        callBack(deposit, false)
      })
      return
    }
    if (faults.strikes('other_amount')) deposit.takes = String(BigInt(deposit.amountMinor) + 100n)
    const reversal = faults.strikes('reversal')
    scheduler.after(afterMs, OUTSIDE, () => {
      if (deposit.status !== 'pending') return
      capture(deposit)
      callBack(deposit, false)
      if (!reversal) return
      scheduler.after(random.between(60_000, 5 * HOUR_MS), OUTSIDE, () => {
        reverse(deposit)
        callBack(deposit, true)
      })
    })
  }

  return {
    /** A request to charge arrives. `null`: processed, and an error for an answer. */
    deposit(order: DepositOrder): SendOutcome {
      const { reference, amountMinor, currency, paymentId } = order
      notes.sends.push({ at: scheduler.nowMs, gateway: name, reference, amountMinor, currency })
      notes.tell(scheduler.nowMs, paymentId, () => `reaches ${name} as ${reference} (attempt ${order.attempt})`)
      if (deposits.has(reference)) return manners.toRepetition
      if (faults.strikes('gateway_rejected')) {
        say(reference, 'rejected')
        return { kind: 'rejected', code: 'PAYER_NOT_FOUND' }
      }
      if (faults.duringOf('operator_down', order.provider, scheduler.nowMs)) {
        say(reference, 'rejected')
        return { kind: 'rejected', code: manners.operatorRefusal }
      }
      if (faults.strikes('gateway_refused')) {
        say(reference, 'rejected')
        return { kind: 'rejected', code: random.pick(manners.ownRefusals) }
      }
      const deposit: Deposit = {
        reference,
        paymentId,
        amountMinor,
        currency,
        atMs: scheduler.nowMs,
        visibleFromMs: scheduler.nowMs + (faults.strikes('index_lags') ? random.int(600_000) : 0),
        status: 'pending',
        takes: amountMinor,
        failureCode: null,
        forgotten: false,
        unknownWord: false,
      }
      deposits.set(reference, deposit)
      live(deposit)
      return manners.hasPage
        ? { kind: 'accepted', nextAction: { type: 'redirect', url: `https://${name}.example.com/${reference}` } }
        : { kind: 'accepted' }
    },

    status(reference: string): StatusOutcome {
      if (faults.duringOf('gateway_down', name, scheduler.nowMs)) return { kind: 'unknown', reason: 'network' }
      if (isDown(world, 'status_down') || faults.strikes('status_query_failed'))
        return { kind: 'unknown', reason: 'http 503' }
      const deposit = deposits.get(reference)
      if (!deposit || deposit.forgotten || scheduler.nowMs < deposit.visibleFromMs) {
        say(reference, 'not_found')
        return { kind: 'not_found' }
      }
      if (deposit.status === 'succeeded') say(reference, 'succeeded')
      else if (deposit.status !== 'pending') say(reference, 'failed')
      return {
        kind: 'found',
        outcome: deposit.status,
        ...(deposit.failureCode === null ? {} : { failureCode: deposit.failureCode }),
        amountMinor: deposit.takes,
        currency: deposit.currency,
      }
    },

    /** Told to call a deposit off. What it confirms it takes no more, unless it is one of those that take late. */
    cancel(reference: string): CancelOutcome {
      const deposit = deposits.get(reference)
      if (!manners.cancels || !deposit) return { kind: 'unknown', reason: 'E1312' }
      if (faults.duringOf('gateway_down', name, scheduler.nowMs)) return { kind: 'unknown', reason: 'network' }
      if (deposit.status === 'pending' && !deposit.forgotten && faults.strikes('cancel_overtaken')) {
        capture(deposit)
        callBack(deposit, false)
      }
      if (deposit.status === 'succeeded') {
        say(reference, 'succeeded')
        return { kind: 'succeeded', amountMinor: deposit.takes, currency: deposit.currency }
      }
      if (deposit.forgotten) return { kind: 'unknown', reason: 'http_404' }
      if (deposit.status === 'pending') deposit.status = 'expired'
      say(reference, 'cancelled')
      return { kind: 'cancelled' }
    },

    manners,

    /** Somebody who knows a reference claims that it was paid. */
    forge(reference: string): void {
      const deposit = deposits.get(reference)
      if (deposit) void post(name, { ...bodyOf(deposit), outcome: 'succeeded', signature: 'forged' })
    },
  }
}

export type Gateway = ReturnType<typeof createGateway>
