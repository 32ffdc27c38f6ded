import type { ProviderRoute } from '../contracts/consumer.ts'
import type { RoutePolicy } from '../contracts/route.ts'

/** Where the policy may send payments of a country, before rules, merchants and health: whoever is in it may be chosen. */
export const countryRoutes = (policy: RoutePolicy | null, country: string): readonly ProviderRoute[] | null =>
  policy?.gateways.flatMap(({ name, providers }) =>
    providers
      .filter((provider) => provider.country === country)
      .flatMap(({ code, currencies }) =>
        currencies.map((currency) => ({ gateway: name, provider: code, currency: currency.code })),
      ),
  ) ?? null
