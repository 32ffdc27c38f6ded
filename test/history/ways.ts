import { groupBy } from './facts.ts'
import type { History } from './history.ts'

/** Where the attempts went, and how payments went from one gateway to another. `cancel confirmed`: by the gateway. */
export const waysOf = ({ sends, said, captures, durable }: History): Record<string, number> => {
  const ways: Record<string, number> = {}
  const count = (way: string) => {
    ways[way] = (ways[way] ?? 0) + 1
  }
  for (const { gateway } of sends) count(`sent to ${gateway}`)
  for (const { gateway } of captures) count(`taken by ${gateway}`)
  for (const { failover } of durable) if (failover) count('failed over')
  for (const { word } of said) if (word === 'cancelled') count('cancel confirmed')
  for (const rows of groupBy(durable, ({ paymentId }) => paymentId).values()) {
    // One that never left may have been begun anew for another gateway: the last word on it counts.
    const gatewayOf = new Map(rows.map(({ n, gateway }) => [n, gateway]))
    if (new Set(gatewayOf.values()).size > 1) count('payments at more than one gateway')
  }
  return ways
}
