/** Simulated gateways: what an attempt comes to, and when one hears of it. They know nothing of the router. */
import { createRandom, mix, type Random } from '../../test/simulation/random.ts'
import { ailmentAt, type Trace } from './traces.ts'

export interface SimulatedGateway {
  readonly name: string
  readonly rails: readonly string[]
  /** Of what the customer would pay, when all is well. */
  readonly success: number
  readonly promptMs: number
}

export const RAILS = ['MTN_MOMO_ZMB', 'AIRTEL_ZMB'] as const

export const GATEWAYS: readonly SimulatedGateway[] = [
  { name: 'pawapay', rails: RAILS, success: 0.965, promptMs: 3_500 },
  { name: 'mtn', rails: [RAILS[0]], success: 0.955, promptMs: 3_000 },
  { name: 'flutterwave', rails: RAILS, success: 0.94, promptMs: 4_500 },
]

export interface Payment {
  readonly id: string
  readonly atMs: number
  readonly rail: string
  readonly amountMinor: string
  /** Chance of its own: whoever takes the payment, its customer is the same. */
  readonly seed: number
}

export const payments = (trace: Trace, random: Random): readonly Payment[] => {
  const endMs = trace.segments.at(-1)?.toMs ?? 0
  const all: Payment[] = []
  for (let atMs = 0; ; ) {
    atMs += random.between(1, 2_000 / trace.perSecond)
    if (atMs >= endMs) return all
    all.push({
      id: `pay_${trace.name.replaceAll(/\W+/g, '-')}-${all.length}`,
      atMs,
      rail: random.chance(0.7) ? RAILS[0] : RAILS[1],
      amountMinor: String(100 * (random.chance(0.6) ? random.between(5, 51) : random.between(51, 900))),
      seed: random.int(0x7fff_ffff),
    })
  }
}

export type Heard =
  | { readonly kind: 'prompted' | 'slow' | 'succeeded' | 'declined' | 'unknown'; readonly afterMs: number }
  | { readonly kind: 'refused'; readonly afterMs: number; readonly cause: 'gateway' | 'operator' }

export interface Course {
  /** In the order in which one hears it. */
  readonly heard: readonly Heard[]
  readonly captured: boolean
}

/** After so long an answer is taken for lost. */
export const DEADLINE_MS = 10_000
const SLOW_MS = 7_000

/** What becomes of this payment there and then. The same for all who send it: the dice belong to payment and gateway. */
export const courseOf = (trace: Trace, gateway: SimulatedGateway, payment: Payment, atMs: number): Course => {
  const customer = createRandom(mix(payment.seed, 0))
  const willing = customer.chance(0.88)
  const patienceMs = customer.between(15_000, 75_000)
  const typingMs = customer.between(5_000, 30_000)
  const here = createRandom(mix(payment.seed, GATEWAYS.indexOf(gateway) + 1))
  const answerMs = here.between(300, 800)
  const jitterMs = here.between(0, 2_000)
  const luck = here.int(10_000) / 10_000
  const [coin, late] = [here.chance(0.5), here.chance(0.15)]

  const refused = (cause: 'gateway' | 'operator'): Course => ({
    heard: [{ kind: 'refused', afterMs: answerMs, cause }],
    captured: false,
  })
  /** The answer is lost; of those that had reached the gateway some are captured all the same, a minute later. */
  const lost = (hangs: boolean, captured: boolean): Course => {
    const afterMs = hangs ? DEADLINE_MS : answerMs
    const unknown: Heard = { kind: 'unknown', afterMs }
    return { heard: captured ? [unknown, { kind: 'succeeded', afterMs: 60_000 }] : [unknown], captured }
  }
  const asked = (promptMs: number): Course => {
    const heard: Heard[] = promptMs > SLOW_MS ? [{ kind: 'slow', afterMs: SLOW_MS }] : []
    if (promptMs > patienceMs)
      return { heard: [...heard, { kind: 'declined', afterMs: promptMs + 60_000 }], captured: false }
    const endMs = promptMs + typingMs
    heard.push({ kind: 'prompted', afterMs: promptMs }, { kind: willing ? 'succeeded' : 'declined', afterMs: endMs })
    return { heard, captured: willing }
  }

  switch (ailmentAt(trace, gateway.name, payment.rail, atMs)) {
    case 'down':
      return lost(coin, false)
    case 'operator_down':
      return coin ? refused('operator') : lost(true, false)
    case 'brown_out':
      if (luck >= 0.4) return coin ? refused('gateway') : lost(late, late && willing)
      break
    case 'slow':
      return asked(40_000 + 5 * jitterMs)
    case undefined:
      if (luck >= gateway.success) return coin ? refused('gateway') : lost(late, late && willing)
  }
  return asked(answerMs + gateway.promptMs - 1_000 + jitterMs)
}

/** Whether a status call is answered, there and then. A gateway that asks late answers at once. */
export const answersStatus = (trace: Trace, gateway: string, rail: string, atMs: number): boolean => {
  const ailment = ailmentAt(trace, gateway, rail, atMs)
  return ailment === 'brown_out' ? createRandom(mix(atMs, gateway.length)).chance(0.4) : ailment !== 'down'
}
