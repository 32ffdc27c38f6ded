import { SETTLE_MS } from './known-gateways.ts'

/** What the reducer is told of a gateway when an attempt begins there; of one that src/gateways does not have, nothing. */
export const settling = (gateway: string): { readonly settleMs?: number } => {
  const settleMs = Object.hasOwn(SETTLE_MS, gateway) ? SETTLE_MS[gateway] : undefined
  return settleMs === undefined ? {} : { settleMs }
}
