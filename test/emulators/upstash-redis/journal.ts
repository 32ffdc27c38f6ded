import { isDeepStrictEqual } from 'node:util'
import { accessOf } from './access.ts'
import type { Backend, KeyImage } from './backend.ts'
import type { Command, Reply } from './resp.ts'

/** Enough for any test; older writes can no longer be undone. */
const WRITES_KEPT = 1_000

/** redis-server tells what is left of a lifetime, not when it ends: two readings of one end differ a little. */
const EXPIRY_JITTER_MS = 10

const same = (a: KeyImage['saved'], b: KeyImage['saved']): boolean => {
  if (a === null || b === null) return a === b
  const [endA, endB] = [a.expiresAtMs, b.expiresAtMs]
  const sameEnd = endA === null || endB === null ? endA === endB : Math.abs(endA - endB) <= EXPIRY_JITTER_MS
  return sameEnd && isDeepStrictEqual(a.content, b.content)
}

/**
 * Runs commands one at a time and keeps, before each write, what its keys held. From that come two faults of a
 * replicated store: a read from a replica that lags, and a failover that loses acknowledged writes.
 */
export const createJournal = (backend: Backend) => {
  let writes: { readonly sequence: number; readonly before: readonly KeyImage[] }[] = []
  let sequence = 0
  let tail: Promise<unknown> = Promise.resolve()

  const alone = <Value>(work: () => Promise<Value>): Promise<Value> => {
    const result = tail.then(work)
    tail = result.catch(() => {})
    return result
  }

  const keysOf = async (command: Command, keys: readonly Buffer[] | 'all' | 'ask') =>
    keys === 'ask' ? await backend.keysOf(command) : keys

  const imageOf = async (commands: readonly Command[]): Promise<KeyImage[]> => {
    const images: KeyImage[] = []
    for (const command of commands) {
      const { kind, keys } = accessOf(command)
      if (kind === 'write') images.push(...(await backend.image(await keysOf(command, keys))))
    }
    return images
  }

  /** A script that only read, or a SET NX that was refused, is no write. */
  const recording = async (commands: readonly Command[], run: () => Promise<Reply>): Promise<Reply> => {
    const before = await imageOf(commands)
    const reply = await run()
    if (before.length === 0) return reply
    const after = await backend.image(before.map((image) => image.key))
    const changed = before.filter((image, i) => !same(image.saved, after[i]?.saved ?? null))
    if (changed.length > 0) writes = [...writes.slice(1 - WRITES_KEPT), { sequence: ++sequence, before: changed }]
    return reply
  }

  /** The oldest image of each key among the writes that the replica has not seen. */
  const replicaView = (keys: readonly Buffer[], seen: number): KeyImage[] =>
    keys.flatMap((key) => {
      const unseen = writes.filter((write) => write.sequence > seen).flatMap((write) => write.before)
      return unseen.find((image) => image.key.equals(key)) ?? []
    })

  return {
    /** Number of writes so far: what a sync token stands for. */
    sequence: () => sequence,

    /** `lag`: how many of the latest writes a replica misses, unless the sync token `seen` covers them. */
    run: (command: Command, replica: { readonly lag: number; readonly seen: number }): Promise<Reply> =>
      alone(async () => {
        const { kind, keys } = accessOf(command)
        if (kind === 'write') return recording([command], () => backend.run(command))
        const view =
          kind === 'read' && replica.lag > 0 && keys !== 'ask' && keys !== 'all'
            ? replicaView(keys, Math.max(replica.seen, sequence - replica.lag))
            : []
        if (view.length === 0) return backend.run(command)
        const present = await backend.image(view.map((image) => image.key))
        await backend.restore(view)
        try {
          return await backend.run(command)
        } finally {
          await backend.restore(present)
        }
      }),

    transaction: (commands: readonly Command[]): Promise<Reply> =>
      alone(() => recording(commands, () => backend.transaction(commands))),

    /** Undoes the last `count` writes, newest first. Resolves to how many there were. */
    lose: (count: number): Promise<number> =>
      alone(async () => {
        const lost = writes.slice(-count).toReversed()
        for (const write of lost) {
          for (const image of write.before.toReversed()) await backend.restore([image])
        }
        writes = writes.slice(0, writes.length - lost.length)
        return lost.length
      }),

    forget: (): void => {
      writes = []
    },
  }
}

export type Journal = ReturnType<typeof createJournal>
