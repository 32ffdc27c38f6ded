import { CODES_FIRST } from '../contracts/codes-first.ts'
import type { ProviderRoute } from '../contracts/consumer.ts'

/**
 * Whether a gateway wants a code that a provider's customer makes beforehand. Of one that is not in src/gateways nobody here
 * knows, and it may: its own program refuses what it does not want (E1309).
 */
export const takesCodeFirst = (gateway: string, provider: string): boolean =>
  CODES_FIRST[gateway]?.includes(provider) ?? true

/**
 * Whether any gateway does through which a payment to the provider may go. `routes`: the routing policy's, of its country; null
 * when all payments go through `own`. Where nobody takes it nothing is known, and so one may be wanted.
 */
export const mayWantCode = (
  routes: readonly ProviderRoute[] | null,
  own: string,
  provider: string,
  currency: string,
): boolean => {
  const gateways = routes
    ? routes.filter((each) => each.provider === provider && each.currency === currency).map(({ gateway }) => gateway)
    : [own]
  return gateways.length === 0 || gateways.some((gateway) => takesCodeFirst(gateway, provider))
}
