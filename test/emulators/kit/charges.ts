import type { VirtualClock } from './clock.ts'

export type ChargeState = 'pending' | 'succeeded' | 'failed'

/** A charge as a gateway took it. Money is integer minor units, whatever the gateway writes. */
export interface ChargeRequest {
  readonly reference: string
  readonly amountMinor: string
  readonly currency: string
  /** As the client wrote it. */
  readonly msisdn: string
  readonly provider: string
}

export interface Charge<Persona> {
  /** The gateway's own. */
  readonly id: number
  readonly request: ChargeRequest
  /** What `next` gave it; see persona.ts. */
  readonly sticky: Partial<Persona>
  /** Virtual time. */
  readonly createdMs: number
  state: ChargeState
  /** Nothing happens to it until the customer has done something. */
  awaitsCustomer: boolean
  /** Why it failed, in the gateway's words. */
  reason?: string
}

/** Money that the gateway took. Times are virtual ms but where they say otherwise. */
export interface Capture extends ChargeRequest {
  readonly id: number
  readonly requestedAtMs: number
  readonly capturedAtMs: number
  /** Wall clock. */
  readonly takenAtMs: number
}

/** What becomes of a charge. Times are ms. */
export interface ChargePersona {
  /** From taken to final. */
  readonly settleMs: number
  /** `stuck`: the customer never answers. */
  readonly outcome: 'succeeded' | 'failed' | 'stuck'
  /** The gateway's word for why; null: its usual one. */
  readonly failure: string | null
  /** First failed, then succeeded after all. */
  readonly lateSuccess: { readonly afterMs: number } | null
}

export interface Charges<Persona> {
  /** The latest with this reference: some gateways take one twice. */
  find(reference: string): Charge<Persona> | undefined
  take(request: ChargeRequest, sticky: Partial<Persona>, awaits?: 'awaits_customer'): Charge<Persona>
  /** It is over before the customer paid; one that is final stays as it is. */
  cancel(charge: Charge<Persona>, reason: string): void
  /** The customer did what was awaited; the second time is nothing. */
  proceed(charge: Charge<Persona>): void
  captures(): readonly Capture[]
  /** Oldest first. */
  all(): readonly Charge<Persona>[]
  clear(): void
}

const FIRST_ID = 700_001

export const createCharges = <Persona extends ChargePersona>(world: {
  readonly clock: VirtualClock
  readonly personaOf: (charge: Charge<Persona>) => Persona
  readonly onFinal: (charge: Charge<Persona>) => Promise<void>
}): Charges<Persona> => {
  const { clock, personaOf, onFinal } = world
  let charges: Charge<Persona>[] = []
  let captures: Capture[] = []

  const succeed = (charge: Charge<Persona>): Promise<void> => {
    charge.state = 'succeeded'
    delete charge.reason
    const { id, request, createdMs } = charge
    captures.push({ ...request, id, requestedAtMs: createdMs, capturedAtMs: clock.nowMs(), takenAtMs: Date.now() })
    return onFinal(charge)
  }

  const conclude = async (charge: Charge<Persona>): Promise<void> => {
    if (charge.state !== 'pending') return
    const { outcome, failure, lateSuccess } = personaOf(charge)
    if (outcome === 'stuck') return
    if (outcome === 'succeeded' && !lateSuccess) return succeed(charge)
    charge.state = 'failed'
    charge.reason = failure ?? 'Declined'
    if (lateSuccess) clock.after(lateSuccess.afterMs, () => succeed(charge))
    return onFinal(charge)
  }

  const settle = (charge: Charge<Persona>): void => clock.after(personaOf(charge).settleMs, () => conclude(charge))

  return {
    find: (reference) => charges.findLast(({ request }) => request.reference === reference),
    take: (request, sticky, awaits) => {
      const charge: Charge<Persona> = {
        id: FIRST_ID + charges.length,
        request,
        sticky,
        createdMs: clock.nowMs(),
        state: 'pending',
        awaitsCustomer: awaits !== undefined,
      }
      charges.push(charge)
      if (!charge.awaitsCustomer) settle(charge)
      return charge
    },
    proceed: (charge) => {
      if (!charge.awaitsCustomer) return
      charge.awaitsCustomer = false
      settle(charge)
    },
    cancel: (charge, reason) => {
      if (charge.state !== 'pending') return
      charge.state = 'failed'
      charge.reason = reason
    },
    captures: () => captures,
    all: () => charges,
    clear: () => {
      charges = []
      captures = []
    },
  }
}
