import { describe, expect, it } from 'vitest'
import { createRouteSharing, SHARE_EVERY_MS } from '../../../src/consumer/route-sharing.ts'

/** An isolate by a clock of its own; a round sleeps until the test lets it. */
const isolateOf = (exchange: (own: string) => Promise<readonly string[]>) => {
  const world = { nowMs: 1_790_000_000_000, told: [] as string[], heard: [] as (readonly string[])[], failures: 0 }
  const slept: { readonly ms: number; readonly wake: () => void }[] = []
  const sharing = createRouteSharing({
    router: {
      own: () => 'own',
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
