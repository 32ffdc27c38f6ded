import type { RoutePolicy, RouteRule } from '../../../src/contracts/route.ts'
import type { Random } from '../random.ts'
import { SEVERAL } from './manners.ts'
import { MERCHANTS } from './shop.ts'

const LOW_VALUE_MINOR = { ZMW: '2000000', XAF: '2000000', GHS: '2000000', XOF: '2000000' }

const shuffled = (random: Random, names: readonly string[]): string[] => {
  const order = [...names]
  for (let i = order.length - 1; i > 0; i--) {
    const j = random.int(i + 1)
    ;[order[i], order[j]] = [order[j] as string, order[i] as string]
  }
  return order
}

/** Gateways by their names alone, as `LANGO_ROUTING` has them. */
interface WrittenPolicy extends Omit<RoutePolicy, 'gateways'> {
  readonly gateways: readonly (string | { readonly name: string; readonly merchants: readonly string[] })[]
}

/** A policy as somebody may have written it: all gateways in some order, rules or none, much curiosity or little. */
export const drawPolicy = (random: Random, index: number): WrittenPolicy => {
  const names = shuffled(
    random,
    SEVERAL.map(({ name }) => name),
  )
  const rules: RouteRule[] = []
  const order = shuffled(random, names)
  if (random.chance(0.4)) rules.push({ id: 'order', effect: { kind: 'priority', gateways: order.slice(0, 3) } })
  else if (random.chance(0.5)) {
    const percents = [50, 30, 20]
    const shares = percents.map((percent, i) => ({ gateway: order[i] as string, percent }))
    rules.push({ id: 'shares', effect: { kind: 'split', shares } })
  }
  const isOfOne = random.chance(0.3) ? random.pick(SEVERAL).name : ''
  return {
    version: `simulated-${index}`,
    gateways: names.map((name) => (name === isOfOne ? { name, merchants: [MERCHANTS[0].id] } : name)),
    rules,
    settings: { exploreBp: random.pick([0, 100, 2_000]), lowValueMinor: LOW_VALUE_MINOR },
  }
}
