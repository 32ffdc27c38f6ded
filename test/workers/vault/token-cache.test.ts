import { describe, expect, it } from 'vitest'
import { createTokenCache } from '../../../src/vault/token-cache.ts'

const MINUTE = 60_000
const noKeepAlive = () => {}

const fixture = (expiresInS = 3600) => {
  const it = {
    nowMs: 1_000_000,
    fetches: 0,
    works: true,
    /** Set: the next fetches wait for it. */
    gate: null as Promise<void> | null,
    sleeping: null as Promise<void> | null,
  }
  const cache = createTokenCache({
    nowMs: () => it.nowMs,
    sleep: () => it.sleeping ?? new Promise(() => {}),
    fetchToken: async () => {
      const token = `token-${++it.fetches}`
      await it.gate
      return it.works ? { token, expiresInS } : null
    },
  })
  return { it, cache }
}

describe('token cache', () => {
  it('keeps a token until its last minute', async () => {
    const { it: world, cache } = fixture()
    expect(cache.current()).toBeUndefined()
    expect(await cache.fetch(noKeepAlive)).toBe('token-1')
    world.nowMs += 59 * MINUTE - 1
    expect(cache.current()).toBe('token-1')
    world.nowMs += 1
    expect(cache.current()).toBeUndefined()
  })

  it('counts from when it was asked for, and keeps a short one for half its life', async () => {
    const { it: world, cache } = fixture(40)
    let open = () => {}
    world.gate = new Promise((resolve) => {
      open = resolve
    })
    const fetched = cache.fetch(noKeepAlive)
    world.nowMs += 5_000
    open()
    await fetched
    world.nowMs += 14_999
    expect(cache.current()).toBe('token-1')
    world.nowMs += 1
    expect(cache.current()).toBeUndefined()
  })

  it('is fetched once for all who wait', async () => {
    const { it: world, cache } = fixture()
    const held: Promise<unknown>[] = []
    const all = Array.from({ length: 20 }, () => cache.fetch((work) => held.push(work)))
    expect(await Promise.all(all)).toEqual(Array(20).fill('token-1'))
    expect([world.fetches, held.length]).toEqual([1, 1])
  })

  it('whoever comes late does not wait for a fetch that was given up', async () => {
    const { it: world, cache } = fixture()
    world.gate = new Promise(() => {})
    void cache.fetch(noKeepAlive)
    world.gate = null
    world.nowMs += 12_000
    expect(await cache.fetch(noKeepAlive)).toBe('token-2')
  })

  it('whoever waits for one that never ends is told that there is none', async () => {
    const { it: world, cache } = fixture()
    world.gate = new Promise(() => {})
    void cache.fetch(noKeepAlive)
    world.sleeping = Promise.resolve()
    expect(await cache.fetch(noKeepAlive)).toBeNull()
  })

  it('renews what was refused once, for all to whom it was refused', async () => {
    const { it: world, cache } = fixture()
    await cache.fetch(noKeepAlive)
    const renewed = await Promise.all(Array.from({ length: 5 }, () => cache.renew('token-1', noKeepAlive)))
    expect(renewed).toEqual(Array(5).fill('token-2'))
    expect(await cache.renew('token-1', noKeepAlive)).toBe('token-2')
    expect(world.fetches).toBe(2)
  })

  it('asks again after it got none', async () => {
    const { it: world, cache } = fixture()
    world.works = false
    expect(await cache.fetch(noKeepAlive)).toBeNull()
    world.works = true
    expect(await cache.fetch(noKeepAlive)).toBe('token-2')
  })
})
