import { type PersonaCommand as Command, createPersonas as create, type Personas as Kinds } from '../kit/persona.ts'
import type { Latency } from '../kit/random.ts'
import { NO_FAULTS, type TransportPersona } from '../kit/transport-persona.ts'

export type Availability = 'OPERATIONAL' | 'DELAYED' | 'CLOSED'
/** Which calls the transport faults hit. `toolkit`: everything that is neither an initiation nor a status question. */
export type CallKind = 'deposits' | 'status' | 'toolkit'

/** How the simulator behaves. README.md has a line for each. Times are milliseconds. */
export interface Persona extends TransportPersona {
  readonly faultsOn: readonly CallKind[]
  readonly unknownError: 'before' | 'after' | false

  readonly settleMs: Latency
  readonly inReconciliationMs: number
  readonly lateSuccess: { readonly afterMs: number; readonly first?: 'FAILED' | 'STUCK' } | null
  readonly availability: Readonly<Record<string, Availability>>
  readonly availabilityShape: 'array' | 'map'
  readonly depositsNotAllowed: boolean
  readonly amnesia: { readonly afterMs: number } | null

  readonly statusDown: boolean
  readonly statusNotFoundForMs: number
  readonly unknownStatus: string | null
  readonly publicKeysDown: boolean

  readonly withholdCallbacks: boolean
  readonly duplicateCallbacks: number
  readonly reorderCallbacks: boolean
  readonly unsignedCallbacks: boolean
  readonly resignRetries: boolean
  readonly amountDecimals: 'two' | 'four'
  readonly amountInCallback: string | null
  readonly currencyInCallback: string | null
  readonly skewMs: number

  readonly acceptSignature: 'both' | 'der' | 'raw'
  readonly authErrorStatus: 401 | 403
}

export const USUAL: Persona = {
  ...NO_FAULTS,
  faultsOn: ['deposits'],
  unknownError: false,
  settleMs: 300,
  inReconciliationMs: 0,
  lateSuccess: null,
  availability: {},
  availabilityShape: 'array',
  depositsNotAllowed: false,
  amnesia: null,
  statusDown: false,
  statusNotFoundForMs: 0,
  unknownStatus: null,
  publicKeysDown: false,
  withholdCallbacks: false,
  duplicateCallbacks: 0,
  reorderCallbacks: false,
  unsignedCallbacks: false,
  resignRetries: true,
  amountDecimals: 'two',
  amountInCallback: null,
  currencyInCallback: null,
  skewMs: 0,
  acceptSignature: 'both',
  authErrorStatus: 401,
}

export { UnknownPersonaError } from '../kit/persona.ts'

export type PersonaCommand = Command<Persona>
export type Personas = Kinds<Persona>

export const createPersonas = (): Personas => create(USUAL)
