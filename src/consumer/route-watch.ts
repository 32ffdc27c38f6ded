import type { ExchangeRouteHealth } from '../adapters/redis-route-health.ts'
import type { RoutePolicy, Router, RouteStanding } from '../contracts/route.ts'
import type { VaultForConsumer } from '../contracts/vault.ts'
import { describeError, log } from './log.ts'
import { createRouteFeeds } from './route-feeds.ts'
import { createRouteSharing } from './route-sharing.ts'

/** How gateways are doing, as people are told it. */
export interface RouteHealth extends RouteStanding {
  readonly policyVersion: string
}

/** An isolate's router, and what it hears of gateways beside what its own payments see. */
export interface RouteWatch {
  readonly router: Router
  /** What is to be asked of the others, and of the gateways about `country`: for `waitUntil`, and never waited for by a payment. */
  readonly lookAround: (country?: string) => readonly Promise<unknown>[]
  /** What all isolates know, for whom it is worth a round trip. */
  readonly health: () => Promise<RouteHealth>
}

interface Ports {
  readonly router: Router
  readonly policy: RoutePolicy
  readonly conditions: VaultForConsumer['conditions']
  /** Null without Redis: each isolate goes by what it sees itself. */
  readonly exchange: ExchangeRouteHealth | null
  readonly isolate: string
  readonly nowMs: () => number
  readonly sleep: (ms: number) => Promise<void>
}

export const createRouteWatch = ({
  policy,
  conditions,
  exchange,
  isolate,
  nowMs,
  sleep,
  ...ports
}: Ports): RouteWatch => {
  const onFailure = (error: unknown) => log({ event: 'route_sharing_failed', error: describeError(error) })
  const onTooLong = (length: number) => log({ event: 'route_sum_too_long', length })
  const { router: own } = ports
  const sharing = exchange && createRouteSharing({ router: own, exchange, isolate, nowMs, sleep, onFailure, onTooLong })
  const router: Router = {
    ...ports.router,
    observe: (observation) => {
      ports.router.observe(observation)
      sharing?.observed()
    },
  }
  const feeds = createRouteFeeds({
    router,
    gateways: policy.gateways,
    conditions,
    nowMs,
    onFailure: (gateway, error) =>
      log({ event: 'route_feed_failed', gateway, error: typeof error === 'string' ? error : describeError(error) }),
  })
  return {
    router,
    lookAround: (country) =>
      [country === undefined ? null : feeds(country), sharing?.soon()].filter((work) => work != null),
    health: async () => {
      await sharing?.soon()
      return { policyVersion: policy.version, ...router.standing(nowMs()) }
    },
  }
}
