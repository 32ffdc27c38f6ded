import type { SendOutcome } from '../../../src/contracts/vault.ts'

/** How one gateway behaves, as far as it differs from the others. */
export interface Manners {
  readonly name: string
  /** What its callbacks prove: `dated`, they do while they are fresh; `undated`, always; `unsigned`, nothing. */
  readonly callbacks: 'dated' | 'undated' | 'unsigned'
  /** A callback that was not taken comes again. */
  readonly repeatsCallbacks: boolean
  /** Each callback comes twice, whatever was answered. */
  readonly callsTwice: boolean
  /** A failure is told by a callback, too. */
  readonly tellsFailures: boolean
  /** Share of its callbacks that it never makes. */
  readonly forgetsCallbacks: number
  /** Its customers pay on a page of its own, and may leave it. */
  readonly hasPage: boolean
  /** It can be told to call a deposit off, and confirms it. */
  readonly cancels: boolean
  /** What it answers to a reference that it knows. */
  readonly toRepetition: SendOutcome
  /** How it refuses for reasons that are its own, and for its operator's. */
  readonly ownRefusals: readonly [string, ...string[]]
  readonly operatorRefusal: string
}

const DUPLICATE: SendOutcome = { kind: 'unknown', reason: 'duplicate' }

export const PAWAPAY: Manners = {
  name: 'pawapay',
  callbacks: 'dated',
  repeatsCallbacks: true,
  callsTwice: false,
  tellsFailures: true,
  forgetsCallbacks: 0,
  hasPage: false,
  cancels: false,
  toRepetition: DUPLICATE,
  ownRefusals: ['DEPOSITS_NOT_ALLOWED', 'AUTHENTICATION_ERROR'],
  operatorRefusal: 'PROVIDER_TEMPORARILY_UNAVAILABLE',
}

export const SEVERAL: readonly [Manners, ...Manners[]] = [
  PAWAPAY,
  {
    name: 'mtn',
    callbacks: 'unsigned',
    repeatsCallbacks: false,
    callsTwice: false,
    tellsFailures: true,
    forgetsCallbacks: 0.2,
    hasPage: false,
    cancels: false,
    toRepetition: { kind: 'unknown', reason: 'http_409' },
    ownRefusals: ['NOT_ALLOWED', 'NOT_ALLOWED_TARGET_ENVIRONMENT'],
    operatorRefusal: 'SERVICE_UNAVAILABLE',
  },
  {
    name: 'wave',
    callbacks: 'dated',
    repeatsCallbacks: true,
    callsTwice: false,
    tellsFailures: true,
    forgetsCallbacks: 0,
    hasPage: true,
    cancels: true,
    toRepetition: DUPLICATE,
    ownRefusals: ['UNAUTHORIZED'],
    operatorRefusal: 'SERVICE_UNAVAILABLE',
  },
  {
    name: 'flutterwave',
    callbacks: 'undated',
    repeatsCallbacks: true,
    callsTwice: true,
    tellsFailures: true,
    forgetsCallbacks: 0.15,
    hasPage: true,
    cancels: false,
    toRepetition: DUPLICATE,
    ownRefusals: ['INVALID_KEY'],
    operatorRefusal: 'SERVICE_UNAVAILABLE',
  },
  {
    name: 'paystack',
    callbacks: 'undated',
    repeatsCallbacks: true,
    callsTwice: false,
    tellsFailures: false,
    forgetsCallbacks: 0,
    hasPage: false,
    cancels: false,
    // Its own words are "use a new reference", which would be a second charge.
    toRepetition: DUPLICATE,
    ownRefusals: ['INVALID_KEY', 'ACCOUNT_DEACTIVATED'],
    operatorRefusal: 'SERVICE_UNAVAILABLE',
  },
]
