import type { Latency } from './random.ts'

export type Availability = 'OPERATIONAL' | 'DELAYED' | 'CLOSED'
/** Which calls the transport faults hit. `toolkit`: everything that is neither an initiation nor a status question. */
export type CallKind = 'deposits' | 'status' | 'toolkit'

/** How the simulator behaves. README.md has a line for each. Times are milliseconds. */
export interface Persona {
  readonly faultsOn: readonly CallKind[]
  readonly latencyMs: Latency
  readonly dropBeforeProcessing: boolean
  readonly dropAfterProcessing: boolean
  readonly status5xx: 'before' | 'after' | false
  readonly status5xxCode: number
  readonly unknownError: 'before' | 'after' | false
  readonly hang: { readonly ms: number } | null
  readonly slowDrip: { readonly chunkBytes: number; readonly everyMs: number } | boolean
  readonly truncatedJson: boolean
  readonly cutBody: boolean

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
  faultsOn: ['deposits'],
  latencyMs: 0,
  dropBeforeProcessing: false,
  dropAfterProcessing: false,
  status5xx: false,
  status5xxCode: 500,
  unknownError: false,
  hang: null,
  slowDrip: false,
  truncatedJson: false,
  cutBody: false,
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

type Patch = { readonly [K in keyof Persona]?: Persona[K] | null }

/** `null` puts one setting back to usual. Without `next` and `msisdn` it is for everyone until changed. */
export interface PersonaCommand extends Patch {
  /** Only the next n deposit initiations, and what follows from those deposits. */
  readonly next?: number
  /** Only deposits of this MSISDN. */
  readonly msisdn?: string
  /** First forget every persona set so far. */
  readonly reset?: boolean
}

export class UnknownPersonaError extends Error {
  override readonly name = 'UnknownPersonaError'
}

const settled = (patch: Patch): Partial<Persona> =>
  Object.fromEntries(
    Object.entries(patch).map(([name, value]) => {
      if (!(name in USUAL)) {
        throw new UnknownPersonaError(`no persona setting ${name}; there are ${Object.keys(USUAL).join(', ')}`)
      }
      return [name, value ?? USUAL[name as keyof Persona]]
    }),
  )

export interface Personas {
  set(command: PersonaCommand): Persona
  /** What sticks to the deposit that is being initiated; uses up one of `next`. */
  takeNext(): Partial<Persona>
  /** The settings in force now. `sticky` is what the deposit took with it. */
  of(msisdn?: string, sticky?: Partial<Persona>): Persona
  clear(): void
}

export const createPersonas = (): Personas => {
  let everyone = USUAL
  const byMsisdn = new Map<string, Partial<Persona>>()
  let upcoming: { left: number; patch: Partial<Persona> }[] = []
  const clear = () => {
    everyone = USUAL
    byMsisdn.clear()
    upcoming = []
  }
  return {
    clear,
    set: ({ next, msisdn, reset, ...rest }) => {
      const patch = settled(rest)
      if (reset) clear()
      if (next !== undefined) upcoming.push({ left: next, patch })
      else if (msisdn !== undefined) byMsisdn.set(msisdn, { ...byMsisdn.get(msisdn), ...patch })
      else everyone = { ...everyone, ...patch }
      return everyone
    },
    takeNext: () => {
      const taken = Object.assign({}, ...upcoming.map((entry) => entry.patch)) as Partial<Persona>
      upcoming = upcoming.map((entry) => ({ ...entry, left: entry.left - 1 })).filter((entry) => entry.left > 0)
      return taken
    },
    of: (msisdn, sticky) => ({ ...everyone, ...(msisdn ? byMsisdn.get(msisdn) : {}), ...sticky }),
  }
}
