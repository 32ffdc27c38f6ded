import type { FlutterwavePersona } from '../emulators/flutterwave/server.ts'
import type { PersonaCommand } from '../emulators/kit/persona.ts'
import type { RecordedRequest } from '../emulators/kit/request-log.ts'
import type { MtnPersona } from '../emulators/mtn/server.ts'
import type { CallbackTry } from '../emulators/pawapay/callbacks.ts'
import type { Capture } from '../emulators/pawapay/deposits.ts'
import type { Persona } from '../emulators/pawapay/persona.ts'
import type { WavePersona } from '../emulators/wave/server.ts'
import type { GatewayName } from './gateways.ts'
import type { Habit } from './shops.ts'

/** What the gateway did about one customer's number: the evidence that a manner truly showed. `signed`: of pawaPay's alone. */
export interface AtGateway {
  readonly posts: readonly RecordedRequest[]
  readonly queries: readonly RecordedRequest[]
  readonly callbacks: readonly (Pick<CallbackTry, 'attempt' | 'sentAtMs' | 'body'> & { readonly signed?: boolean })[]
  readonly captures: readonly Pick<Capture, 'requestedAtMs' | 'capturedAtMs' | 'takenAtMs'>[]
}

type Settings<Of> = Omit<PersonaCommand<Of>, 'msisdn' | 'next' | 'reset'>

/** How the gateway behaves towards one customer, whose number nobody else has. */
export interface Manner {
  readonly name: string
  /** To which gateway the customer comes first, and where it shows; pawaPay if not said. */
  readonly at?: GatewayName
  /** Out of the sum of all. */
  readonly weight: number
  /** Absent: ordinary, not a fault. */
  readonly shows?: (seen: AtGateway) => boolean
  /** Of pawaPay. */
  readonly persona?: Settings<Persona>
  readonly mtn?: Settings<MtnPersona>
  readonly wave?: Settings<WavePersona>
  readonly flutterwave?: Settings<FlutterwavePersona>
  /** What the shop does that this takes; by chance if not said. */
  readonly habit?: Habit
  /** After the shop was answered 201: the gateway has taken the order on. */
  readonly once201?: Settings<Persona>
  /** Takes longer than the load; it shows while the world comes to rest. */
  readonly showsAtRest?: boolean
  /** Stays when all other faults are lifted. */
  readonly forGood?: boolean
  /** In place of a number of its own: a number of the sandbox that always ends the same way. */
  readonly msisdn?: string
  readonly amount?: string
  /** Callbacks that nobody at the gateway sent are posted about it. */
  readonly forged?: boolean
}

export const answered = ({ posts }: AtGateway, status: number): boolean => posts.some((post) => post.status === status)
export const taken = ({ captures }: AtGateway): boolean => captures.length > 0

const says =
  (text: string) =>
  ({ callbacks, queries, posts }: AtGateway): boolean =>
    callbacks.some(({ body }) => body.includes(text)) ||
    [...queries, ...posts].some(({ answer }) => answer?.includes(text))

/**
 * Ordinary customers first, then those with whom something goes wrong. What may not be combined is kept apart: a late
 * success is told by at least one callback, and a gateway forgets only what it has acknowledged (docs/guarantees.md,
 * What is assumed); beyond that nobody could keep the promise.
 */
