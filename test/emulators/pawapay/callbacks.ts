import { post } from '../kit/callback-post.ts'
import type { VirtualClock } from '../kit/clock.ts'
import { type Deposit, padded, statusData } from './deposits.ts'
import { type SignatureEncoding, signMessage } from './http-signature.ts'
import type { Persona } from './persona.ts'
import type { SigningKey } from './signing-key.ts'

/** One try to deliver one callback. `status` 0: no answer. */
export interface CallbackTry {
  readonly reference: string
  readonly url: string
  /** 1 for the first try of this callback. */
  readonly attempt: number
  readonly status: number
  readonly ms: number
  /** Virtual time at which the try began. */
  readonly atMs: number
  /** The same moment by the wall clock. */
  readonly sentAtMs: number
  readonly signed: boolean
  readonly body: string
  readonly error?: string
}

/** A status body without clientReferenceId, amounts as the persona writes them. */
export const callbackBody = (deposit: Deposit, persona: Persona): Record<string, unknown> => {
  const { clientReferenceId: _, ...data } = statusData(deposit)
  const places = persona.amountDecimals === 'four' ? 4 : 2
  return {
    ...data,
    status: persona.unknownStatus ?? data['status'],
    amount: persona.amountInCallback ?? padded(deposit.request.amount, places),
    currency: persona.currencyInCallback ?? data['currency'],
  }
}

/** Delivered until 200, for a quarter of an hour (docs.pawapay.io, callbacks). The spacing is not published. */
const SPACING_MS = [5_000, 15_000, 30_000, 60_000]
const GIVE_UP_AFTER_MS = 15 * 60_000
const HELD_AT_MOST_MS = 60_000

export interface Callbacks {
  /** Sends what is true of the deposit now. Resolves after the first try of each copy. */
  deliver(deposit: Deposit): Promise<void>
  /** One POST outside every persona, for forgeries. */
  postOnce(reference: string, url: URL, headers: Record<string, string>, body: Buffer): Promise<CallbackTry>
  sign(url: URL, body: Buffer, skewMs?: number, components?: readonly string[]): Record<string, string>
  tries(): readonly CallbackTry[]
  /** Resolves when no delivery is under way. */
  idle(): Promise<void>
  clear(): void
}

export const createCallbacks = (world: {
  readonly clock: VirtualClock
  readonly random: () => number
  readonly closing: AbortSignal
  readonly url: () => URL
  readonly key: () => SigningKey
  readonly encoding: SignatureEncoding
  readonly signed: boolean
  readonly personaOf: (deposit: Deposit) => Persona
}): Callbacks => {
  const { clock } = world
  let tries: CallbackTry[] = []
  let held: (() => Promise<void>) | undefined
  let generation = 0
  const underWay = new Set<Promise<unknown>>()

  const tracked = <T>(work: Promise<T>): Promise<T> => {
    underWay.add(work)
    void work.finally(() => underWay.delete(work))
    return work
  }

  const sign: Callbacks['sign'] = (url, body, skewMs = 0, components) =>
    signMessage({ method: 'POST', authority: url.host, target: url.pathname + url.search, body }, world.key(), {
      nowMs: Date.now() + skewMs,
      encoding: world.encoding,
      contentType: 'application/json',
      nanoseconds: Math.floor(world.random() * 1_000_000),
      ...(components ? { components } : {}),
    })

  const tryOnce = async (
    reference: string,
    url: URL,
    headers: Record<string, string>,
    body: Buffer,
    attempt: number,
  ): Promise<CallbackTry> => {
    const atMs = clock.nowMs()
    const sentAtMs = Date.now()
    const { answer: _, ...posted } = await post(url, headers, body, world.closing)
    const made = {
      reference,
      url: url.href,
      attempt,
      atMs,
      sentAtMs,
      signed: 'Signature' in headers,
      body: body.toString('utf8'),
      ...posted,
    }
    tries.push(made)
    return made
  }

  const send = async (deposit: Deposit, body: Buffer): Promise<void> => {
    const firstAtMs = clock.nowMs()
    const bornIn = generation
    let headers: Record<string, string> | undefined
    const attempt = async (n: number): Promise<void> => {
      const persona = world.personaOf(deposit)
      const url = world.url()
      const unsigned = !world.signed || persona.unsignedCallbacks
      if (unsigned) headers = { 'Content-Type': 'application/json' }
      else if (!headers || persona.resignRetries) headers = sign(url, body, persona.skewMs)
      const { status } = await tryOnce(deposit.request.depositId, url, headers, body, n)
      if (status === 200 || world.closing.aborted || generation !== bornIn) return
      const nextAtMs = clock.nowMs() + (SPACING_MS[n - 1] ?? 60_000)
      if (nextAtMs - firstAtMs <= GIVE_UP_AFTER_MS) clock.at(nextAtMs, () => tracked(attempt(n + 1)))
    }
    await attempt(1)
  }

  const release = async (): Promise<void> => {
    const sending = held
    held = undefined
    await sending?.()
  }

  return {
    deliver: (deposit) => {
      const persona = world.personaOf(deposit)
      if (persona.withholdCallbacks) return Promise.resolve()
      const body = Buffer.from(JSON.stringify(callbackBody(deposit, persona)))
      const copies = Math.max(1, persona.duplicateCallbacks)
      const sending = async () => {
        await tracked(Promise.all(Array.from({ length: copies }, () => send(deposit, body))))
      }
      if (!persona.reorderCallbacks || held) return sending().then(release)
      held = sending
      clock.after(HELD_AT_MOST_MS, () => (held === sending ? release() : undefined))
      return Promise.resolve()
    },
    postOnce: (reference, url, headers, body) => tracked(tryOnce(reference, url, headers, body, 1)),
    sign,
    tries: () => tries,
    idle: async () => {
      while (underWay.size > 0) await Promise.allSettled([...underWay])
    },
    clear: () => {
      tries = []
      held = undefined
      generation++
    },
  }
}
