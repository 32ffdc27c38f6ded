import { isDown, OUTSIDE, type World } from '../world.ts'
import { redisScripts, type Store } from './redis-scripts.ts'

interface Entry {
  readonly value: string
  readonly expiresAtMs: number
}

interface Change {
  readonly atMs: number
  readonly key: string
  readonly before: Entry | undefined
}

/** A failover may lose what was acknowledged in this time. */
const LOST_MS_MAX = 8_000

/** The one Redis of a shard: honest until a fault strikes. */
export const createRedis = (world: World) => {
  const { scheduler, random, faults, notes, system } = world
  const scriptOf = redisScripts(system.redisScripts)
  const entries = new Map<string, Entry>()
  let changes: Change[] = []

  const live = (key: string): Entry | undefined => {
    const entry = entries.get(key)
    return entry && entry.expiresAtMs > scheduler.nowMs ? entry : undefined
  }
  const put = (key: string, entry: Entry | undefined) => {
    changes.push({ atMs: scheduler.nowMs, key, before: entries.get(key) })
    if (changes.length > 256) changes = changes.slice(128)
    if (entry) entries.set(key, entry)
    else entries.delete(key)
  }
  const store: Store = {
    get: (key) => live(key)?.value ?? null,
    set: (key, value, ttlMs) => put(key, { value, expiresAtMs: scheduler.nowMs + ttlMs }),
    remove: (key) => put(key, undefined),
    ttl: (key) => (live(key)?.expiresAtMs ?? 0) - scheduler.nowMs,
  }

  const failOver = () => {
    const sinceMs = scheduler.nowMs - random.int(LOST_MS_MAX)
    while (changes.length > 0 && (changes.at(-1)?.atMs ?? 0) >= sinceMs) {
      const { key, before } = changes.pop() as Change
      if (before) entries.set(key, before)
      else entries.delete(key)
    }
    notes.tell(scheduler.nowMs, 'redis', () => 'failed over, lost what was written last')
  }

  /** Who holds the token writes "paid", with a seal of his own making, in the place of a true snapshot (T63). */
  const forge = (key: string) => {
    const entry = live(key)
    if (!entry) return
    const snapshot = JSON.parse(entry.value.slice(15)) as { text: string; expiresAtMs: number }
    const view = JSON.parse(snapshot.text) as { status: string; attempts: { status: string }[] }
    for (const attempt of view.attempts) attempt.status = 'succeeded'
    const text = JSON.stringify({ ...view, status: 'succeeded' })
    const forged = { ...snapshot, text, seal: { mac: 'f0'.repeat(32), kid: '1' } }
    put(key, { value: `999999999999999${JSON.stringify(forged)}`, expiresAtMs: scheduler.nowMs + 600_000 })
  }

  const run = (script: string, keys: readonly string[], args: readonly string[]): unknown => {
    if (faults.strikes('redis_flushed')) entries.clear()
    if (faults.strikes('redis_failed_over')) failOver()
    const snapshotKey = keys.find((key) => key.includes(':s:'))
    if (snapshotKey && faults.strikes('redis_forged')) forge(snapshotKey)
    return scriptOf(script)(store, keys, args)
  }

  return {
    eval: (script: string, keys: readonly string[], args: readonly string[], timeoutMs: number): Promise<unknown> => {
      const asker = scheduler.place
      return new Promise((resolve, reject) => {
        const giveUp = scheduler.after(timeoutMs, asker, () => reject(new DOMException('too slow', 'TimeoutError')))
        if (isDown(world, 'redis_down')) return
        const slowMs = faults.strikes('redis_slow') ? random.int(2 * timeoutMs) : 0
        scheduler.after(slowMs + random.between(1, 20), OUTSIDE, () => {
          const answer = run(script, keys, args)
          if (faults.strikes('redis_answer_lost')) return
          scheduler.after(random.between(1, 20), asker, () => {
            giveUp()
            resolve(answer)
          })
        })
      })
    },
  }
}
