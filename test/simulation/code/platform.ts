/**
 * What the Workers runtime is to our code: clock, timers, random bytes, HTTP types. The bundle's uses of the globals are
 * bound to `globalThis.langoPlatform` (see bundle.ts), so that nothing of Node's own changes.
 */
import { createHash } from 'node:crypto'
import type { Random } from '../random.ts'
import type { Place, Scheduler } from '../scheduler.ts'
import type { World } from '../world.ts'
import { LightHeaders, LightResponse } from './http.ts'

export interface Platform {
  now(): number
  setTimeout(run: () => void, delayMs: number): unknown
  clearTimeout(timer: unknown): void
  abortAfter(ms: number): { readonly afterMs: number }
  log(record: unknown): void
  parse(text: string): unknown
  readonly crypto: unknown
  readonly Response: unknown
  readonly Headers: unknown
}

const MEMORABLE = 500
const REMEMBERED = 4

/**
 * `JSON.parse` that remembers the last long texts of a place: an object reads its own row several times between two writes,
 * and nothing in src changes what it has read. That this is so, and changes no history, is tested.
 */
const rememberingParse = (scheduler: Scheduler): ((text: string) => unknown) => {
  const known = new WeakMap<Place, { readonly text: string; readonly value: unknown }[]>()
  return (text) => {
    if (text.length < MEMORABLE) return JSON.parse(text)
    let own = known.get(scheduler.place)
    if (!own) {
      own = []
      known.set(scheduler.place, own)
    }
    for (const each of own) if (each.text === text) return each.value
    const value: unknown = JSON.parse(text)
    own.unshift({ text, value })
    if (own.length > REMEMBERED) own.pop()
    return value
  }
}

/** 128 bits that only look random: for names that need to differ, not to be secret. */
export const quickHash = (text: string): string => {
  let a = 0xdeadbeef
  let b = 0x41c6ce57
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    a = Math.imul(a ^ code, 2654435761)
    b = Math.imul(b ^ code, 1597334677)
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909)
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909)
  const hex = (n: number) => (n >>> 0).toString(16).padStart(8, '0')
  return hex(a) + hex(b) + hex(Math.imul(a, 31) ^ b) + hex(Math.imul(b, 37) ^ a)
}

const decoder = new TextDecoder()

/** WebCrypto answers with a buffer of its own, never with a view of another: code that asks for its first eight bytes gets those. */
const alone = (bytes: Buffer): ArrayBuffer =>
  bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer

/** Digests are exact. Signatures are of no secret here, so they only need to differ for different texts. */
const createCrypto = (random: Random) => ({
  getRandomValues: (bytes: Uint8Array): Uint8Array => {
    bytes.set(random.bytes(bytes.length))
    return bytes
  },
  subtle: {
    digest: async (_: string, bytes: Uint8Array) => alone(createHash('sha256').update(bytes).digest()),
    timingSafeEqual: (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b) === 0,
    importKey: async () => null,
    sign: async (_: string, __: unknown, bytes: Uint8Array) =>
      alone(Buffer.from(quickHash(decoder.decode(bytes)).repeat(2), 'hex')),
  },
})

/** `skews`: whether clocks may be wrong now. `log`: told what our code would write, record by record. */
export const installPlatform = (world: World, skews: () => boolean, log: (record: unknown) => void): void => {
  const { scheduler, random } = world
  const platform: Platform = {
    now: () => scheduler.nowMs + (skews() ? scheduler.place.skewMs : 0),
    setTimeout: (run, delayMs) => scheduler.after(delayMs, scheduler.place, run),
    clearTimeout: (timer) => {
      if (typeof timer === 'function') timer()
    },
    abortAfter: (afterMs) => ({ afterMs }),
    log,
    parse: world.plain ? (text) => JSON.parse(text) : rememberingParse(scheduler),
    crypto: createCrypto(random),
    Response: LightResponse,
    Headers: LightHeaders,
  }
  Object.assign(globalThis, { langoPlatform: platform })
}
