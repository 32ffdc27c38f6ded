/** What the suite has to know of one gateway: short, and beside its simulator all that a new one brings. */
import type { GatewaySpec } from '../../../scripts/provision/spec.ts'
import type { DepositOrder } from '../../../src/contracts/vault.ts'
import type { TransportPersona } from '../../emulators/kit/transport-persona.ts'

/** How the simulator shall behave, in words that every simulator has. */
export interface Manner extends Partial<TransportPersona> {
  /** Which calls the faults hit; `create` when it is not said. */
  readonly on?: 'create' | 'status' | 'otp'
  readonly lateSuccess?: { readonly afterMs: number }
  readonly statusNotFoundForMs?: number
  readonly statusWord?: string
  readonly withholdCallbacks?: boolean
  readonly duplicateCallbacks?: number
  /** A gateway's own settings. */
  readonly own?: Readonly<Record<string, unknown>>
}

export interface Captured {
  readonly reference: string
  readonly amountMinor: string
  readonly currency: string
}

/** A running simulator; its time stands still until `advance`. */
export interface Simulator {
  readonly url: string
  requests(): readonly { readonly method: string; readonly target: string; readonly answer?: string }[]
  captures(): readonly Captured[]
  behave(manner: Manner): void
  advance(byMs: number): Promise<void>
  reset(): void
  close(): Promise<void>
  /** The tokens that were given out are worth nothing from now on; where there are tokens. */
  expireTokens?(): void
}

/** One way that the documentation has for answering a send, and what has to become of it. */
export interface Answered {
  readonly name: string
  readonly over?: Partial<DepositOrder>
  readonly manner?: Manner
  /** Of the outcome: what has to be in it. */
  readonly outcome: Readonly<Record<string, unknown>>
}

/** One charge that ends badly, or is turned away: by its number, its manner, or what is wrong with the order. */
export interface Bad {
  readonly name: string
  readonly over?: Partial<DepositOrder>
  readonly manner?: Manner
  readonly code: string
}

export interface GatewayDescription {
  readonly spec: GatewaySpec
  /** Vars beside the origin, by name. */
  readonly vars?: Readonly<Record<string, string>>
  /** What is sealed, by purpose: `toypay.password`. */
  readonly keys: Readonly<Record<string, { readonly material: string; readonly kid?: string }>>
  readonly start: (shopUrl: string) => Promise<Simulator>
  /** Which calls are those that may take money. */
  readonly creates: { readonly method: string; readonly path: RegExp }
  /** A deposit that is paid. */
  readonly order: Pick<DepositOrder, 'provider' | 'currency' | 'phoneNumber' | 'amountMinor'> & Partial<DepositOrder>
  /** A number of that provider's, and what else its orders need. */
  readonly orderFor: (provider: string) => Partial<DepositOrder>
  /** Minor units that the simulated account takes; undefined: it has not enabled that currency. `multipleOfMinor`: no others. */
  readonly limitsOf: (
    provider: string,
    currency: string,
  ) => { readonly minMinor: bigint; readonly maxMinor: bigint; readonly multipleOfMinor?: bigint } | undefined
  /** What is asked of the customer once the deposit was taken. */
  readonly nextAction: 'approve_on_phone' | 'redirect'
  /** The text of the answer that says a deposit was taken; anything else there is unknown. */
  readonly acceptedText: string
  /** Other ways to be answered than the one of `order`. */
  readonly answers: readonly Answered[]
  /** Each word that the documentation has for a status. */
  readonly statuses: Readonly<Record<string, 'pending' | 'succeeded' | 'failed' | 'unrecognised'>>
  /** Taken, then failed. */
  readonly failures: readonly Bad[]
  /** Turned away at once, for good. */
  readonly refusals: readonly Bad[]
  /** A charge that wants a code afterwards, where there is such a thing. */
  readonly otp?: {
    readonly over: Partial<DepositOrder>
    readonly manner: Manner
    readonly right: string
    readonly wrong: string
    /** Each way in which a wrong code may be answered. */
    readonly wrongs: readonly Manner[]
    /** The charge waits for its code no longer than `SETTLED_MS`. */
    readonly expiring: Manner
  }
  readonly callbacks: {
    /** Headers, in lower case, that say whose a callback is. */
    readonly headers: readonly string[]
    /** `body`: they prove every byte of it; `sender`: that somebody knows a word; `nothing`: there are none. */
    readonly prove: 'body' | 'sender' | 'nothing'
    /** How far the vault believes a genuine one. */
    readonly authentic: 'signed' | 'hint'
  }
  /** Cases that this gateway cannot have, each with the reason. */
  readonly skips: Readonly<Record<string, string>>
}
