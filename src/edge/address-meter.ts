import type { RateLimit } from '../contracts/payment-lock.ts'

/** How long an address is still to wait, in ms; 0: not at all. */
export interface AddressMeter {
  waitMs(address: string | null): number
  /** Counts one thing that this address got wrong. */
  charge(address: string | null): void
}

const ENTRIES_MAX = 10_000

/** A household or a rented machine has a whole IPv6 network of 2⁶⁴ addresses: it is counted as one. */
const networkOf = (address: string): string => {
  if (!address.includes(':')) return address
  const [head = '', tail] = address.split('::')
  const groups = head === '' ? [] : head.split(':')
  const rest = tail === undefined || tail === '' ? [] : tail.split(':')
  const missing = tail === undefined ? 0 : Math.max(0, 8 - groups.length - rest.length)
  return [...groups, ...Array<string>(missing).fill('0'), ...rest]
    .slice(0, 4)
    .map((group) => group.toLowerCase().replace(/^0+(?=.)/, ''))
    .join(':')
}

/**
 * A leaky bucket for each address, in the isolate's own memory: it asks nobody, and counts what this isolate saw. That is
 * enough for what it is for, that a flood of guesses costs us next to nothing; nothing depends on it being exact.
 */
export const createAddressMeter = (limit: RateLimit | null, nowMs: () => number): AddressMeter => {
  /** When the bucket of a network will be empty. */
  const emptyAtMs = new Map<string, number>()
  const levelMs = (network: string) => Math.max(0, (emptyAtMs.get(network) ?? 0) - nowMs())
  return {
    waitMs(address) {
      if (!limit || address === null) return 0
      return Math.max(0, Math.ceil(levelMs(networkOf(address)) + limit.windowMs / limit.count - limit.windowMs))
    },
    charge(address) {
      if (!limit || address === null) return
      const network = networkOf(address)
      const level = Math.min(levelMs(network) + limit.windowMs / limit.count, limit.windowMs)
      emptyAtMs.delete(network)
      const oldest = emptyAtMs.size >= ENTRIES_MAX ? emptyAtMs.keys().next() : undefined
      if (oldest && !oldest.done) emptyAtMs.delete(oldest.value)
      emptyAtMs.set(network, nowMs() + level)
    },
  }
}
