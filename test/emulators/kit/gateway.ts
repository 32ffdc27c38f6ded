/**
 * The frame of a simulated gateway: its server, its clock, what becomes of charges, faults on the way, callbacks and the
 * control routes. A vendor brings the wire format (`Vendor`): what it is asked, what it answers and what it calls back with.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { type CallbackPersona, type CallbackTry, createCallbacks } from './callbacks.ts'
import { type Capture, type Charge, type ChargePersona, type Charges, createCharges } from './charges.ts'
import { VirtualClock } from './clock.ts'
import { answerCommonControl, type CommonControls, commandOf } from './control.ts'
import { createPersonas, type PersonaCommand } from './persona.ts'
import { seeded } from './random.ts'
import { type RecordedRequest, record, recordAnswer } from './request-log.ts'
import { type Arrived, type Handled, json, type Reply, serve } from './server.ts'
import { withTransportFaults } from './transport-faults.ts'
import { NO_FAULTS, type TransportPersona } from './transport-persona.ts'

/** `create`: what may take money. `status`: what asks about it. `otp`: a code that the customer was asked for. */
export type CallKind = 'create' | 'status' | 'otp'

/** The settings that every such gateway has; docs of a vendor's own ones are in its README. */
export interface GatewayPersona extends TransportPersona, ChargePersona, CallbackPersona {
  /** Which calls the transport's faults hit. */
  readonly faultsOn: readonly CallKind[]
  /** A question is answered "not found" for that long after the charge was taken. */
  readonly statusNotFoundForMs: number
  /** This word as status, in answers to questions and in callbacks. */
  readonly statusWord: string | null
}

export const USUAL: GatewayPersona = {
  ...NO_FAULTS,
  faultsOn: ['create'],
  settleMs: 300,
  outcome: 'succeeded',
  failure: null,
  lateSuccess: null,
  statusNotFoundForMs: 0,
  statusWord: null,
  withholdCallbacks: false,
  duplicateCallbacks: 0,
  callbackAuthentication: 'genuine',
}

export interface World<Persona> {
  readonly clock: VirtualClock
  readonly charges: Charges<Persona>
}

/** How one call is answered, once its persona is known. */
export type Call<Persona> =
  | {
      readonly kind: 'create'
      readonly msisdn: string | undefined
      readonly answer: (persona: Persona, sticky: Partial<Persona>) => Reply
    }
  /** `charge`: whose persona holds. */
  | {
      readonly kind: 'status' | 'otp'
      readonly charge: Charge<Persona> | undefined
      readonly answer: (persona: Persona) => Reply
    }
  | { readonly kind: 'other'; readonly answer: () => Reply }

export interface Vendor<Persona extends GatewayPersona> {
  readonly name: string
  readonly portVariable: string
  readonly usual: Persona
  /** How long after each unanswered callback the next try goes out. */
  readonly retryMs: readonly number[]
  readonly route: (world: World<Persona>, arrived: Arrived) => Call<Persona>
  /** What it calls back with when a charge is final; null: it does not. */
  readonly callback: (
    charge: Charge<Persona>,
    persona: Persona,
  ) => { readonly headers: Readonly<Record<string, string>>; readonly body: string } | null
}

export interface GatewayOptions {
  /** 0 picks a free one. */
  readonly port: number
  /** Where callbacks go. */
  readonly callbackUrl: string
  /** `stopped`: nothing settles and no callback goes out until `advance`. */
  readonly clock?: 'running' | 'stopped'
}

export interface Gateway<Persona> {
  readonly url: string
  readonly clock: VirtualClock
  /** Every call of the API, in order; the control calls are not among them. */
  requests(): readonly RecordedRequest[]
  charges(): readonly Charge<Persona>[]
  captures(): readonly Capture[]
  callbacks(): readonly CallbackTry[]
  persona(command: PersonaCommand<Persona>): Persona
  /** Waits for what is under way, then pushes virtual time ahead, and waits for what that set off. */
  advance(byMs: number): Promise<void>
  reset(): void
  close(): Promise<void>
}

/** Serves on the loopback interface. */
export const startGateway = async <Persona extends GatewayPersona>(
  vendor: Vendor<Persona>,
  options: GatewayOptions,
): Promise<Gateway<Persona>> => {
  const clock = new VirtualClock(options.clock)
  const personas = createPersonas(vendor.usual)
  const closing = new AbortController()
  const random = seeded(1)
  const pause = (ms: number) =>
    ms > 0 ? sleep(ms, undefined, { signal: closing.signal }).catch(() => undefined) : Promise.resolve()
  let requests: RecordedRequest[] = []

  const personaOf = (charge: Charge<Persona>) => personas.of(charge.request.msisdn, charge.sticky)
  const callbacks = createCallbacks({
    clock,
    closing: closing.signal,
    url: () => options.callbackUrl,
    retryMs: vendor.retryMs,
  })
  const charges = createCharges<Persona>({
    clock,
    personaOf,
    onFinal: async (charge) => {
      const persona = personaOf(charge)
      const made = vendor.callback(charge, persona)
      if (made) await callbacks.deliver(charge.request.reference, persona, made)
    },
  })
  const world: World<Persona> = { clock, charges }

  const answerCall = (arrived: Arrived): Handled | Promise<Handled> => {
    const call = vendor.route(world, arrived)
    if (call.kind === 'other') return call.answer()
    if (call.kind !== 'create') {
      const persona = call.charge ? personaOf(call.charge) : personas.of()
      const answer = () => call.answer(persona)
      return persona.faultsOn.includes(call.kind) ? withTransportFaults(persona, { random, pause }, answer) : answer()
    }
    const sticky = personas.takeNext()
    const persona = personas.of(call.msisdn, sticky)
    const answer = () => call.answer(persona, sticky)
    return persona.faultsOn.includes('create') ? withTransportFaults(persona, { random, pause }, answer) : answer()
  }

  const controls: CommonControls<Persona> = {
    clock,
    personas,
    requests: () => requests,
    captures: charges.captures,
    callbacks: callbacks.tries,
    advance: async (byMs) => {
      await callbacks.idle()
      await clock.advance(byMs)
      await callbacks.idle()
    },
    reset: () => {
      clock.clear()
      personas.clear()
      charges.clear()
      callbacks.clear()
      requests = []
    },
  }

  const server = await serve({
    name: vendor.name,
    port: options.port,
    portVariable: vendor.portVariable,
    handle: async (arrived) => {
      if (arrived.path.startsWith('/_sim/')) {
        const command = commandOf(arrived)
        if (!command) return json(400, { error: 'the body is not a JSON object' })
        const answer = await answerCommonControl(controls, arrived, command)
        return answer ?? json(404, { error: `no ${arrived.method} ${arrived.path}` })
      }
      const request = record(arrived)
      requests.push(request)
      return recordAnswer(request, await answerCall(arrived))
    },
  })

  return {
    url: server.url,
    clock,
    requests: controls.requests,
    charges: charges.all,
    captures: charges.captures,
    callbacks: callbacks.tries,
    persona: personas.set,
    advance: controls.advance,
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
