/** One trace, one contender: payments come, are sent, and what becomes of them is heard later. */

import { isProbeDue } from '../../src/consumer/route-health.ts'
import type { FailoverVerdict, RoutedAttempt, RoutedOutcome, RouteObservation } from '../../src/contracts/route.ts'
import { type Contender, T0 } from './contenders.ts'
import { answersStatus, courseOf, DEADLINE_MS, GATEWAYS, type Heard, type Payment } from './gateways.ts'
import type { Trace } from './traces.ts'

export interface Sent {
  readonly gateway: string
  readonly rail: string
  readonly atMs: number
  readonly looking: boolean
  readonly first: boolean
}

export interface Outcome {
  readonly payment: Payment
  /** How many of its attempts took the money. */
  readonly captures: number
  readonly attempts: number
}

export interface Replayed {
  readonly sent: readonly Sent[]
  readonly outcomes: readonly Outcome[]
}

type MayFailOver = (attempts: readonly RoutedAttempt[]) => FailoverVerdict

interface Due {
  readonly atMs: number
  readonly order: number
  run(): void
}

/** The earliest first, of equals the one that was put in first: a binary heap. */
const createAgenda = () => {
  const heap: Due[] = []
  let order = 0
  const before = (a: Due | undefined, b: Due | undefined): boolean =>
    a !== undefined && b !== undefined && (a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order))
  const swap = (a: number, b: number): void => {
    const [one, other] = [heap[a], heap[b]]
    if (one && other) [heap[a], heap[b]] = [other, one]
  }
  return {
    add: (atMs: number, run: () => void): void => {
      let at = heap.push({ atMs, order: order++, run }) - 1
      for (let up = (at - 1) >> 1; at > 0 && before(heap[at], heap[up]); at = up, up = (at - 1) >> 1) swap(at, up)
    },
    next: (): Due | undefined => {
      const [first] = heap
      const last = heap.pop()
      if (last === undefined || first === last) return first
      heap[0] = last
      for (let at = 0; ; ) {
        const [left, right] = [2 * at + 1, 2 * at + 2]
        const least = before(heap[right], heap[left]) ? right : left
        if (!before(heap[least], heap[at])) return first
        swap(at, least)
        at = least
      }
    },
  }
}

const seenOf = (heard: Heard): RouteObservation['seen'] => {
  switch (heard.kind) {
    case 'prompted':
      return { kind: 'prompted', afterMs: heard.afterMs }
    case 'declined':
      return { kind: 'failed', cause: 'customer' }
    case 'refused':
      return { kind: 'failed', cause: heard.cause }
    default:
      return { kind: heard.kind }
  }
}

/** What another attempt could be thought of after: a refusal, and an answer that was lost. */
const outcomeOf = (heard: Heard): RoutedOutcome | undefined => {
  if (heard.kind === 'refused') return { outcome: 'refused', cause: heard.cause }
  if (heard.kind !== 'unknown') return undefined
  return { outcome: 'unknown', doubt: { why: heard.afterMs < DEADLINE_MS ? 'server_error' : 'timed_out' } }
}

/** How often an attempt that is open is asked about, of each gateway and rail, and how long such a call may take. */
const LOOK_MS = 2_000
const ANSWER_MS = 300
const SILENCE_MS = 2_000

/** Everybody fails over by the same rule, the real one: what is compared is who chooses. */
export const replay = (
  trace: Trace,
  payments: readonly Payment[],
  contender: Contender,
  mayFailOver: MayFailOver,
): Replayed => {
  const agenda = createAgenda()
  const sent: Sent[] = []
  const tally = new Map<string, { captures: number; attempts: number }>()

  const send = (payment: Payment, attempts: readonly RoutedAttempt[], nowMs: number): void => {
    const { gateway: name, looking, probe } = contender.choose(payment, attempts, nowMs)
    const gateway = GATEWAYS.find((it) => it.name === name)
    const mine = tally.get(payment.id) ?? { captures: 0, attempts: 0 }
    tally.set(payment.id, mine)
    if (!gateway) return
    mine.attempts += 1
    sent.push({ gateway: gateway.name, rail: payment.rail, atMs: nowMs, looking, first: attempts.length === 0 })
    const tell = (atMs: number, seen: RouteObservation['seen']): void =>
      contender.observe({ gateway: gateway.name, rail: payment.rail, probe, nowMs: T0 + atMs, seen })
    tell(nowMs, { kind: 'sent' })
    const course = courseOf(trace, gateway, payment, nowMs)
    if (course.captured) mine.captures += 1
    for (const heard of course.heard) {
      const atMs = nowMs + heard.afterMs
      agenda.add(atMs, () => {
        tell(atMs, seenOf(heard))
        const outcome = outcomeOf(heard)
        if (outcome === undefined) return
        const after = [...attempts, { gateway: gateway.name, ...outcome }]
        if (mayFailOver(after).allowed) send(payment, after, atMs)
      })
    }
  }

  /** As the payment's object does: a question is a probe, and reported as one, when a breaker waits for it. */
  const look = (gateway: string, rail: string, nowMs: number): void => {
    if (!isProbeDue(contender.due?.(nowMs) ?? [], { gateway, rail })) return
    const tell = (atMs: number, kind: 'asked' | 'answered' | 'unknown'): void =>
      contender.observe({ gateway, rail, probe: true, nowMs: T0 + atMs, seen: { kind } })
    tell(nowMs, 'asked')
    const answered = answersStatus(trace, gateway, rail, nowMs)
    const atMs = nowMs + (answered ? ANSWER_MS : SILENCE_MS)
    agenda.add(atMs, () => tell(atMs, answered ? 'answered' : 'unknown'))
  }
  const endMs = trace.segments.at(-1)?.toMs ?? 0
  for (let atMs = 0; atMs < endMs; atMs += LOOK_MS)
    agenda.add(atMs, () => {
      for (const { name, rails } of GATEWAYS) for (const rail of rails) look(name, rail, atMs)
    })
  for (const payment of payments) agenda.add(payment.atMs, () => send(payment, [], payment.atMs))
  for (let due = agenda.next(); due; due = agenda.next()) due.run()
  return {
    sent,
    outcomes: payments.map((payment) => ({ payment, ...(tally.get(payment.id) ?? { captures: 0, attempts: 0 }) })),
  }
}
