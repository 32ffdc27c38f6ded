import { describe, expect, it } from 'vitest'
import { contenders } from '../../../scripts/route-replay/contenders.ts'
import { payments, RAILS } from '../../../scripts/route-replay/gateways.ts'
import { hindsight, type Result, resultOf } from '../../../scripts/route-replay/judge.ts'
import { traces } from '../../../scripts/route-replay/traces.ts'
import { replay } from '../../../scripts/route-replay/world.ts'
import type { RouteCore } from '../../../src/contracts/route.ts'
import { createRouteCore } from '../../../src/core/route.ts'
import { createRandom } from '../../simulation/random.ts'
import { loadModule } from '../core/artefacts.ts'

const core = createRouteCore(loadModule('route.wasm'))
const [, brownOut] = traces('pawapay', RAILS[0], createRandom(1))

const play = (who: string, seed: number, mayFailOver: RouteCore['mayFailOver'] = core.mayFailOver): Result => {
  const contender = contenders(core).find(({ name }) => name === who)
  if (!brownOut || !contender) throw new Error(`there is no ${who}`)
  const all = payments(brownOut, createRandom(seed))
  const best = hindsight(brownOut, (fixed) => replay(brownOut, all, fixed, core.mayFailOver))
  return resultOf(who, brownOut, all, replay(brownOut, all, contender, mayFailOver), best)
}

describe('a replayed brown-out', () => {
  it('has the same digest for the same seed, and another for another', () => {
    const { digest } = play('lango', 5)
    expect(play('lango', 5).digest).toBe(digest)
    expect(play('lango', 6).digest).not.toBe(digest)
  })

  it('charges nobody twice, and would if failover did not ask what may still be captured', () => {
    const careless = () => ({ allowed: true, why: 'nothing_sent' }) as const
    expect(play('static priority', 5).doubles).toBe(0)
    expect(play('static priority', 5, careless).doubles).toBeGreaterThan(0)
    // The decision holds on to the attempt whatever it is asked for.
    expect(play('lango', 5, careless).doubles).toBe(0)
  })

  it('is steered around', () => {
    const [lango, still] = [play('lango', 5), play('static priority', 5)]
    expect(lango.segments[1]?.success).toBeGreaterThan((still.segments[1]?.success ?? 100) + 10)
    expect(still.left).toBeNull()
    expect(lango.left?.ms).toBeLessThan(30_000)
  })
})
