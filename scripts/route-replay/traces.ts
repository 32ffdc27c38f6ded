/** Seeded outage traces: what ails which gateway or operator, and from when to when. */
import type { Random } from '../../test/simulation/random.ts'

/** `down`: no answer comes. `brown_out`: 40 % get through. `slow`: the PIN prompt takes three quarters of a minute. */
export type Ailment = 'down' | 'brown_out' | 'slow' | 'operator_down'

export interface Trouble {
  readonly ailment: Ailment
  /** Null: at every gateway. */
  readonly gateway: string | null
  /** Null: on every rail. */
  readonly rail: string | null
  readonly fromMs: number
  readonly toMs: number
}

/** A stretch in which nothing changes, or goes on changing in the same way. */
export interface Segment {
  readonly name: string
  readonly fromMs: number
  readonly toMs: number
}

export interface Trace {
  readonly name: string
  readonly perSecond: number
  readonly segments: readonly Segment[]
  readonly troubles: readonly Trouble[]
  /** The gateway that is to be left, and come back to; null when it is the operator. */
  readonly degraded: string | null
}

const WELL_MS = 300_000
const ILL_MS = 600_000
const END_MS = WELL_MS + ILL_MS + WELL_MS

const around = (middle: string): readonly Segment[] => [
  { name: 'before', fromMs: 0, toMs: WELL_MS },
  { name: middle, fromMs: WELL_MS, toMs: WELL_MS + ILL_MS },
  { name: 'after', fromMs: WELL_MS + ILL_MS, toMs: END_MS },
]

/** Down for 15 to 25 s, up for 25 to 40 s, and so on. */
const flaps = (gateway: string, random: Random): readonly Trouble[] => {
  const troubles: Trouble[] = []
  for (let atMs = WELL_MS; atMs < WELL_MS + ILL_MS; ) {
    const toMs = Math.min(atMs + random.between(15_000, 25_000), WELL_MS + ILL_MS)
    troubles.push({ ailment: 'down', gateway, rail: null, fromMs: atMs, toMs })
    atMs = toMs + random.between(25_000, 40_000)
  }
  return troubles
}

/** All of them strike `gateway`, to which everybody sends first. */
export const traces = (gateway: string, rail: string, random: Random): readonly Trace[] => {
  const throughout = { fromMs: WELL_MS, toMs: WELL_MS + ILL_MS }
  const one = (name: string, ailment: Ailment, perSecond: number): Trace => ({
    name,
    perSecond,
    segments: around(name),
    degraded: gateway,
    troubles: [{ ailment, gateway, rail: null, ...throughout }],
  })
  return [
    one('gateway down', 'down', 5),
    one('brown-out at 40 %', 'brown_out', 5),
    one('slow PIN prompts', 'slow', 5),
    {
      name: 'operator down',
      perSecond: 5,
      segments: around('operator down'),
      degraded: null,
      troubles: [{ ailment: 'operator_down', gateway: null, rail, ...throughout }],
    },
    { ...one('flapping', 'down', 5), troubles: flaps(gateway, random) },
    one('gateway down, little traffic', 'down', 1),
  ]
}

/** What ails a gateway on a rail at a time, if anything. */
export const ailmentAt = (trace: Trace, gateway: string, rail: string, atMs: number): Ailment | undefined =>
  trace.troubles.find(
    (trouble) =>
      atMs >= trouble.fromMs &&
      atMs < trouble.toMs &&
      (trouble.gateway ?? gateway) === gateway &&
      (trouble.rail ?? rail) === rail,
  )?.ailment