export const MANNERS: readonly Manner[] = [
  { name: 'pays', weight: 110 },
  { name: 'declines', weight: 5, msisdn: '260763456039' },
  { name: 'is not known', weight: 3, msisdn: '260763456029' },
  { name: 'is refused at once', weight: 3, amount: '19999999' },

  {
    name: '5xx after taking the money',
    weight: 4,
    persona: { status5xx: 'after' },
    shows: (seen) => answered(seen, 500) && taken(seen),
  },
  {
    name: '5xx, nothing taken',
    weight: 3,
    persona: { status5xx: 'before', status5xxCode: 503 },
    shows: (seen) => answered(seen, 503) && !taken(seen),
  },
  {
    name: 'unknown problem, money taken',
    weight: 3,
    persona: { unknownError: 'after' },
    shows: (seen) => answered(seen, 500) && taken(seen),
  },
  {
    name: 'answer dropped, money taken',
    weight: 4,
    persona: { dropAfterProcessing: true },
    shows: (seen) => answered(seen, 0) && taken(seen),
  },
  {
    name: 'request dropped',
    weight: 3,
    persona: { dropBeforeProcessing: true },
    shows: (seen) => answered(seen, 0) && !taken(seen),
  },
  {
    name: 'answers after 7 s',
    weight: 2,
    persona: { hang: { ms: 7_000 } },
    shows: ({ posts }) => posts.some(({ atMs, answeredAtMs = 0 }) => answeredAtMs - atMs >= 6_000),
  },
  {
    name: 'half an answer',
    weight: 2,
    persona: { truncatedJson: true },
    shows: (seen) => answered(seen, 200) && taken(seen),
  },
  {
    name: 'callbacks withheld',
    weight: 5,
    persona: { withholdCallbacks: true },
    shows: (seen) => taken(seen) && seen.callbacks.length === 0,
  },
  {
    name: 'callbacks four times',
    weight: 4,
    persona: { duplicateCallbacks: 4 },
    shows: ({ callbacks }) => callbacks.filter(({ attempt }) => attempt === 1).length >= 4,
  },
  {
    name: 'callbacks out of order',
    weight: 4,
    persona: { reorderCallbacks: true },
    shows: ({ callbacks, captures }) =>
      callbacks.some(({ sentAtMs }) => captures.some(({ takenAtMs }) => sentAtMs - takenAtMs > 50)),
  },
  {
    name: 'callbacks unsigned',
    weight: 4,
    persona: { unsignedCallbacks: true },
    shows: ({ callbacks }) => callbacks.some(({ signed }) => signed === false),
  },
  {
    name: 'callbacks forged',
    weight: 4,
    forged: true,
    msisdn: '260763456019',
    shows: ({ callbacks }) => callbacks.some(({ body }) => body.includes('"COMPLETED"')),
  },
  {
    name: 'callback over another amount',
    weight: 2,
    persona: { amountInCallback: '1.00' },
    shows: ({ callbacks }) => callbacks.some(({ body }) => body.includes('"amount":"1.00"')),
  },
  {
    name: 'unknown status',
    weight: 2,
    persona: { unknownStatus: 'PAUSED' },
    shows: says('"PAUSED"'),
  },
  {
    name: 'not found for a minute',
    weight: 3,
    // An unsigned callback makes Lango ask at once, while the gateway does not find it yet.
    persona: { statusNotFoundForMs: 60_000, unsignedCallbacks: true },
    shows: ({ queries }) => queries.some(({ answer }) => answer?.includes('"NOT_FOUND"')),
  },
  {
    name: 'forgets what it acknowledged',
    weight: 2,
    persona: { withholdCallbacks: true, settleMs: 1_500 },
    once201: { amnesia: { afterMs: 0 } },
    forGood: true,
    shows: (seen) => taken(seen) && seen.queries.some(({ answer }) => answer?.includes('"NOT_FOUND"')),
  },
  {
    name: 'success after failure',
    weight: 4,
    persona: { lateSuccess: { afterMs: 4_000, first: 'FAILED' } },
    shows: (seen) => taken(seen) && seen.callbacks.some(({ body }) => body.includes('"FAILED"')),
  },
  {
    name: 'success after long silence',
    weight: 3,
    persona: { lateSuccess: { afterMs: 90_000, first: 'STUCK' } },
    showsAtRest: true,
    shows: ({ captures }) => captures.some(({ capturedAtMs, requestedAtMs }) => capturedAtMs - requestedAtMs >= 90_000),
  },
  {
    name: 'slow, through reconciliation',
    weight: 3,
    persona: { settleMs: 3_000, inReconciliationMs: 2_000, amountDecimals: 'four' },
    shows: ({ captures }) => captures.some(({ capturedAtMs, requestedAtMs }) => capturedAtMs - requestedAtMs >= 5_000),
  },
]
