import { createPublicKey, type KeyObject } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { VirtualClock } from '../kit/clock.ts'
import { seeded } from '../kit/random.ts'
import { type RecordedRequest, record, recordAnswer } from '../kit/request-log.ts'
import { serve } from '../kit/server.ts'
import { answerCall } from './api.ts'
import { type CallbackTry, createCallbacks } from './callbacks.ts'
import { answerControl, type Controls } from './control.ts'
import { type Capture, createDeposits, type Deposit } from './deposits.ts'
import type { SignatureEncoding } from './http-signature.ts'
import { createPersonas, type Persona, type PersonaCommand } from './persona.ts'
import { newSigningKey } from './signing-key.ts'
import type { World } from './world.ts'

export interface PawapayOptions {
  /** 0 picks a free one. */
  readonly port: number
  /** The API token that clients must send. */
  readonly token: string
  /** Callbacks go to `<callbackBase>/deposits`, as configured per operation in pawaPay's dashboard. */
  readonly callbackBase: string
  /** SPKI PEM of clients that may sign, by key id. */
  readonly requestKeys?: Readonly<Record<string, string>>
  /** "Only accept signed requests": an initiation without a good signature is refused. */
  readonly enforceSignatures?: boolean
  readonly signCallbacks?: boolean
  readonly signatureEncoding?: SignatureEncoding
  /** Latencies and nanoseconds are the same for the same seed. */
  readonly seed?: number
  /** `stopped`: no deposit settles and no callback goes out until `advance`. */
  readonly clock?: 'running' | 'stopped'
}

export interface Pawapay {
  readonly url: string
  readonly port: number
  readonly clock: VirtualClock
  /** Every call of the API, in order; the control calls are not among them. */
  requests(): readonly RecordedRequest[]
  captures(): readonly Capture[]
  callbacks(): readonly CallbackTry[]
  persona(command: PersonaCommand): Persona
  /** Waits for what is under way, then pushes virtual time ahead, and waits for what that set off. */
  advance(byMs: number): Promise<void>
  setCallbackBase(url: string): void
  registerRequestKey(id: string, pem: string): void
  rotateKey(): void
  reset(): void
  close(): Promise<void>
}

/** pawaPay's v2 Merchant API, deposits, on the loopback interface. */
export const startPawapay = async (options: PawapayOptions): Promise<Pawapay> => {
  const clock = new VirtualClock(options.clock)
  const random = seeded(options.seed ?? 1)
  const personas = createPersonas()
  const closing = new AbortController()
  const requestKeys = new Map<string, KeyObject>()
  const registerRequestKey = (id: string, pem: string) => void requestKeys.set(id, createPublicKey(pem))
  for (const [id, pem] of Object.entries(options.requestKeys ?? {})) registerRequestKey(id, pem)
  const encoding = options.signatureEncoding ?? 'der'
  const signCallbacks = options.signCallbacks ?? true
  let callbackBase = ''
  const setCallbackBase = (url: string) => {
    callbackBase = new URL(url).href.replace(/\/$/, '')
  }
  setCallbackBase(options.callbackBase)
  let signingKey = newSigningKey()
  let requests: RecordedRequest[] = []

  const personaOf = (deposit: Deposit) => personas.of(deposit.request.phoneNumber, deposit.sticky)
  const callbacks = createCallbacks({
    clock,
    random,
    personaOf,
    encoding,
    signed: signCallbacks,
    closing: closing.signal,
    url: () => new URL(`${callbackBase}/deposits`),
    key: () => signingKey,
  })
  const deposits = createDeposits({ clock, random, personaOf, onFinal: (deposit) => callbacks.deliver(deposit) })
  const world: World = {
    clock,
    random,
    personas,
    deposits,
    callbacks,
    requestKeys,
    signCallbacks,
    token: options.token,
    enforceSignatures: options.enforceSignatures ?? false,
    pause: (ms) =>
      ms > 0 ? sleep(ms, undefined, { signal: closing.signal }).catch(() => undefined) : Promise.resolve(),
    callbackBase: () => callbackBase,
    signingKey: () => signingKey,
  }
  const controls: Controls = {
    world,
    encoding,
    requests: () => requests,
    advance: async (byMs) => {
      await callbacks.idle()
      await clock.advance(byMs)
      await callbacks.idle()
    },
    reset: () => {
      clock.clear()
      personas.clear()
      deposits.clear()
      callbacks.clear()
      requests = []
    },
    rotateKey: () => {
      signingKey = newSigningKey()
    },
  }

  const server = await serve({
    name: 'pawaPay simulator',
    port: options.port,
    portVariable: 'LANGO_PAWAPAY_PORT',
    handle: async (arrived) => {
      if (arrived.path === '/sim' || arrived.path.startsWith('/_sim/')) return answerControl(controls, arrived)
      const request = record(arrived)
      requests.push(request)
      return recordAnswer(request, await answerCall(world, arrived, request))
    },
  })

  return {
    url: server.url,
    port: server.port,
    clock,
    requests: controls.requests,
    captures: deposits.captures,
    callbacks: callbacks.tries,
    persona: personas.set,
    advance: controls.advance,
    setCallbackBase,
    registerRequestKey,
    rotateKey: controls.rotateKey,
    reset: controls.reset,
    close: async () => {
      closing.abort()
      clock.clear()
      await server.close()
      await callbacks.idle()
      clock.clear()
    },
  }
}
