import { describe, expect, it } from 'vitest'
import type { PublicKey } from '../../../src/contracts/vault-core.ts'
import { createKeyCache } from '../../../src/vault/key-cache.ts'

const SECOND = 1000
const HOUR = 3_600 * SECOND
const keysNamed = (...ids: string[]): PublicKey[] => ids.map((id) => ({ id, key: 'pem' }))
const noKeepAlive = () => {}

const fixture = () => {
  const it = {
    nowMs: 1_000_000,
    fetches: 0,
    answer: keysNamed('K1') as readonly PublicKey[] | null,
    /** Set: the next fetches wait for it. */
    gate: null as Promise<void> | null,
  }
  const cache = createKeyCache({
    nowMs: () => it.nowMs,
    sleep: () => new Promise(() => {}),
    fetchKeys: async () => {
      it.fetches += 1
      await it.gate
      return it.answer
    },
  })
  return { it, cache, refetch: () => cache.refetch(noKeepAlive) }
}

describe('key cache', () => {
  it('knows nothing until it asked, then for twelve hours', async () => {
    const { it: world, cache, refetch } = fixture()
    expect(cache.current()).toBeNull()
    expect(await refetch()).toEqual({ kind: 'keys', keys: keysNamed('K1') })
    expect(cache.current()).toEqual(keysNamed('K1'))
    world.nowMs += 12 * HOUR - 1
    expect(cache.current()).toEqual(keysNamed('K1'))
    world.nowMs += 1
    expect(cache.current()).toBeNull()
  })

  it('asks again at most once in 60 s, whatever comes', async () => {
    const { it: world, refetch } = fixture()
    await refetch()
    for (let second = 1; second < 600; second++) {
      world.nowMs += SECOND
      await Promise.all(Array.from({ length: 10 }, refetch))
    }
    expect(world.fetches).toBe(10)
    expect(await refetch()).toEqual({ kind: 'paused' })
  })

  it('a failed fetch leaves what is known, and counts for the pause', async () => {
    const { it: world, cache, refetch } = fixture()
    await refetch()
    world.answer = null
    world.nowMs += 60 * SECOND
    expect(await refetch()).toEqual({ kind: 'failed' })
    expect(await refetch()).toEqual({ kind: 'paused' })
    expect(cache.current()).toEqual(keysNamed('K1'))
  })

  it('with nothing known it tries again after 5 s', async () => {
    const { it: world, refetch } = fixture()
    world.answer = null
    expect(await refetch()).toEqual({ kind: 'failed' })
    expect(await refetch()).toEqual({ kind: 'paused' })
    world.nowMs += 5 * SECOND
    world.answer = keysNamed('K2')
    expect(await refetch()).toEqual({ kind: 'keys', keys: keysNamed('K2') })
    expect(world.fetches).toBe(2)
  })

  it('many at once wait for one fetch', async () => {
    const { it: world, refetch } = fixture()
    let open = () => {}
    world.gate = new Promise((resolve) => {
      open = resolve
    })
    const waiting = Array.from({ length: 20 }, refetch)
    open()
    expect(await Promise.all(waiting)).toEqual(Array(20).fill({ kind: 'keys', keys: keysNamed('K1') }))
    expect(world.fetches).toBe(1)
  })

  it('a fetch whose request was cancelled blocks nobody for ever', async () => {
    const { it: world, refetch } = fixture()
    world.gate = new Promise(() => {})
    void refetch()
    world.nowMs += 8 * SECOND
    world.gate = null
    expect(await refetch()).toEqual({ kind: 'keys', keys: keysNamed('K1') })
  })

  it('a clock that jumps back does not stop it for longer than the pause', async () => {
    const { it: world, refetch } = fixture()
    await refetch()
    world.nowMs -= HOUR
    expect(await refetch()).toMatchObject({ kind: 'keys' })
  })
})
