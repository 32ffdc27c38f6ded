import { LAYERS, type Layer, type Row, type Test, testsOf } from '../../test/acceptance/registry.ts'
import type { Evidence, Outcome } from './evidence.ts'

/** `missing`: the layer has no test. Everything but `passed` and `no_tool` is a failure. */
export type LayerOutcome = Outcome | 'missing'

export interface Judged {
  readonly row: Row
  readonly passed: boolean
  readonly layers: readonly {
    readonly layer: Layer
    readonly outcome: LayerOutcome
    readonly tests: readonly { readonly test: Test; readonly outcome: Outcome }[]
  }[]
}

/** The worst first: a layer is as good as the worst of its tests. */
const WORST: readonly Outcome[] = ['failed', 'absent', 'skipped', 'no_tool', 'passed']

export interface Rules {
  /** Whether a missing tool is a failure, as it is in CI. */
  readonly toolsAreNeeded: boolean
}

/** A row passes when each layer that it asks for has a test and all of them passed. */
export const judge = (row: Row, evidence: Evidence, rules: Rules): Judged => {
  const layers = (Object.keys(LAYERS) as Layer[])
    .filter((layer) => row.layers[layer])
    .map((layer) => {
      const tests = testsOf(row, layer).map((test) => ({ test, outcome: evidence.of(test) }))
      const worst = WORST.find((outcome) => tests.some((each) => each.outcome === outcome))
      return { layer, outcome: worst ?? ('missing' as const), tests }
    })
  const good = (outcome: LayerOutcome): boolean =>
    outcome === 'passed' || (outcome === 'no_tool' && !rules.toolsAreNeeded)
  return { row, layers, passed: layers.every(({ outcome }) => good(outcome)) }
}
