import type { RoutedGateway, RouteObservation, Router } from '../contracts/route.ts'
import type { ProviderConditions, VaultForConsumer } from '../contracts/vault.ts'

/** A gateway is asked about a country so often at most, and only while payments come from there. Its word holds for two minutes. */
export const FEED_EVERY_MS = 60_000

type Availability = Extract<RouteObservation['seen'], { kind: 'feed' }>['status']

/**
 * Whether deposits are taken. `delayed` is said of payouts, which wait: deposits are refused meanwhile, as they are by one that is closed.
 * Of a provider that has several currencies, the best: the rail is the operator, whatever it is paid in.
 */
const railsOf = (conditions: readonly ProviderConditions[]): ReadonlyMap<string, Availability> => {
  const rails = new Map<string, Availability>()
  for (const { provider, state } of conditions)
    rails.set(provider, state === 'operational' ? state : (rails.get(provider) ?? 'closed'))
  return rails
}

interface Ports {
  readonly router: Pick<Router, 'observe'>
  readonly gateways: readonly RoutedGateway[]
  readonly conditions: VaultForConsumer['conditions']
  readonly nowMs: () => number
  readonly onFailure: (gateway: string, error: unknown) => void
}

/**
 * What gateways say themselves of the operators of a country, for the router. The answer is a question to each that says so at
 * all and was not asked of late; null when there is none. It never rejects: who does not answer has no opinion.
 */
export const createRouteFeeds = ({ router, gateways, conditions, nowMs, onFailure }: Ports) => {
  const feeding = gateways.filter(({ capabilities }) => capabilities?.includes('conditions'))
  const askedAtMs = new Map<string, number>()

  const ask = async ({ name, providers }: RoutedGateway, country: string): Promise<void> => {
    try {
      const outcome = await conditions(name, country)
      if (outcome.kind !== 'found') return onFailure(name, outcome.reason)
      for (const [rail, status] of railsOf(outcome.conditions))
        if (providers.some(({ code }) => code === rail))
          router.observe({ gateway: name, rail, nowMs: nowMs(), seen: { kind: 'feed', status } })
    } catch (error) {
      onFailure(name, error)
    }
  }

  return (country: string): Promise<unknown> | null => {
    const atMs = nowMs()
    const due = feeding.filter(
      ({ name, providers }) =>
        providers.some((provider) => provider.country === country) &&
        Math.abs(atMs - (askedAtMs.get(`${name} ${country}`) ?? Number.NEGATIVE_INFINITY)) >= FEED_EVERY_MS,
    )
    for (const { name } of due) askedAtMs.set(`${name} ${country}`, atMs)
    return due.length > 0 ? Promise.all(due.map((gateway) => ask(gateway, country))) : null
  }
}
