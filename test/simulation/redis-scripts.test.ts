import { afterAll, beforeAll, expect, it } from 'vitest'
import * as scripts from '../../src/adapters/redis-scripts.ts'
import type { VirtualClock } from '../emulators/kit/clock.ts'
import type { Backend } from '../emulators/upstash-redis/backend.ts'
import { createEmbedded } from '../emulators/upstash-redis/embedded/engine.ts'
import { command, type Reply } from '../emulators/upstash-redis/resp.ts'
import { redisScripts, type Store } from './parts/redis-scripts.ts'
import { createRandom } from './random.ts'

const CALLS = 600

let engine: Backend
let nowMs = 1_000_000

beforeAll(async () => {
  engine = await createEmbedded({ nowMs: () => nowMs } as unknown as VirtualClock)
})
afterAll(() => engine.close())

const plain = (reply: Reply): unknown => {
  switch (reply.type) {
    case 'array':
      return reply.items.map(plain)
    case 'bulk':
      return reply.bytes.toString()
    case 'integer':
      return Number(reply.value)
    case 'nil':
      return null
    default:
      throw new Error(JSON.stringify(reply))
  }
}

const createStore = (): Store => {
  const entries = new Map<string, { readonly value: string; readonly untilMs: number }>()
  const live = (key: string) => {
    const entry = entries.get(key)
    return entry && entry.untilMs > nowMs ? entry : undefined
  }
  return {
    get: (key) => live(key)?.value ?? null,
    set: (key, value, ttlMs) => entries.set(key, { value, untilMs: nowMs + ttlMs }),
    remove: (key) => entries.delete(key),
    ttl: (key) => (live(key)?.untilMs ?? 0) - nowMs,
  }
}

it('the simulated scripts answer what the real ones answer in the Lua engine', async () => {
  const random = createRandom(7)
  const scriptOf = redisScripts(scripts)
  const store = createStore()
  const seen = new Map<string, number>()
  const snapshot = () => (random.chance(0.4) ? `${scripts.FAILED_MARK}"v":1}` : '{"v":1}')
  const calls: (() => readonly [script: string, keys: string[], args: string[]])[] = [
    () => {
      const owner = random.pick(['a', 'b']).repeat(32)
      const meters = random.pick<string[]>([[], ['m1'], ['m1', 'm2']])
      return [
        scripts.CLAIM,
        [`k${random.int(5)}`, random.pick(['p1', 'p2']), `s${random.int(4)}`, ...meters],
        [owner, `${owner}{}`, '400', '900', ...meters.flatMap(() => ['2000', '3000'])],
      ]
    },
    () => [scripts.RELEASE, [`k${random.int(5)}`, random.pick(['p1', 'p2'])], ['a'.repeat(32)]],
    () => {
      const version = String(random.int(50)).padStart(scripts.VERSION_LENGTH, '0')
      const keyed = random.chance(0.5)
      const meters = keyed ? random.pick<string[]>([[], ['m1'], ['m1', 'm2']]) : []
      return [
        scripts.KEEP,
        [`s${random.int(2)}`, ...(keyed ? [`k${random.int(2)}`] : []), ...meters],
        [
          version,
          snapshot(),
          '150',
          ...(keyed ? [`${'b'.repeat(32)}{"begun":true}`, '4000'] : []),
          ...meters.map(() => '200'),
        ],
      ]
    },
    () => [scripts.READ, [`s${random.int(4)}`], []],
  ]
  for (let i = 0; i < CALLS; i++) {
    const call = calls[random.chance(0.4) ? 0 : random.int(calls.length)] as (typeof calls)[number]
    const [script, keys, args] = call()
    // The flag is Upstash's own; plain Redis does not know it.
    const lua = script.replace('#!lua flags=allow-key-locking\n', '')
    const real = plain(await engine.run(command('EVAL', lua, keys.length, ...keys, ...args)))
    const simulated = scriptOf(script)(store, keys, args)
    expect(simulated, `call ${i}: ${JSON.stringify([keys, args])}`).toEqual(real)
    const kind = Array.isArray(real) ? String(real[0]) : typeof real
    seen.set(kind, (seen.get(kind) ?? 0) + 1)
    nowMs += random.int(150)
  }
  expect([...seen.keys()]).toEqual(expect.arrayContaining(['first', 'mine', 'key', 'payment', 'joined', 'limited']))
})

it('a script that it does not know is an error', () => {
  expect(() => redisScripts(scripts)(`${scripts.READ} `)).toThrow('does not know')
})
