import type { Random } from './random.ts'

/** Strike now and then, with a probability of their own in each shard. */
export const SUDDEN = [
  'request_lost',
  'answer_lost',
  'rpc_lost',
  'rpc_answer_lost',
  'object_crashed',
  'object_stale',
  'object_evicted',
  'edge_crashed',
  'consumer_crashed',
  'storage_slow',
  'clock_jumped',
  'redis_answer_lost',
  'redis_slow',
  'redis_flushed',
  'redis_failed_over',
  'redis_forged',
  'queue_answer_lost',
  'queue_delivered_again',
  'queue_delivered_months_later',
  'queue_delayed',
  'queue_gave_up',
  'queue_lost',
  'queue_forged',
  'database_answer_lost',
  'vault_rpc_broke_before',
  'vault_rpc_broke_after',
  'gateway_never_got_it',
  'gateway_failed_after_processing',
  'gateway_hung',
  'gateway_rejected',
  'status_query_failed',
  'status_query_slow',
  'callback_forged',
  'callback_lost',
  'callback_again',
  'callback_late',
  'callback_of_another',
] as const

/** The same, in worlds with several gateways alone. */
export const SUDDEN_AMONG_SEVERAL = [
  'gateway_refused',
  'cancel_overtaken',
  'cancel_lost',
  'cancel_answer_lost',
  'callback_of_another_gateway',
] as const

/** Of a deposit: what becomes of it, drawn when the gateway first hears of it. */
export const PERSONAS = [
  'late_success',
  'index_lags',
  'other_amount',
  'unknown_status',
  'amnesia',
  'silence',
  'reversal',
] as const

/** Last for minutes, again and again, until faults are lifted. */
export const OUTAGES = [
  'redis_down',
  'queue_down',
  'database_down',
  'vault_closed',
  'status_down',
  'edge_down',
] as const

/** The same, of each gateway apart: nobody answers there, most of it fails there, customers are asked late. */
export const OUTAGES_OF_A_GATEWAY = ['gateway_down', 'gateway_degraded', 'gateway_slow'] as const
/** Of each operator, at all gateways. */
export const OUTAGES_OF_AN_OPERATOR = ['operator_down'] as const

/** No faults, and counted beside them: what shops do that a lock alone would not survive, and what becomes of dead letters. */
export const HABITS = ['key_after_a_day', 'key_after_a_month', 'dead_letter_copied', 'dead_letter_replayed'] as const

export type Habit = (typeof HABITS)[number]
export type Sudden = (typeof SUDDEN)[number] | (typeof SUDDEN_AMONG_SEVERAL)[number]
export type Persona = (typeof PERSONAS)[number]
export type Outage = (typeof OUTAGES)[number]
export type OutageOfOne = (typeof OUTAGES_OF_A_GATEWAY)[number] | (typeof OUTAGES_OF_AN_OPERATOR)[number]
export type FaultKind = Sudden | Persona | Outage | OutageOfOne | Habit

/** Most probable value that a shard may draw. What strikes at every step must be rare, or nothing would ever be paid. */
const CEILING: Readonly<Partial<Record<FaultKind, number>>> = {
  object_crashed: 0.03,
  object_stale: 0.01,
  object_evicted: 0.02,
  edge_crashed: 0.004,
  consumer_crashed: 0.02,
  clock_jumped: 0.002,
  redis_flushed: 0.004,
  redis_failed_over: 0.01,
  silence: 0.01,
  amnesia: 0.015,
  status_query_failed: 0.2,
  unknown_status: 0.1,
  queue_delivered_months_later: 0.05,
}
const CEILING_ELSE = 0.3
/** Each kind is on in this share of the shards. */
const ON = 0.35

/**
 * A message that the queue loses for good is found by what the edge told the object to expect. That is told once, so of
 * the two only one may fail: a shard whose queue loses messages has none of these.
 */
const NOT_WITH_A_LOSING_QUEUE: readonly FaultKind[] = [
  'rpc_lost',
  'object_crashed',
  'object_stale',
  'object_evicted',
  'edge_crashed',
]

export interface Faults {
  /** Whether it strikes here and now; counted when it does. */
  strikes(kind: Sudden | Persona): boolean
  /** Whether the outage is under way at `nowMs`; counted when somebody runs into it. */
  during(kind: Outage, nowMs: number): boolean
  /** The same, of one gateway or of one operator. */
  duringOf(kind: OutageOfOne, whose: string, nowMs: number): boolean
  happened(habit: Habit): void
  lift(): void
  readonly lifted: boolean
  readonly counts: ReadonlyMap<FaultKind, number>
}

/** Whom the faults of several gateways may strike; none of either where there is only one gateway. */
export interface Struck {
  readonly gateways: readonly string[]
  readonly operators: readonly string[]
}

/** Swarm: a random subset of all faults at random rates. `spanMs`: outages begin within it, counted from `startMs`. */
export const drawFaults = (random: Random, startMs: number, spanMs: number, among: Struck): Faults => {
  const rates = new Map<FaultKind, number>()
  for (const kind of [...SUDDEN, ...PERSONAS])
    if (random.chance(ON)) rates.set(kind, (CEILING[kind] ?? CEILING_ELSE) * (0.05 + random.int(950) / 1000))
  if (rates.has('queue_lost')) for (const kind of NOT_WITH_A_LOSING_QUEUE) rates.delete(kind)
  if (among.gateways.length > 0)
    for (const kind of SUDDEN_AMONG_SEVERAL)
      if (random.chance(ON)) rates.set(kind, (CEILING[kind] ?? CEILING_ELSE) * (0.05 + random.int(950) / 1000))
  const windows = new Map<string, (readonly [fromMs: number, toMs: number])[]>()
  const outages = [
    ...OUTAGES,
    ...OUTAGES_OF_A_GATEWAY.flatMap((kind) => among.gateways.map((name) => `${kind} ${name}`)),
    ...OUTAGES_OF_AN_OPERATOR.flatMap((kind) => among.operators.map((name) => `${kind} ${name}`)),
  ]
  for (const kind of outages) {
    if (!random.chance(ON)) continue
    const list = Array.from({ length: 1 + random.int(4) }, () => {
      const fromMs = startMs + random.int(spanMs)
      return [fromMs, fromMs + random.between(5_000, random.chance(0.2) ? 7_200_000 : 900_000)] as const
    })
    windows.set(kind, list)
  }
  const counts = new Map<FaultKind, number>()
  const isWithin = (name: string, nowMs: number): boolean =>
    !lifted && (windows.get(name)?.some(([fromMs, toMs]) => nowMs >= fromMs && nowMs < toMs) ?? false)
  const count = (kind: FaultKind) => counts.set(kind, (counts.get(kind) ?? 0) + 1)
  let lifted = false
  return {
    counts,
    get lifted() {
      return lifted
    },
    happened: count,
    lift() {
      lifted = true
    },
    strikes(kind) {
      if (lifted || !random.chance(rates.get(kind) ?? 0)) return false
      count(kind)
      return true
    },
    during(kind, nowMs) {
      if (!isWithin(kind, nowMs)) return false
      count(kind)
      return true
    },
    duringOf(kind, whose, nowMs) {
      if (!isWithin(`${kind} ${whose}`, nowMs)) return false
      count(kind)
      return true
    },
  }
}
