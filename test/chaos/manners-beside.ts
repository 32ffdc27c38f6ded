import { type AtGateway, answered, type Manner, taken } from './gateway-manners.ts'
import { CHANGES_WALLET } from './shops.ts'

const refusedWith =
  (code: string) =>
  ({ posts }: AtGateway): boolean =>
    posts.some(({ answer }) => answer?.includes(`"${code}"`))

/** How asking to call a session off was answered. */
const callingOff =
  (status: number) =>
  ({ queries }: AtGateway): boolean =>
    queries.some((query) => query.path.endsWith('/expire') && query.status === status)

const HALF_AN_HOUR_MS = 1_800_000

/**
 * At MTN, which calls back once and does not sign; at Wave, whose customers pay on a page and may leave it for another wallet; and
 * at Flutterwave, whose errors do not mean that nothing was taken.
 * A late success after a refusal is Wave's alone: it is told by at least one callback (docs/guarantees.md, What is assumed).
 */
export const MANNERS_BESIDE: readonly Manner[] = [
  { name: 'pays at MTN', at: 'mtn', weight: 50 },
  {
    name: "MTN refuses, for MTN's own reasons",
    at: 'mtn',
    weight: 5,
    mtn: { refuse: { status: 400, code: 'NOT_ALLOWED' } },
    shows: refusedWith('NOT_ALLOWED'),
  },
  {
    name: 'MTN refuses with a word that nobody knows',
    at: 'mtn',
    weight: 2,
    mtn: { refuse: { status: 400, code: 'A_NEW_CODE' } },
    shows: refusedWith('A_NEW_CODE'),
  },
  {
    name: 'MTN says that the customer is not known',
    at: 'mtn',
    weight: 2,
    mtn: { refuse: { status: 400, code: 'PAYER_NOT_FOUND' } },
    shows: refusedWith('PAYER_NOT_FOUND'),
  },
  {
    name: 'MTN 5xx after taking the money',
    at: 'mtn',
    weight: 2,
    mtn: { status5xx: 'after' },
    shows: (seen) => answered(seen, 500) && taken(seen),
  },
  {
    name: 'MTN 5xx, nothing taken',
    at: 'mtn',
    weight: 2,
    mtn: { status5xx: 'before', status5xxCode: 503 },
    shows: (seen) => answered(seen, 503) && !taken(seen),
  },
  {
    name: 'MTN answer dropped, money taken',
    at: 'mtn',
    weight: 2,
    mtn: { dropAfterProcessing: true },
    shows: (seen) => answered(seen, 0) && taken(seen),
  },
  {
    name: 'MTN callbacks withheld',
    at: 'mtn',
    weight: 3,
    mtn: { withholdCallbacks: true },
    shows: (seen) => taken(seen) && seen.callbacks.length === 0,
  },
  {
    name: 'MTN does not find it for a minute',
    at: 'mtn',
    weight: 2,
    mtn: { statusNotFoundForMs: 60_000 },
    shows: ({ queries }) => queries.some(({ answer }) => answer?.includes('"RESOURCE_NOT_FOUND"')),
  },
  {
    name: 'MTN fails, the operator is down',
    at: 'mtn',
    weight: 2,
    mtn: { outcome: 'failed', failure: 'SERVICE_UNAVAILABLE' },
    shows: ({ callbacks }) => callbacks.some(({ body }) => body.includes('"SERVICE_UNAVAILABLE"')),
  },

  { name: 'pays at Wave', at: 'wave', weight: 45 },
  {
    name: "Wave refuses, for Wave's own reasons",
    at: 'wave',
    weight: 4,
    wave: { refuse: { status: 403, code: 'invalid-wallet' } },
    shows: (seen) => refusedWith('invalid-wallet')(seen) && !taken(seen),
  },
  {
    name: 'Wave refuses, and takes the money all the same',
    at: 'wave',
    weight: 3,
    wave: { answerInstead: { status: 403, body: '{"code":"disabled-wallet"}' } },
    shows: (seen) => refusedWith('disabled-wallet')(seen) && taken(seen),
  },
  {
    name: 'Wave 5xx after opening a session',
    at: 'wave',
    weight: 2,
    wave: { status5xx: 'after' },
    shows: (seen) => answered(seen, 500) && taken(seen),
  },
  {
    name: 'changes wallet, Wave calls it off',
    at: 'wave',
    weight: 5,
    habit: CHANGES_WALLET,
    wave: { settleMs: HALF_AN_HOUR_MS },
    shows: callingOff(200),
  },
  {
    name: 'changes wallet, the confirmation is lost',
    at: 'wave',
    weight: 4,
    habit: CHANGES_WALLET,
    wave: { settleMs: HALF_AN_HOUR_MS, expire: 'done, and unavailable' },
    shows: callingOff(503),
  },
  {
    name: 'changes wallet, Wave cannot call it off',
    at: 'wave',
    weight: 2,
    habit: CHANGES_WALLET,
    wave: { settleMs: HALF_AN_HOUR_MS, expire: 'unavailable' },
    shows: callingOff(503),
  },
  {
    name: 'changes wallet, and pays before Wave calls it off',
    at: 'wave',
    weight: 2,
    habit: CHANGES_WALLET,
    // Asked how the session stands, Wave says open; asked to expire it a second later, it says paid.
    wave: { settleMs: 2_150, faultsOn: ['status'], latencyMs: 900, withholdCallbacks: true },
    shows: callingOff(409),
  },
  {
    name: 'changes wallet while paying, and Wave confirms both',
    at: 'wave',
    weight: 3,
    habit: CHANGES_WALLET,
    wave: { settleMs: 4_000, expire: 'while being paid' },
    shows: (seen) => callingOff(200)(seen) && taken(seen),
  },

  { name: 'pays at Flutterwave', at: 'flutterwave', weight: 20 },
  {
    name: 'Flutterwave says error, and takes the money',
    at: 'flutterwave',
    weight: 2,
    flutterwave: { errorThoughCharged: true },
    shows: (seen) => refusedWith('Transaction Failed')(seen) && taken(seen),
  },
]
