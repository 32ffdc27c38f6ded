/** Who chooses: the real decision of route.wasm, and three that routers are often made of. */
import type { ProbeDue, RouteCore, RoutedAttempt, RouteObservation, RoutePolicy } from '../../src/contracts/route.ts'
import { GATEWAYS, type Payment } from './gateways.ts'

export interface Choice {
  readonly gateway: string | null
  /** A probe or an exploration: sent to look, not because it is the best. */
  readonly looking: boolean
  readonly probe: boolean
}

export interface Contender {
  readonly name: string
  choose(payment: Payment, attempts: readonly RoutedAttempt[], nowMs: number): Choice
  observe(observation: RouteObservation): void
  /** What waits for a status call. */
  due?(nowMs: number): readonly ProbeDue[]
}

/** Simulated time begins here: the decision wants times since 1970. */
export const T0 = 1_790_000_000_000

export const POLICY: RoutePolicy = {
  version: 'replay',
  gateways: GATEWAYS.map(({ name, rails }) => ({
    name,
    statusCalls: true,
    providers: rails.map((code) => ({ code, country: 'ZMB', currencies: [{ code: 'ZMW', decimals: 2 }] })),
  })),
  rules: [{ id: 'usual-order', effect: { kind: 'priority', gateways: GATEWAYS.map(({ name }) => name) } }],
  settings: { lowValueMinor: { ZMW: '5000' } },
}

const lango = (core: RouteCore): Contender => {
  const router = core.createRouter(POLICY)
  return {
    name: 'lango',
    choose: (payment, attempts, nowMs) => {
      const { gateway, because, probe } = router.route({
        paymentId: payment.id,
        merchant: 'mer_1',
        country: 'ZMB',
        provider: payment.rail,
        currency: 'ZMW',
        amountMinor: payment.amountMinor,
        trigger: attempts.length === 0 ? 'request' : 'failover',
        attempts,
        nowMs: T0 + nowMs,
      })
      return { gateway, looking: probe || because === 'exploration', probe }
    },
    observe: (observation) => router.observe(observation),
    due: (nowMs) => router.probesDue(T0 + nowMs),
  }
}

const able = (payment: Payment, attempts: readonly RoutedAttempt[]): readonly string[] =>
  GATEWAYS.filter(({ name, rails }) => rails.includes(payment.rail) && !attempts.some((it) => it.gateway === name)).map(
    ({ name }) => name,
  )

const regular = (gateway: string | undefined): Choice => ({ gateway: gateway ?? null, looking: false, probe: false })

const roundRobin = (): Contender => {
  let turn = 0
  return {
    name: 'round robin',
    choose: (payment, attempts) => {
      const names = able(payment, attempts)
      return regular(names[turn++ % Math.max(1, names.length)])
    },
    observe: () => {},
  }
}

const staticPriority = (): Contender => ({
  name: 'static priority',
  choose: (payment, attempts) => regular(able(payment, attempts)[0]),
  observe: () => {},
})

/** How much the newest outcome counts: about the last fifty do. */
const NEWEST = 0.02

/** The gateway with the best success rate of late, over all rails and whoever was to blame. */
const successRateOnly = (): Contender => {
  const rates = new Map(GATEWAYS.map(({ name }) => [name, 0.9]))
  const rate = (name: string): number => rates.get(name) ?? 0
  return {
    name: 'success rate only',
    choose: (payment, attempts) => regular([...able(payment, attempts)].sort((a, b) => rate(b) - rate(a))[0]),
    observe: ({ gateway, seen: { kind } }) => {
      const outcome = kind === 'succeeded' ? 1 : kind === 'failed' || kind === 'unknown' ? 0 : undefined
      if (outcome !== undefined) rates.set(gateway, rate(gateway) + NEWEST * (outcome - rate(gateway)))
    },
  }
}

/** Always this one: what hindsight compares with. */
export const fixed = (gateway: string): Contender => ({
  name: `always ${gateway}`,
  choose: (payment, attempts) =>
    regular(able(payment, attempts).find((name) => attempts.length === 0 && name === gateway)),
  observe: () => {},
})

export const contenders = (core: RouteCore): readonly Contender[] => [
  lango(core),
  successRateOnly(),
  staticPriority(),
  roundRobin(),
]
