import type { ConsumerForEdge, ProviderRoute } from '../contracts/consumer.ts'
import type { ConditionsOutcome, ProviderConditions, VaultForEdge } from '../contracts/vault.ts'

/**
 * A gateway's word as far as it holds for payments: a provider that one calls closed may well be open at another, and an amount
 * outside the limits of one inside another's. So state and limits stand only where payments to that provider can go through
 * nobody but the one who says so; name and instructions stand anyway. `routes`: null when all payments go through `own`.
 */
export const asHeld = (
  { gateway, ...told }: ProviderConditions,
  routes: readonly ProviderRoute[] | null,
  own: string,
): ProviderConditions => {
  // A vault of before does not say whose word it is: it stands as it stood.
  if (gateway === undefined) return told
  const isAnother = (each: ProviderRoute) =>
    each.gateway !== gateway && each.provider === told.provider && each.currency === told.currency
  const goesElsewhere = routes === null ? own !== gateway : routes.some(isAnother)
  return goesElsewhere
    ? { ...told, gateway, state: 'operational', minAmount: null, maxAmount: null }
    : { ...told, gateway }
}

interface Deps {
  readonly vault: Pick<VaultForEdge, 'conditions'>
  readonly consumer: Pick<ConsumerForEdge, 'routes'>
  /** Where payments go without a routing policy. */
  readonly gateway: string
}

/** What can be said of deposits to each provider of a country. Throws when vault or consumer does. */
export const askConditions = async (
  { vault, consumer, gateway }: Deps,
  country: string,
): Promise<ConditionsOutcome> => {
  const [said, routes] = await Promise.all([vault.conditions(country), consumer.routes(country)])
  if (said.kind !== 'found') return said
  return { kind: 'found', conditions: said.conditions.map((each) => asHeld(each, routes, gateway)) }
}
