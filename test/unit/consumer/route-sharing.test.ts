import { describe, expect, it } from 'vitest'
import { OWN_BYTES_MAX } from '../../../src/adapters/redis-route-health.ts'
import { createRouteSharing, SHARE_EVERY_MS } from '../../../src/consumer/route-sharing.ts'
import type { Router } from '../../../src/contracts/route.ts'
import { createRouteCore } from '../../../src/core/route.ts'
import { loadModule } from '../core/artefacts.ts'

/** An isolate by a clock of its own; a round sleeps until the test lets it. */
const isolateOf = (
  exchange: (own: string) => Promise<readonly string[]>,
  router: Pick<Router, 'own'> = { own: () => 'own' },
) => {
  const world = {
    nowMs: 1_790_000_000_000,
    told: [] as string[],
    heard: [] as (readonly string[])[],
    failures: 0,
    tooLong: [] as number[],
  }
  const slept: { readonly ms: number; readonly wake: () => void }[] = []
  const sharing = createRouteSharing({
    router: {
      own: router.own,
      hear: (others) => world.heard.push(others),
    },
    exchange: async (isolate, own) => {
      expect(isolate).toBe('isolate')
      world.told.push(own)
      return exchange(own)
    },
    isolate: 'isolate',
    nowMs: () => world.nowMs,
    sleep: (ms) => new Promise((wake) => slept.push({ ms, wake })),
    onFailure: () => {
      world.failures += 1
    },
    onTooLong: (length) => world.tooLong.push(length),
  })
  return { world, sharing, slept }
}

describe('sharing what is seen of gateways', () => {
  it('publishes when there is something to publish, and hears the others each time', async () => {
    const { world, sharing } = isolateOf(async () => ['other'])
    await sharing.soon()
    world.nowMs += SHARE_EVERY_MS
    sharing.observed()
    await sharing.soon()
    world.nowMs += SHARE_EVERY_MS
    await sharing.soon()
    expect(world.told).toEqual(['', 'own', ''])
    expect(world.heard).toEqual([['other'], ['other'], ['other']])
  })

  it('makes one round in each interval, at its end what was seen meanwhile', async () => {
    const { world, sharing, slept } = isolateOf(async () => [])
    await sharing.soon()
    world.nowMs += 1_000
    sharing.observed()
    const next = sharing.soon()
    for (let i = 0; i < 9; i++) expect(sharing.soon()).toBeNull()
    expect(slept.map(({ ms }) => ms)).toEqual([SHARE_EVERY_MS - 1_000])
    expect(world.told).toEqual([''])
    world.nowMs += SHARE_EVERY_MS - 1_000
    slept[0]?.wake()
    await next
    expect(world.told).toEqual(['', 'own'])
  })

  it('goes on without Redis, says so once a minute, and publishes later what it could not', async () => {
    let down = true
    const { world, sharing } = isolateOf(async () => {
      if (down) throw new Error('down')
      return []
    })
    sharing.observed()
    for (let i = 0; i < 12; i++) {
      await sharing.soon()
      world.nowMs += SHARE_EVERY_MS
    }
    expect(world.failures).toBe(1)
    await sharing.soon()
    expect(world.failures).toBe(2)
    expect(world.heard).toEqual([])
    down = false
    world.nowMs += SHARE_EVERY_MS
    await sharing.soon()
    expect(world.told.every((own) => own === 'own')).toBe(true)
    world.nowMs += SHARE_EVERY_MS
    await sharing.soon()
    expect(world.told.at(-1)).toBe('')
  })

  it('of what is too long for the others publishes what matters to them, and says so once', async () => {
    const core = createRouteCore(loadModule('route.wasm'))
    const codes = Array.from({ length: 95 }, (_, i) => `OPERATOR_${i}_ZMB`)
    const currencies = [{ code: 'ZMW', decimals: 2 }]
    const providers = codes.map((code) => ({ code, country: 'ZMB', currencies }))
    const policy = { version: '1', gateways: ['one', 'two'].map((name) => ({ name, providers })) }
    const [busy, other] = [core.createRouter(policy), core.createRouter(policy)]
    const { world, sharing } = isolateOf(async () => [], busy)
    const see = (rail: string, kind: 'succeeded' | 'unknown', ago: number) =>
      busy.observe({ gateway: 'one', rail, nowMs: world.nowMs - ago, seen: { kind } })
    for (const code of codes) {
      for (let ago = 3 * 3_600_000; ago > 120_000; ago -= 300_000) see(code, 'succeeded', ago)
      for (let ago = 117_000; ago >= 0; ago -= 3_000) see(code, 'succeeded', ago)
    }
    for (let i = 0; i < 8; i++) see('OPERATOR_7_ZMB', 'unknown', 0)
    busy.observe({
      gateway: 'one',
      rail: 'OPERATOR_9_ZMB',
      nowMs: world.nowMs,
      seen: { kind: 'feed', status: 'closed' },
    })
    for (let i = 0; i < 3; i++) {
      sharing.observed()
      await sharing.soon()
      world.nowMs += SHARE_EVERY_MS
    }
    expect(world.tooLong).toEqual([expect.any(Number)])
    expect(world.tooLong[0]).toBeGreaterThan(3 * OWN_BYTES_MAX)
    const [told = ''] = world.told
    expect(told.length).toBeLessThanOrEqual(OWN_BYTES_MAX)
    expect(other.hear([told], world.nowMs)).toBe(1)
    const rails = new Map(other.standing(world.nowMs).rails.map(({ rail, pairs }) => [rail, pairs[0]]))
    expect(rails.get('OPERATOR_7_ZMB')).toMatchObject({ gateway: 'one', position: 'half_open' })
    expect(rails.get('OPERATOR_9_ZMB')).toMatchObject({ gateway: 'one', feed: 'closed' })
    for (const code of codes) expect(rails.get(code)?.outcomes, code).toBeGreaterThan(0)
  })

  it('makes up for a round that died with its object, and for a clock that went back', async () => {
    const { world, sharing } = isolateOf(async () => [])
    await sharing.soon()
    world.nowMs += 1
    expect(sharing.soon()).not.toBeNull()
    world.nowMs += 2 * SHARE_EVERY_MS
    expect(sharing.soon()).not.toBeNull()
    world.nowMs -= 3_600_000
    expect(sharing.soon()).not.toBeNull()
  })
})
