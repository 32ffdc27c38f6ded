import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { type Contender, contenders } from '../../scripts/route-replay/contenders.ts'
import { courseOf, GATEWAYS, type Payment, payments, RAILS } from '../../scripts/route-replay/gateways.ts'
import { type Trace, traces } from '../../scripts/route-replay/traces.ts'
import { replay } from '../../scripts/route-replay/world.ts'
import { createRouteCore } from '../../src/core/route.ts'
import { createRandom, mix } from '../simulation/random.ts'

/** An outage in virtual time, sent through the decision that ships: what the router does with those whom it strikes. */
const SEED = 7
const FIRST = 'pawapay'
const [RAIL] = RAILS

const generated = path.resolve(import.meta.dirname, '../../src/core/generated')
const core = createRouteCore(new WebAssembly.Module(readFileSync(path.join(generated, 'route.wasm'))))

const outage = (name: string) => {
  const trace = traces(FIRST, RAIL, createRandom(SEED)).find((each) => each.name === name)
  const [lango] = contenders(core)
  const ill = trace?.segments[1]
  if (!trace || !lango || !ill) throw new Error(`no outage ${name}`)
  return { trace, ill, lango, all: payments(trace, createRandom(mix(SEED, 1))) }
}

const endOf = (trace: Trace, payment: Payment, sentAtMs: number): number => {
  const gateway = GATEWAYS.find(({ name }) => name === FIRST)
  if (!gateway) throw new Error(`no gateway ${FIRST}`)
  return sentAtMs + (courseOf(trace, gateway, payment, sentAtMs).heard.at(-1)?.afterMs ?? 0)
}

describe(`in an outage replayed with seed ${SEED}`, () => {
  it('T26: a gateway goes down while payments are pending there: they stay, and only new ones move', () => {
    const { trace, ill, lango, all } = outage('gateway down')
    const pending = new Map<Payment, number>()
    let left: { readonly atMs: number; readonly asked: number; readonly moved: number } | undefined
    const watched: Contender = {
      ...lango,
      choose: (payment, attempts, nowMs) => {
        const choice = lango.choose(payment, attempts, nowMs)
        if (choice.gateway === FIRST) pending.set(payment, endOf(trace, payment, nowMs))
        else if (!left && nowMs >= ill.fromMs && attempts.length === 0 && payment.rail === RAIL && !choice.looking) {
          // The first that goes elsewhere: whoever waits for a customer is asked for again, as a shop would.
          const open = [...pending].filter(([{ rail }, endMs]) => rail === RAIL && endMs > nowMs)
          const again = open.map(([other]) => lango.choose(other, [{ gateway: FIRST, outcome: 'pending' }], nowMs))
          left = { atMs: nowMs, asked: again.length, moved: again.filter(({ gateway }) => gateway !== null).length }
        }
        return choice
      },
    }
    const { sent, outcomes } = replay(trace, all, watched, core.mayFailOver)
    if (!left) throw new Error('the gateway was never left')
    const { atMs, asked, moved } = left
    expect(asked).toBeGreaterThanOrEqual(20)
    expect(moved).toBe(0)
    // Nobody but who is sent to look, until it is well again.
    const later = sent.filter((each) => each.rail === RAIL && each.atMs > atMs && each.atMs < ill.toMs && !each.looking)
    expect(later.length).toBeGreaterThan(1_000)
    expect(later.filter(({ gateway }) => gateway === FIRST)).toEqual([])
    expect(outcomes.filter(({ captures }) => captures > 1)).toEqual([])
  })

  it('T27: an operator goes down at every gateway: the shop hears it, nobody is asked twice, its neighbour goes on', () => {
    const { trace, ill, lango, all } = outage('operator down')
    const refused: number[] = []
    const watched: Contender = {
      ...lango,
      choose: (payment, attempts, nowMs) => {
        const choice = lango.choose(payment, attempts, nowMs)
        if (choice.gateway === null && attempts.length === 0) refused.push(nowMs)
        return choice
      },
    }
    const { sent, outcomes } = replay(trace, all, watched, core.mayFailOver)
    const [heardAtMs = Number.NaN] = refused
    expect(heardAtMs - ill.fromMs).toBeLessThan(10_000)
    const [down, up] = RAILS.map((rail) =>
      sent.filter((each) => each.rail === rail && each.atMs >= heardAtMs && each.atMs < ill.toMs),
    )
    if (!down || !up) throw new Error('there are two rails')
    // From now on one at a time is sent to look, and no one of them to a second gateway.
    expect(down.length).toBeGreaterThan(0)
    expect(down.filter(({ first, looking }) => !first || !looking)).toEqual([])
    expect(refused.length).toBeGreaterThan(20 * down.length)
    expect(up.length).toBeGreaterThan(500)
    expect(up.filter(({ gateway }) => gateway === FIRST).length / up.length).toBeGreaterThan(0.9)
    expect(outcomes.filter(({ captures }) => captures > 1)).toEqual([])
  })
})
